//! `scenario test`: evidence and what it should come to, a file a case, through the same evaluator as everything else.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io};

use clap::Args;
use decision_gate_config::{ConfigErrors, document};
use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::{PrecheckAnswer, PrecheckInput, precheck};
use decision_gate_core::scenario::{Scenario, nearest, pointer_of};
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use super::ScenarioArguments;
use super::case::Case;
use super::subject::Subject;
use crate::arguments::Format;
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{BAD, FAINT, GOOD, Line, Styled};

pub(super) const EXAMPLES: &str = "\
A case is a YAML, TOML or JSON file:
  why: one failed test holds            # for people
  stage: ship                           # the first when left out
  evidence: { no_test_failed: 1 }       # by condition; what is left out is not there
  lane: verified                        # or asserted; verified when left out
  time: 2026-11-22T00:00:00Z            # now when left out
  expect: hold                          # advance, complete or hold
  gates: { quality: False }             # any of them; True, False or Unknown

Exit codes: 0 every case came out as expected, 1 one did not, 2 a case can't be read.

Examples:
  decision-gate scenario test release --cases gates/cases
  decision-gate scenario test release.yaml --cases one-case.yaml";

/// Arguments of `scenario test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    #[command(flatten)]
    pub(super) scenario: ScenarioArguments,
    /// A folder of cases, or one.
    #[arg(long, value_name = "FOLDER|FILE")]
    cases: PathBuf,
}

/// What is wrong with a case.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaseFault {
    /// The folder can't be read.
    #[error("`{}` can't be read: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The folder has no case.
    #[error("`{}` has no case: no file that ends in yaml, yml, toml or json", path.display())]
    None {
        /// Which.
        path: PathBuf,
    },
    /// It is no document.
    #[error("{0}")]
    Document(ConfigErrors),
    /// It is a document, and no case.
    #[error("{place}: {reason}")]
    Form {
        /// File, line and column.
        place: String,
        /// Why not.
        reason: String,
    },
    /// It names something that the scenario does not have.
    #[error("{place}: the scenario has no {what} `{id}`")]
    Unknown {
        /// File, line and column.
        place: String,
        /// `stage`, `condition` or `gate`.
        what: &'static str,
        /// As written.
        id: String,
        /// The nearest that it has.
        nearest: Option<String>,
    },
}

impl CaseFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "cases_unreadable",
            Self::None { .. } => "cases_missing",
            Self::Document(_) | Self::Form { .. } => "case_invalid",
            Self::Unknown { .. } => "case_unknown_name",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and its permissions".into(),
            Self::None { .. } => "write one; `decision-gate scenario test --help` shows its form".into(),
            Self::Document(_) | Self::Form { .. } => {
                "`decision-gate scenario test --help` shows the form of a case".into()
            }
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Unknown { nearest: None, .. } => "use the ids of the scenario".into(),
        }
    }
}

/// How a case came out.
struct Outcome {
    file: PathBuf,
    why: String,
    /// What is not as expected, for people.
    differences: Vec<String>,
}

/// Judges each case, and says which came out otherwise.
pub(super) fn run(arguments: &TestArguments, output: Output) -> Result<Ending, Fault> {
    let subject = Subject::open(&arguments.scenario)?;
    let outcomes: Vec<Outcome> =
        files(&arguments.cases)?.into_iter().map(|file| judge(&subject, file)).collect::<Result<_, CaseFault>>()?;
    let good = outcomes.iter().filter(|it| it.differences.is_empty()).count();
    match arguments.scenario.report.format {
        Format::Text => output.answer(&text(&outcomes, good))?,
        Format::Json => output.json(&as_json(&subject, &outcomes, good))?,
    }
    Ok(if good == outcomes.len() { Ending::Yes } else { Ending::No })
}

