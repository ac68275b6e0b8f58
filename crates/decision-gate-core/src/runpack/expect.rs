//! What the caller wants the pack to be about. A pack can prove that it holds together; that it is the right one,
//! only the caller knows.

use std::str::FromStr;

use super::finding::{FindingCode, Findings};
use super::level::ProofLevel;
use super::report::{Facets, RunSummary};
use crate::digest::Digest;
use crate::evidence::Subject;
use crate::keys::Keyring;
use crate::ledger::CheckpointTrust;
use crate::name::EnvironmentName;
use crate::scenario::Origin;
use crate::trust::Readers;

/// What the caller expects. What is not expected is not checked.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// The scenario, and its version.
    pub scenario: Option<ExpectedScenario>,
    /// The run.
    pub run: Option<String>,
    /// What the run is about.
    pub subject: Option<Subject>,
    /// Where it is to go.
    pub environment: Option<EnvironmentName>,
    /// The one policy under which everything was decided.
    pub policy: Option<Digest>,
    /// Who must have written the scenario: [`Origin::Pinned`] refuses drafts.
    pub origin: Option<Origin>,
    /// The root hash, from somewhere that the pack's maker does not control.
    pub root_hash: Option<Digest>,
    /// The verifier's own keys: who signed is judged with these and no others.
    pub keys: Option<Keyring>,
    /// Whose checkpoints the verifier accepts. With this, a pack without a checkpoint fails.
    pub checkpoints: Option<CheckpointTrust>,
    /// Read what sources of attestations and releases brought; without them what rests on these does not replay.
    pub readers: Option<Readers>,
    /// The level that must be reached, if any.
    pub level: Option<ProofLevel>,
}

/// A scenario, written `id` or `id@<64 lower-case hexadecimal characters>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedScenario {
    /// Which. Opaque text, as packs of the public project have any.
    pub id: String,
    /// Which version: without it no run is called allowed.
    pub hash: Option<Digest>,
}

/// A text that names no scenario version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an expected scenario is written `id` or `id@<64 lower-case hexadecimal characters>`")]
pub struct ExpectedScenarioFault;

impl ExpectedScenarioFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        "expected_scenario_invalid"
    }
}

impl FromStr for ExpectedScenario {
    type Err = ExpectedScenarioFault;

    fn from_str(text: &str) -> Result<Self, ExpectedScenarioFault> {
        let (id, hash) = match text.rsplit_once('@') {
            Some((id, hash)) => {
                (id, Some(Digest::from_hex(hash.trim_start_matches("sha256:")).map_err(|_| ExpectedScenarioFault)?))
            }
            None => (text, None),
        };
        if id.is_empty() { Err(ExpectedScenarioFault) } else { Ok(Self { id: id.to_owned(), hash }) }
    }
}

impl Expect {
    /// Whether the version of the scenario was asked for: only then can a run be called allowed.
    pub(crate) fn names_version(&self) -> bool {
        self.scenario.as_ref().is_some_and(|it| it.hash.is_some())
    }

    /// Compares what was reached with what must be.
    pub(crate) fn check_level(&self, facets: &Facets, manifest: &str, findings: &mut Findings) {
        let reached = ProofLevel::reached(facets);
        if let Some(asked) = self.level.filter(|asked| reached < Some(*asked)) {
            let reason = format!("level `{}` was asked for; {}", asked.word(), asked.lacks(facets));
            findings.add(FindingCode::ExpectedLevel, manifest, reason);
        }
    }

    /// Compares a run with what is expected.
    pub(crate) fn check(&self, run: Option<&RunSummary>, manifest: &str, findings: &mut Findings) {
        let mut differs = |code, pointer: &str, wanted: String, got: Option<String>| {
            let got = got.map_or_else(|| "nothing".to_owned(), |got| format!("`{got}`"));
            findings.at(code, manifest, pointer, format!("expected `{wanted}`, the pack has {got}"));
        };
        if let Some(wanted) = &self.scenario {
            let id = run.map(|it| it.scenario_id.clone());
            if id.as_ref() != Some(&wanted.id) {
                differs(FindingCode::ExpectedScenario, "/scenario_id", wanted.id.clone(), id);
            }
            let hash = run.map(|it| it.spec_hash);
            if let Some(wanted) = wanted.hash
                && hash != Some(wanted)
            {
                differs(FindingCode::ExpectedScenario, "/spec_hash", wanted.to_hex(), hash.map(|it| it.to_hex()));
            }
        }
        let got = run.map(|it| it.run_id.clone());
        if let Some(wanted) = self.run.as_ref().filter(|wanted| got.as_ref() != Some(*wanted)) {
            differs(FindingCode::ExpectedRun, "/run_id", wanted.clone(), got);
        }
        let got = run.and_then(|it| it.environment.clone());
        if let Some(wanted) = self.environment.as_ref().filter(|wanted| got.as_ref() != Some(*wanted)) {
            let got = got.map(|it| it.to_string());
            differs(FindingCode::ExpectedEnvironment, "/decision_gate/environment", wanted.to_string(), got);
        }
        let got = run.and_then(|it| it.subject.as_ref());
        if let Some(wanted) = self.subject.as_ref().filter(|wanted| !got.is_some_and(|got| got.matches(wanted))) {
            let text = |it: &Subject| serde_json::to_string(it).unwrap_or_default();
            differs(FindingCode::ExpectedSubject, "/decision_gate/subject", text(wanted), got.map(text));
        }
        let got = run.and_then(|it| it.origin);
        if let Some(wanted) = self.origin.filter(|wanted| got.is_none_or(|got| got < *wanted)) {
            let got = got.map(|it| it.word().to_owned());
            differs(FindingCode::ExpectedPinned, "/decision_gate/origin", wanted.word().to_owned(), got);
        }
        let got = run.map(|it| it.policies.as_slice()).unwrap_or_default();
        if let Some(wanted) = self.policy.filter(|wanted| got.is_empty() || got.iter().any(|it| it != wanted)) {
            let got = (!got.is_empty()).then(|| got.iter().map(Digest::to_hex).collect::<Vec<_>>().join("`, `"));
            differs(FindingCode::ExpectedPolicy, "", wanted.to_hex(), got);
        }
    }
}
