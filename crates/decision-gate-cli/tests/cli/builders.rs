//! `attest execution` and `attest beacon`: from what people have to signed predicates, on real traces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::keys::{private_pem, with_key, write_private};
use crate::support::{Done, Project};

const TRACES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/traces/samples/");
const KEYRING: &str = ".decision-gate/keyring.json";
const WINDOW: [&str; 4] = ["--start", "2026-01-01T12:00:00Z", "--end", "2026-01-01T12:01:00Z"];
const EXECUTION: &str = "stella.ops/executionEvidence@v1";

/// Each sample, the format that it is in, and what else has to be said.
const SAMPLES: [(&str, &str, &[&str]); 4] = [
    ("engine.perf.txt", "perf", &WINDOW),
    ("engine.bpftrace.txt", "bpftrace", &WINDOW),
    (
        "tokenize.folded.txt",
        "folded",
        &["--start", "2026-01-01T12:00:00Z", "--end", "2026-01-01T12:01:00Z", "--trace-source", "perf"],
    ),
    ("npm.pprof.gz", "pprof", &[]),
];

fn project() -> Project {
    let project = with_key("ci", 1, &[]);
    write_private(&project, "ci.pem", &private_pem(1));
    project
}

fn subject() -> String {
    format!("sha256:{}", "ab".repeat(32))
}

fn attest(project: &Project, what: &[&str], more: &[&str]) -> Done {
    let subject = subject();
    let rest = ["--environment", "staging", "--subject", &subject, "--key", "ci.pem", "--key-id", "ci"];
    project.run(&[&["attest"], what, &rest, more].concat())
}

fn execution(project: &Project, sample: &str, more: &[&str]) -> Done {
    attest(project, &["execution", "--trace", &format!("{TRACES}{sample}")], more)
}

/// The predicate of an envelope, which its maker may look at.
fn predicate(envelope: &str) -> Value {
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()["predicate"].clone()
}

#[test]
fn a_real_trace_of_every_format_makes_signed_evidence() {
    let project = project();
    for (sample, format, more) in SAMPLES {
        let out = format!("{sample}.dsse.json");
        execution(&project, sample, &[more, &["--out", &out]].concat()).expect(0);
        let subject = subject();
        let line = ["attest", "verify", &out, "--keys", KEYRING, "--subject", &subject, "--predicate-type", EXECUTION];
        project.run(&line).expect(0);
        let again = execution(&project, sample, &[more, &["--trace-format", format]].concat()).expect(0);
        assert_eq!(again.stdout, project.read(&out), "{sample}: the same trace gives the same bytes");
        let predicate = predicate(&again.stdout);
        assert_eq!((&predicate["environment_id"], &predicate["artifact_id"]), (&json!("staging"), &json!(subject)));
        assert_eq!(predicate["timestamp"], predicate["observation_window"]["end"], "{sample}");
        assert!(predicate["trace_summary"]["hot_symbol_count"].as_u64().unwrap() > 0, "{predicate}");
    }
}

#[test]
fn what_was_made_is_told_with_its_notes() {
    let project = project();
    let text = execution(&project, "engine.bpftrace.txt", &[&WINDOW[..], &["--out", "a.json"]].concat()).expect(0);
    insta::assert_snapshot!("execution", text.transcript());
    let json = [&WINDOW[..], &["--out", "b.json", "--format", "json"]].concat();
    insta::assert_json_snapshot!("execution_json", execution(&project, "engine.bpftrace.txt", &json).expect(0).json());
    let piped = execution(&project, "engine.bpftrace.txt", &WINDOW).expect(0);
    assert_eq!(piped.stdout, project.read("a.json"), "stdout has the envelope and nothing else");
    assert!(piped.stderr.starts_with("note: "), "{}", piped.stderr);
    execution(&project, "engine.bpftrace.txt", &[&WINDOW[..], &["--out", "a.json"]].concat()).expect(2);
}

