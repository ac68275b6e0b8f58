//! Asks both verifiers about the same packs: ours in this process, the Python one in another, over lines of JSON.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_core::keys::Keyring;
use decision_gate_core::ledger::{CheckpointTrust, VerifierKey};
use decision_gate_core::runpack::{Expect, ManifestName, PackFiles, ProofLevel, Status, verify};
use decision_gate_policy::READERS;
use decision_gate_tests::{Clients, Fault, project_root};
use serde_json::{Value, json};

use crate::runs::Files;

/// One change of a pack.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// A file in another or a new form.
    Put(String, Vec<u8>),
    /// A file less.
    Drop(String),
    /// At a place of a file, so many bytes less and these in their stead.
    Splice(String, usize, usize, Vec<u8>),
}

/// A changed pack that both are asked about.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What was done.
    pub(crate) label: String,
    /// To which pack.
    pub(crate) pack: usize,
    /// How.
    pub(crate) edits: Vec<Edit>,
}

/// A good pack, and the keys that it is judged with.
#[derive(Clone, Debug)]
pub(crate) struct Good {
    pub(crate) name: String,
    pub(crate) files: Files,
    pub(crate) keys: Value,
    /// The keys of logs and witnesses that it is judged with.
    pub(crate) checkpoint_keys: Vec<String>,
}

/// What a verifier says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) pass: bool,
    pub(crate) level: Option<String>,
    pub(crate) codes: Vec<String>,
}

/// How far the proof must reach; nothing where it does not matter.
pub(crate) type Asked = Option<ProofLevel>;

impl Edit {
    fn to_json(&self) -> Value {
        match self {
            Self::Put(path, bytes) => json!(["put", path, STANDARD.encode(bytes)]),
            Self::Drop(path) => json!(["drop", path]),
            Self::Splice(path, offset, count, bytes) => json!(["splice", path, offset, count, STANDARD.encode(bytes)]),
        }
    }

    fn apply(&self, files: &mut Files) {
        match self {
            Self::Put(path, bytes) => drop(files.insert(path.clone(), bytes.clone())),
            Self::Drop(path) => drop(files.remove(path)),
            Self::Splice(path, offset, count, bytes) => {
                let file = files.get_mut(path).unwrap();
                file.splice(*offset..*offset + *count, bytes.iter().copied());
            }
        }
    }
}

/// What ours says, and what the Python one says, case by case.
pub(crate) fn judge(packs: &[Good], cases: &[Case], asked: Asked) -> Result<Vec<(Said, Said)>, Fault> {
    let python = Clients::python()?.python_program();
    let (ours, theirs) = thread::scope(|scope| {
        let theirs = scope.spawn(|| second(&python, packs, cases, asked));
        let ours: Vec<Said> = cases.iter().map(|case| first(packs, case, asked)).collect();
        (ours, theirs.join().unwrap())
    });
    assert_eq!(ours.len(), theirs.len(), "an answer for each case");
    Ok(ours.into_iter().zip(theirs).collect())
}

fn first(packs: &[Good], case: &Case, asked: Asked) -> Said {
    let pack = &packs[case.pack];
    let mut files = pack.files.clone();
    case.edits.iter().for_each(|edit| edit.apply(&mut files));
    let keys: Keyring = serde_json::from_value(pack.keys.clone()).unwrap();
    let logs: Vec<VerifierKey> = pack.checkpoint_keys.iter().map(|it| it.parse().unwrap()).collect();
    let checkpoints = (!logs.is_empty()).then(|| CheckpointTrust::new(logs, None));
    let readers = Some(READERS);
    let expect = Expect { keys: Some(keys), level: asked, checkpoints, readers, ..Expect::default() };
    let files: PackFiles = files.into_iter().collect();
    let report = verify(&files, &ManifestName::standard(), &expect);
    Said {
        pass: report.status == Status::Pass,
        level: report.level.map(|it| it.word().to_owned()),
        codes: report.findings.iter().map(|it| it.code.code().to_owned()).collect(),
    }
}

fn second(python: &std::path::Path, packs: &[Good], cases: &[Case], asked: Asked) -> Vec<Said> {
    let script = project_root().join("tests/clients/python/second_verifier.py");
    let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let said = thread::scope(|scope| {
        scope.spawn(move || {
            let mut out = BufWriter::new(stdin);
            let mut say = |value: &Value| writeln!(out, "{value}").unwrap();
            for (number, pack) in packs.iter().enumerate() {
                let files: BTreeMap<_, _> = pack.files.iter().map(|(path, it)| (path, STANDARD.encode(it))).collect();
                say(&json!({"load": number, "files": files, "keys": pack.keys, "checkpoint_keys": pack.checkpoint_keys}));
            }
            for case in cases {
                let edits: Vec<_> = case.edits.iter().map(Edit::to_json).collect();
                let level = asked.map(ProofLevel::word);
                say(&json!({"judge": case.pack, "edits": edits, "level": level}));
            }
        });
        BufReader::new(stdout).lines().map(|line| of_line(&line.unwrap())).collect()
    });
    assert!(child.wait().unwrap().success(), "the second verifier came to its end");
    said
}

fn of_line(line: &str) -> Said {
    let said: Value = serde_json::from_str(line).unwrap();
    let codes = said["codes"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
    Said { pass: said["status"] == "pass", level: said["level"].as_str().map(str::to_owned), codes: codes.collect() }
}