fn files(path: &Path) -> Result<Vec<PathBuf>, CaseFault> {
    let unreadable = |error| CaseFault::Unreadable { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let ending = file.extension().and_then(std::ffi::OsStr::to_str);
        if ending.is_some_and(|it| ["yaml", "yml", "toml", "json"].contains(&it)) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() { Err(CaseFault::None { path: path.to_owned() }) } else { Ok(files) }
}

fn judge(subject: &Subject, file: PathBuf) -> Result<Outcome, CaseFault> {
    let document = document(&file).map_err(CaseFault::Document)?;
    let form = |pointer: &str, reason: String| CaseFault::Form { place: document.place(pointer), reason };
    let case: Case = serde_path_to_error::deserialize(document.value()).map_err(|error| {
        let pointer = pointer_of(error.path());
        form(&pointer, error.into_inner().to_string())
    })?;
    known(&subject.scenario, &case).map_err(|(pointer, what, id, nearest)| CaseFault::Unknown {
        place: document.place(&pointer),
        what,
        id,
        nearest,
    })?;
    let at = match &case.time {
        Some(text) => Timestamp::from_rfc3339(text)
            .ok_or_else(|| form("/time", format!("`{text}` is no time of RFC 3339, such as `2026-11-22T00:00:00Z`")))?,
        None => now(),
    };
    let input = PrecheckInput {
        scenario: &subject.scenario,
        stage: case.stage.as_ref(),
        supplied: &case.evidence,
        policy: &subject.policy,
        at,
    };
    // Invariant: the stage is one of the scenario's, which has one.
    let differences = precheck(input).map_or_else(Vec::new, |answer| match case.lane {
        Lane::Asserted => differences(&case, &answer.decision),
        Lane::Verified => differences(&case, answer.if_verified.shown()),
    });
    Ok(Outcome { file, why: case.why, differences })
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

type Unknown = (String, &'static str, String, Option<String>);

fn known(scenario: &Scenario, case: &Case) -> Result<(), Unknown> {
    let spec = scenario.spec();
    if let Some(stage) = &case.stage
        && scenario.stage(stage).is_none()
    {
        let nearest = nearest(stage.as_str(), spec.stages.iter().map(|it| it.stage_id.as_str()));
        return Err(("/stage".to_owned(), "stage", stage.to_string(), nearest));
    }
    if let Some(id) = case.evidence.keys().find(|id| scenario.condition(id).is_none()) {
        let nearest = nearest(id.as_str(), spec.conditions.iter().map(|it| it.condition_id.as_str()));
        return Err((format!("/evidence/{id}"), "condition", id.to_string(), nearest));
    }
    let stage = case.stage.as_ref().map_or_else(|| scenario.first_stage(), |id| scenario.stage(id));
    let gates = || stage.into_iter().flat_map(|stage| &stage.spec.gates).map(|it| it.gate_id.as_str());
    match case.gates.keys().find(|id| gates().all(|it| it != id.as_str())) {
        Some(id) => Err((format!("/gates/{id}"), "gate", id.to_string(), nearest(id.as_str(), gates()))),
        None => Ok(()),
    }
}

fn differences(case: &Case, answer: &PrecheckAnswer) -> Vec<String> {
    let mut all = Vec::new();
    if !case.expect.is(&answer.outcome) {
        all.push(format!("expected {}, and it is {}", case.expect.word(), answer.outcome.word()));
    }
    for gate in answer.gate_evaluations() {
        let wanted = case.gates.get(&gate.gate_id).map(|wanted| wanted.truth());
        if let Some(expected) = wanted.filter(|expected| *expected != gate.status) {
            all.push(format!("gate `{}`: expected {expected}, and it is {}", gate.gate_id, gate.status));
        }
    }
    if !all.is_empty() {
        all.extend(answer.gaps.iter().map(|gap| format!("{}: {} ({})", gap.condition_id, gap.message, gap.code)));
    }
    all
}

fn text(outcomes: &[Outcome], good: usize) -> String {
    let mut text = String::new();
    for Outcome { file, why, differences } in outcomes {
        let (style, word) = if differences.is_empty() { (GOOD, "ok") } else { (BAD.bold(), "differs") };
        let why = if why.is_empty() { String::new() } else { format!("  {}", Styled(FAINT, Line(why))) };
        text.push_str(&format!("{} {}{why}\n", Styled(style, format_args!("{word:<7}")), Line(file.display())));
        differences.iter().for_each(|it| text.push_str(&format!("        {}\n", Line(it))));
    }
    text.push_str(&format!("{good} of {} cases came out as expected\n", outcomes.len()));
    text
}

fn as_json(subject: &Subject, outcomes: &[Outcome], good: usize) -> Value {
    let case = |it: &Outcome| json!({ "file": it.file.display().to_string(), "why": it.why, "ok": it.differences.is_empty(), "differences": it.differences });
    json!({
        "scenario_id": subject.scenario.spec().scenario_id,
        "spec_hash": subject.scenario.hash(),
        "ok": good == outcomes.len(),
        "cases": outcomes.iter().map(case).collect::<Vec<_>>(),
    })
}