#[test]
fn how_hot_is_cut_can_be_chosen() {
    let project = project();
    let count = |more: &[&str]| {
        let done = execution(&project, "engine.perf.txt", &[&WINDOW[..], more].concat()).expect(0);
        predicate(&done.stdout)["trace_summary"].clone()
    };
    let default = count(&[]);
    let loose = count(&["--hot-min-samples", "1"]);
    assert!(loose["hot_symbol_count"].as_u64() > default["hot_symbol_count"].as_u64(), "{loose}");
    let total = count(&["--hot-measure", "total", "--hot-max-symbols", "3", "--hot-min-permille", "10"]);
    assert_eq!(total["hot_symbol_count"], 3);
    let cut = &total["hot_cut"];
    assert_eq!((&cut["measure"], &cut["max_symbols"], &cut["min_permille"]), (&json!("total"), &json!(3), &json!(10)));
}

fn beacon(sequence: u64, second: u64) -> String {
    let line = json!({
        "sequence": sequence, "nonce": format!("n{sequence}"), "function": "heartbeat",
        "time": format!("2026-01-01T12:{:02}:{:02}Z", second / 60, second % 60),
    });
    format!("{line}\n")
}

#[test]
fn a_log_of_beacons_makes_an_envelope_for_each_window() {
    let project = project();
    let log: String = (1..=50).filter(|it| ![7, 8, 30].contains(it)).map(|it| beacon(it, it)).collect();
    project.write("beacons.jsonl", &log);
    let line = ["beacon", "--log", "beacons.jsonl", "--beacon-source", "ebpf_uprobe"];
    let whole = attest(&project, &line, &[]).expect(0);
    assert_eq!(whole.stdout, attest(&project, &line, &[]).expect(0).stdout, "the same log gives the same bytes");
    let made = predicate(&whole.stdout);
    assert_eq!((&made["beacon_count"], &made["verification_rate"]), (&json!(47), &json!(0.94)), "{made}");
    let windows = ["--window-millis", "30000", "--start", "2026-01-01T12:00:00Z", "--end", "2026-01-01T12:02:00Z"];
    let told = attest(&project, &line, &[&windows[..], &["--out", "all.intoto.jsonl"]].concat()).expect(0);
    insta::assert_snapshot!("beacon", told.transcript());
    let file = project.read("all.intoto.jsonl");
    let made: Vec<_> = file.lines().map(predicate).collect();
    let counts: Vec<_> = made.iter().map(|it| (it["beacon_count"].clone(), it["sequence_gaps"].clone())).collect();
    insta::assert_json_snapshot!(counts);
    for envelope in file.lines() {
        project.run_with(&["attest", "verify", "-", "--keys", KEYRING], envelope).expect(0);
    }
}

#[test]
fn what_can_not_be_attested_is_refused_with_its_place() {
    let project = project();
    project.write("cut.txt", "main;a 3\nmain;b 4");
    project.write("prose.txt", "nothing of this is a trace\n");
    project.write("two.jsonl", &format!("{}{}", beacon(1, 1), beacon(2, 2).replace("heartbeat", "tick")));
    project.write("empty.jsonl", "");
    let trace = |file| ["execution", "--trace", file];
    let log = |file| ["beacon", "--log", file, "--beacon-source", "ebpf_uprobe"];
    let source = ["--trace-source", "perf"];
    let windowed = [&WINDOW[..], &source].concat();
    let cases: [(&[&str], &[&str], &str); 8] = [
        (&trace("cut.txt"), &windowed, "input_cut_off"),
        (&trace("cut.txt"), &WINDOW, "attest_option_needed"),
        (&trace("prose.txt"), &windowed, "attest_option_needed"),
        (&trace("none.txt"), &windowed, "input_unreadable"),
        (&trace("prose.txt"), &[&windowed[..], &["--trace-format", "folded"]].concat(), "trace_malformed"),
        (&trace("prose.txt"), &["--start", "2026-01-01T12:00:00Z"], "arguments_invalid"),
        (&log("two.jsonl"), &[], "beacon_function_ambiguous"),
        (&log("empty.jsonl"), &[], "beacon_log_empty"),
    ];
    for (what, more, code) in cases {
        let error = attest(&project, what, &[more, &["--format", "json"]].concat()).expect(2).json();
        assert_eq!(error["error"]["code"], code, "{what:?} {error}");
    }
    let told = attest(&project, &trace("prose.txt"), &windowed).expect(2);
    insta::assert_snapshot!("no_format", told.transcript());
}
