//! What each format is read as, and which line is at fault where it can't be.

use crate::builders::{Limits, Trace, TraceFormat};

use TraceFormat::{Bpftrace, Folded, PerfScript, Pprof};

fn canonical(format: TraceFormat, text: &str) -> String {
    Trace::read(text.as_bytes(), format, &Limits::DEFAULT).unwrap().canonical()
}

const PERF: &str = "\
# captured on: a machine
engine 12/13 [001] 100.000001:     250000 cpu-clock:u: 
\t    1f read+0x7 (/usr/lib/libc.so.6)
\t55d0 engine::parse<A, B>+0x1c (/opt/engine)
\t55d1 [unknown] (/opt/engine (deleted))
\tffffffffffffffff [unknown] ([unknown])

other name 14 100.5: cpu-clock: 
\tffffffff8162 do_mprotect_pkey+0x2b0 ([kernel.kallsyms])
\tffffffff8163 __x64_sys_mprotect+0x1b ([kernel.kallsyms])
\t20d07 main+0x7 (/opt/engine)

   engine 12 101.5:   1 cycles:  55d0 engine::parse<A, B>+0x1c (/opt/engine)
";

const MAP: &str = "\
Attaching 1 probe...

@count: 7
@[
    read+7
    engine::parse<A, B>+28
    0x55d1
]: 3
@stacks[
    do_mprotect_pkey+688
    entry_SYSCALL_64_after_hwframe+118
, 
    main+7
, engine]: 2
@[
\t7ffd main+12 (/opt/engine)
]: 1
";

#[test]
fn a_format_is_told_from_what_only_it_has() {
    for (text, wanted) in [
        (PERF, Some(PerfScript)),
        (MAP, Some(Bpftrace)),
        ("@[\n    main+12\n]: 1\n", Some(Bpftrace)),
        ("main;a 3\n", Some(Folded)),
        ("\n# folded\nmain 12 100.5;a 3\r\n", Some(Folded)),
        ("\n\u{4}\u{8}\u{1}", Some(Pprof)),
        ("main;a three\n", None),
        ("", None),
        ("# 3\n", None),
    ] {
        assert_eq!(TraceFormat::detect(text.as_bytes()), wanted, "{text:?}");
    }
}

#[test]
fn frames_lose_what_changes_with_every_start() {
    assert_eq!(
        canonical(PerfScript, PERF),
        "[unknown];[engine];engine::parse<A, B>;read 1\n\
         engine::parse<A, B> 1\n\
         main;__x64_sys_mprotect_[k];do_mprotect_pkey_[k] 1\n"
    );
    assert_eq!(
        canonical(Bpftrace, MAP),
        "[unknown];engine::parse<A, B>;read 3\n\
         main 1\n\
         main;entry_SYSCALL_64_after_hwframe;do_mprotect_pkey 2\n"
    );
    let folded = "a;b (x.py:12);c+0x1f 2\r\n\na;b (x.py:13);c 1\nthread (0x7F00AB12);0xdeadbeef;d_[j];e_[k] 4\n";
    assert_eq!(canonical(Folded, folded), "a;b (x.py);c 3\nthread (?);[unknown];d;e_[k] 4\n");
}

#[test]
fn what_cannot_be_read_is_named_by_its_line() {
    for (format, text, wanted) in [
        (Folded, "a;b 1\na;b\n", "trace_malformed: line 2: expected a stack, a space and a count"),
        (Folded, "a\n", "trace_malformed: line 1: expected a stack, a space and a count"),
        (Folded, "a;b 1\na;;b 1\n", "trace_malformed: line 2: expected a name in each frame"),
        (Folded, "a 1\na -1\n", "trace_malformed: line 2: expected a whole number after the last space"),
        (Folded, "a 1\na 12", "input_cut_off: line 2: the input ends before the end of the line"),
        (Folded, "a 9007199254740991\nb 1\n", "input_too_large: line 2: more than 9007199254740991 samples"),
        (Folded, "\n", "trace_empty: the trace has no samples"),
        (
            PerfScript,
            "a 1 2.0: x:\n",
            "input_cut_off: line 1: the input ends before the empty line after the last sample",
        ),
        (PerfScript, "\tff a (b)\n", "trace_malformed: line 1: expected a sample: command, process id, time and event"),
        (
            PerfScript,
            "a 1 2.0: x:\n\tff a (b)\na 1 3.0: x:\n",
            "trace_malformed: line 3: expected an empty line between two samples",
        ),
        (
            PerfScript,
            "a 1 2.0: x:\n\tzz a (b)\n\n",
            "trace_malformed: line 2: expected a frame: an address, a symbol and a module in parentheses",
        ),
        (
            PerfScript,
            "a 1 2.0: x\n\n",
            "trace_malformed: line 1: expected the name of an event with `:` after the time",
        ),
        (Bpftrace, "@[\n    a+1\n", "input_cut_off: line 2: the input ends before the end of the key"),
        (
            Bpftrace,
            "@[\n    a+1\n]: x\n",
            "trace_malformed: line 3: expected a frame, or the end of the key, `]: ` and a whole number",
        ),
        (Bpftrace, "@:\n[1, 2)  3 |@@@ |\n", "trace_malformed: line 1: expected a map keyed by a stack: `@name[`"),
        (Bpftrace, "@[\n a\n,\n b\n,\n c\n]: 1\n", "trace_malformed: line 5: expected at most two stacks in a key"),
        (Pprof, "\u{8}", "input_cut_off: byte 1: the input ends before the end of a number"),
        (Pprof, "", "trace_malformed: byte 0: expected a profile with a type of value"),
    ] {
        let fault = Trace::read(text.as_bytes(), format, &Limits::DEFAULT).unwrap_err();
        assert_eq!(format!("{}: {fault}", fault.code()), wanted, "{text:?}");
    }
    let fault = Trace::read(b"a 1\n\xff 1\n", Folded, &Limits::DEFAULT).unwrap_err();
    assert_eq!(fault.to_string(), "line 2: expected a line in UTF-8");
}

#[test]
fn what_is_taken_has_limits() {
    let limits = Limits { bytes: 60, paths: 2, path_bytes: 120, frames: 3, frame_bytes: 8 };
    for (text, wanted) in [
        ("a 1\nb 1\na 1\nc 1\n", "line 4: more than 2 call paths"),
        ("a;b;c;d 1\n", "line 1: more than 3 frames in a stack"),
        ("a;b;c 1\nb;c;d 1\n", "line 2: more than 120 bytes of call paths"),
    ] {
        assert_eq!(Trace::read(text.as_bytes(), Folded, &limits).unwrap_err().to_string(), wanted);
    }
    let long = "x".repeat(50) + " 1\n";
    assert_eq!(Trace::read(long.as_bytes(), Folded, &limits).unwrap().canonical(), "xxxxxxxx 1\n");
    let longer = "x".repeat(61);
    assert_eq!(Trace::read(longer.as_bytes(), Folded, &limits).unwrap_err().code(), "input_too_large");
}

/// A small file must not take all memory.
#[test]
fn a_packed_profile_is_unpacked_within_the_limit() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &vec![0; 1 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 2_000);
    let limits = Limits { bytes: 4_096, ..Limits::DEFAULT };
    assert_eq!(Trace::read(&packed, Pprof, &limits).unwrap_err().to_string(), "byte 4097: more than 4096 bytes");
    let cut = &packed[..packed.len() / 2];
    assert_eq!(Trace::read(cut, Pprof, &Limits::DEFAULT).unwrap_err().code(), "input_cut_off");
}
