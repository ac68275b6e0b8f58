//! The fuzz targets on stable: each is driven from its seeds by a generator that always gives the same inputs. What a
//! target promises, it asserts itself; here it must only never panic.

#![cfg(test)]

#[expect(unreachable_pub, reason = "the fuzz crate shows them to its binaries")]
#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use decision_gate_attest::builders::{Limits as TraceLimits, Trace, TraceFormat};
use decision_gate_core::dsse::Envelope;
use decision_gate_core::intoto::Statement;
use decision_gate_core::json::{Limits, parse_exact};
use decision_gate_core::keys::PublicKey;
use decision_gate_core::ledger::Event;
use decision_gate_core::policy::Policy;
use decision_gate_core::runpack::{Expect, ManifestName, Status, verify};
use decision_gate_core::scenario::Scenario;
use decision_gate_tests::project_root;

/// Inputs for each target, unless time runs out before.
const INPUTS: usize = 20_000;
/// How long each target may take.
const TIME: Duration = Duration::from_secs(4);
/// The longest input that is made from nothing.
const LONGEST: u64 = 300;

/// What readers trip over.
const WORDS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b":",
    b",",
    b"\\",
    b"\n",
    b"\r\n",
    b" ",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"null",
    b"true",
    b"0",
    b"-0",
    b"-",
    b"1e999",
    b"1e-999",
    b"18446744073709551617",
    b"9007199254740993.0",
    b"0.1",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"\\ud83d\\ude00",
    b"\"id\":",
    b"\"id\":1,",
    b"\"method\":\"ping\"",
    b"\"jsonrpc\":\"2.0\"",
    b"$",
    b"..",
    b".*",
    b"[?@",
    b"[*]",
    b"[-1]",
    b"[::0]",
    b"&&",
    b"==",
    b"match(@,'(a*)*')",
    b"'",
    b"&a",
    b"*a",
    b"<<: ",
    b"!!binary ",
    b"---\n",
    b"%YAML 1.1\n",
    b"- ",
    b"? ",
    b"| ",
    b"# ",
    b"..\n",
    b"0o7",
    b"~",
    b".inf",
    b"[[providers]]\n",
    b"= ",
    b"\"\"\"",
    b"--- manifest.json\n",
    b"--- ../x\n",
    b"--- artifacts/",
];

/// `SplitMix64`: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 if there is none.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap()
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.next() % LONGEST;
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn word(&mut self) -> &'static [u8] {
        WORDS[self.below(WORDS.len())]
    }

    /// One change: a bit, a byte, a piece taken out, doubled or put in, a word, or a piece of another seed.
    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(24)).min(input.len());
        match self.below(8) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.next().to_le_bytes()[0],
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            4 => {
                let from = self.below(other.len() + 1);
                let to = (from + self.below(48)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
            5 => input.truncate(at),
            6 => {
                let (word, times) = (self.word(), 1 + self.below(200));
                input.splice(at..at, word.repeat(times));
            }
            _ => drop(input.splice(at..at, self.word().iter().copied())),
        }
    }

    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = match self.below(8) {
            0 => self.bytes(),
            1 => (0..self.below(40)).flat_map(|_| self.word()).copied().collect(),
            _ => seeds[self.below(seeds.len())].clone(),
        };
        for _ in 0..=self.below(4) {
            let other = &seeds[self.below(seeds.len())];
            self.change(&mut input, other);
        }
        input
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = project_root().join("fuzz/seeds").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "`{target}` has no seeds");
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn drive(target: &str) {
    let (_, run) = targets::TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let seeds = seeds(target);
    let mut numbers = Numbers(0x00D0_C5A7);
    let start = Instant::now();
    let mutated = std::iter::from_fn(|| (start.elapsed() < TIME).then(|| numbers.input(&seeds)));
    for input in seeds.clone().into_iter().chain(mutated.take(INPUTS)) {
        assert!(catch_unwind(|| run(&input)).is_ok(), "`{target}` panics on these bytes: {}", input.escape_ascii());
    }
}

/// Seeds that no longer read would leave the targets at the door.
#[test]
fn seeds_are_what_their_readers_take() {
    for seed in seeds("event_read") {
        Event::read(&seed).unwrap();
    }
    for format in TraceFormat::ALL {
        for seed in seeds(&format!("trace_{}", format.name().replace('-', "_"))) {
            Trace::read(&seed, format, &TraceLimits::DEFAULT).unwrap();
        }
    }
    for seed in seeds("policy_read") {
        Policy::read(&seed).unwrap();
    }
    for seed in seeds("scenario_read") {
        let value = parse_exact(&seed, &Limits::message(1 << 20)).unwrap();
        Scenario::read(&value).and_then(Scenario::check).unwrap();
    }
    for seed in seeds("dsse_envelope") {
        Envelope::parse(&seed).unwrap();
    }
    for seed in seeds("key_read") {
        PublicKey::read(&seed).unwrap();
    }
    for seed in seeds("statement_read") {
        Statement::read(&seed).unwrap();
    }
    for seed in seeds("runpack_verify") {
        let report = verify(&targets::unpack(&seed), &ManifestName::standard(), &Expect::default());
        assert_eq!(report.status, Status::Pass, "{:?}", report.findings);
    }
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            drive(stringify!($name));
        })+

        #[test]
        fn every_target_is_driven_here_and_has_a_file() {
            let here = BTreeSet::from([$(stringify!($name)),+]);
            assert_eq!(here, targets::TARGETS.iter().map(|(name, _)| *name).collect());
            for name in here {
                assert!(project_root().join("fuzz/fuzz_targets").join(name).with_extension("rs").is_file(), "{name}");
            }
        }
    };
}

targets![
    beacon_log,
    config_load,
    dsse_envelope,
    envelope,
    event_read,
    json_parse,
    jsonpath,
    key_read,
    note_read,
    policy_read,
    report_read,
    runpack_verify,
    scenario_read,
    statement_read,
    trace_bpftrace,
    trace_folded,
    trace_perf_script,
    trace_pprof,
    transport_line,
    yaml_evidence,
];
