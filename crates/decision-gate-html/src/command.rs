//! How to check it all again, offline: commands that can be copied as they are.

use decision_gate_core::evidence::Subject;
use decision_gate_core::runpack::{PackFormat, RunSummary};

use crate::Verified;
use crate::shown::Shown;

/// The longest command that stands on one line, in characters.
const LINE: usize = 88;

/// A command.
pub(crate) struct Command {
    /// What it is for.
    pub(crate) title: &'static str,
    /// What to know about it.
    pub(crate) about: &'static str,
    pub(crate) line: Shown,
}

/// All, in the order in which an auditor would ask.
pub(crate) fn all(verified: &Verified<'_>) -> Vec<Command> {
    let pack = quoted(verified.pack);
    let again: Vec<_> = verified.flags.iter().map(|(flag, value)| format!("{flag} {}", quoted(value))).collect();
    let with = |command: &str, flags: &[String]| {
        let mut words = vec![format!("{command} {pack}")];
        words.extend_from_slice(flags);
        let line = words.join(" ");
        let fits = line.chars().count() <= LINE;
        Shown::whole(if fits { line } else { words.join(" \\\n  ") })
    };
    let mut commands = vec![Command {
        title: "As it was done for this page",
        about: "Says the same as this page, without it.",
        line: with("decision-gate runpack verify", &again),
    }];
    let Some(run) = &verified.report.run else { return commands };
    let mut expected = expectations(run);
    expected.extend(verified.report.root_hash.map(|it| format!("--expect-root {it}")));
    commands.push(Command {
        title: "With everything that this page names",
        about: "Compare the values with what you know from elsewhere first: whoever made the pack may have made this page.",
        line: with("decision-gate runpack verify", &expected),
    });
    if verified.report.format == PackFormat::DecisionGate {
        let version = format!("--expect-scenario {}", quoted(&format!("{}@{}", run.scenario_id, run.spec_hash)));
        commands.push(Command {
            title: "With the small verifier",
            about: "A program without network code; it takes --keys, --checkpoint-key and --level too.",
            line: with("decision-gate-verify", &[version]),
        });
        commands.push(Command {
            title: "With the verifier that shares no code with it",
            about: "Python, from the source folder of Decision Gate; it checks less, and says what.",
            line: with("python3 docs/verify/verify.py", &[]),
        });
    }
    commands
}

fn expectations(run: &RunSummary) -> Vec<String> {
    let mut flags = vec![
        format!("--expect-scenario {}", quoted(&format!("{}@{}", run.scenario_id, run.spec_hash))),
        format!("--expect-run {}", quoted(&run.run_id)),
    ];
    for artifact in run.subject.iter().flat_map(Subject::artifacts) {
        // One strong digest names an artifact.
        let strong = ["sha512", "sha384", "sha256"].into_iter().find_map(|it| Some((it, artifact.digest.get(it)?)));
        flags.extend(strong.map(|(algorithm, hex)| format!("--expect-subject {algorithm}:{}", quoted(hex))));
    }
    flags.extend(run.environment.as_ref().map(|it| format!("--expect-environment {}", quoted(it.as_str()))));
    if let [policy] = run.policies.as_slice() {
        flags.push(format!("--expect-policy {policy}"));
    }
    flags
}

/// As one word of a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_./:@+=%,".contains(it);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
