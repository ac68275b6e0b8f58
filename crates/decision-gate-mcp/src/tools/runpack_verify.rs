//! `runpack_verify`: checks a pack offline, by full replay.

use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::keys::Keyring;
use decision_gate_core::name::{EnvironmentName, NamespaceId, RunId, TenantId};
use decision_gate_core::runpack::{Expect, ManifestName, PackFiles, ProofLevel, Report, Status, verify};
use decision_gate_core::scenario::Origin;
use decision_gate_policy::READERS;
use decision_gate_runtime::ports::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief::{cut, cut_unmet_gates, fitting, is_zero};
use super::progress::Part;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `runpack_verify`.
pub(super) struct RunpackVerify;

/// The file of a pack's checkpoint.
const CHECKPOINT: &str = "checkpoint.note";

/// The most findings that the text lists.
const MAX_LINES: usize = 10;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The pack's name under runpacks.root.
    runpack_dir: String,
    /// Default manifest.json.
    #[serde(default)]
    manifest_name: Option<String>,
    /// id@spec_hash. Else at most consistent.
    #[serde(default)]
    expect_scenario: Option<String>,
    /// Its id.
    #[serde(default)]
    expect_run: Option<RunId>,
    /// Artifacts.
    #[serde(default)]
    expect_subject: Option<Subject>,
    /// Its name.
    #[serde(default)]
    expect_environment: Option<EnvironmentName>,
    /// Digest, hex.
    #[serde(default)]
    expect_policy: Option<String>,
    /// Hash, hex.
    #[serde(default)]
    expect_root: Option<String>,
    /// Refuse drafts.
    #[serde(default)]
    require_pinned: bool,
    /// Refuse the unsigned.
    #[serde(default)]
    require_signed: bool,
    /// Refuse the unanchored.
    #[serde(default)]
    require_anchored: bool,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// The pack.
    runpack_dir: String,
    /// What was established.
    #[serde(flatten)]
    report: Report,
    /// How many unproven facts are not listed here.
    #[serde(skip_serializing_if = "is_zero")]
    unproven_left_out: usize,
    /// How many unmet gates the last decision does not name here.
    #[serde(skip_serializing_if = "is_zero")]
    unmet_gates_left_out: usize,
}

impl Answer {
    /// At most `shown` entries of each list; the report counts the findings that it does not list.
    fn new(runpack_dir: &str, report: &Report, shown: usize) -> Self {
        let mut report = report.clone();
        let findings = cut(&mut report.findings, shown);
        report.findings_omitted += u64::try_from(findings).unwrap_or(u64::MAX);
        let unproven_left_out = cut(&mut report.unproven, shown);
        let decision = report.run.as_mut().and_then(|run| run.last_decision.as_mut());
        let unmet_gates_left_out = decision.map_or(0, |decision| cut_unmet_gates(&mut decision.outcome, shown));
        Self { runpack_dir: runpack_dir.to_owned(), report, unproven_left_out, unmet_gates_left_out }
    }
}

impl Summary for Answer {
    fn text(&self) -> String {
        let report = &self.report;
        let word = match report.status {
            Status::Pass => "pass",
            Status::Fail => "FAIL",
        };
        let facets = &report.facets;
        let mut text = format!(
            "{word}: {} ({} files checked; integrity {}, replay {}, signatures {}, anchoring {})",
            report.verdict.word(),
            report.checked_files,
            facets.integrity.level.word(),
            facets.replay.level.word(),
            facets.signatures.level.word(),
            facets.anchoring.level.word(),
        );
        for finding in report.findings.iter().take(MAX_LINES) {
            text.push_str(&format!("\n{finding}"));
        }
        let unsaid = u64::try_from(report.findings.len().saturating_sub(MAX_LINES)).unwrap_or(u64::MAX);
        match report.findings_omitted.saturating_add(unsaid) {
            0 => {}
            more => text.push_str(&format!("\n{more} more findings")),
        }
        text
    }
}

impl Tool for RunpackVerify {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "runpack_verify",
        title: "Verify a runpack",
        description: "Check a pack offline: every hash, and every decision replayed. Say what you expect to get more than consistent.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let (mut expect, manifest_name) = expectation(&arguments, context.app().keyring())?;
        let rules = context.app().checkpoint_rules()?;
        let anchored = arguments.require_anchored;
        let packs = context.app().packs()?;
        let reading = Part { from: 0.0, to: 30.0, what: "reading the pack" };
        let read = context.progress().during(reading, None, packs.read(&arguments.runpack_dir));
        let files = context.unless_cancelled(read).await??;
        let judged = tokio::task::spawn_blocking(move || {
            if anchored || files.get(CHECKPOINT).is_some() {
                expect.checkpoints = Some(rules.trust(scope(&files, &manifest_name)));
            }
            verify(&files, &manifest_name, &expect)
        });
        let replaying = Part { from: 30.0, to: 100.0, what: "checking hashes and replaying decisions" };
        let judged = context.unless_cancelled(context.progress().during(replaying, None, judged)).await?;
        let report = judged.map_err(|_| ToolError::internal())?;
        Ok(fitting(|shown| Answer::new(&arguments.runpack_dir, &report, shown)))
    }
}

/// The shelf that a pack says to be of; nothing where it says none.
fn scope(files: &PackFiles, manifest: &ManifestName) -> Option<Scope> {
    #[derive(Deserialize)]
    struct Claimed {
        tenant_id: TenantId,
        namespace_id: NamespaceId,
    }
    let claimed: Claimed = serde_json::from_slice(files.bytes(manifest.as_str())?).ok()?;
    Some(Scope { tenant: claimed.tenant_id, namespace: claimed.namespace_id })
}

fn expectation(arguments: &Arguments, keyring: &Keyring) -> Result<(Expect, ManifestName), ToolError> {
    let wrong = |path: &'static str, message: String, hint: &'static str| {
        ToolError::new("invalid_arguments", message, hint).with("path", path)
    };
    let digest = |path: &'static str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => {
            Digest::from_hex(text).map(Some).map_err(|error| wrong(path, error.to_string(), "give the hex of a digest"))
        }
    };
    let scenario = match &arguments.expect_scenario {
        None => None,
        Some(text) => Some(text.parse().map_err(|fault: decision_gate_core::runpack::ExpectedScenarioFault| {
            wrong("/expect_scenario", fault.to_string(), "write `id@` and the hex of the spec hash")
        })?),
    };
    let manifest_name = match &arguments.manifest_name {
        None => ManifestName::standard(),
        Some(name) => ManifestName::try_from(name.as_str()).map_err(|fault| {
            ToolError::new("manifest_name_invalid", fault.to_string(), "leave it out").with("path", "/manifest_name")
        })?,
    };
    let expect = Expect {
        scenario,
        run: arguments.expect_run.as_ref().map(ToString::to_string),
        subject: arguments.expect_subject.clone(),
        environment: arguments.expect_environment.clone(),
        policy: digest("/expect_policy", &arguments.expect_policy)?,
        origin: arguments.require_pinned.then_some(Origin::Pinned),
        root_hash: digest("/expect_root", &arguments.expect_root)?,
        keys: Some(keyring.clone()).filter(|keyring| !keyring.is_empty()),
        // What the server's keys say is reported; only who asks for `signed` is refused without it.
        checkpoints: None,
        readers: Some(READERS),
        level: arguments.require_signed.then_some(ProofLevel::Signed),
    };
    Ok((expect, manifest_name))
}
