//! Packs of the public project: artifacts only, ids that are opaque text, no events to replay.
//!
//! Comparisons, gates and decisions are made anew under that project's rules (`rules: 0`, frozen). Everything in them is
//! held against everything else: numbering, ids, evidence against its hash and status, traces against requirements
//! and evidence, gates against traces, decisions against gates. At best such a pack is consistent; it is never
//! called allowed, so that nothing is gained by making one of our packs look like one of these.

mod course;
mod decisions;
mod gates;
mod rules;
mod wire;

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::expect::Expect;
use super::files::PackFiles;
use super::finding::{FindingCode, Findings};
use super::manifest::{
    DECISIONS, GATE_EVALS, PACKETS, SCENARIO_SPEC, SUBMISSIONS, TOOL_CALLS, TRIGGERS, VERIFIER_REPORT,
};
use super::report::{Facet, RunSummary, Status, Unproven, Verdict};
use super::verify::{Established, Sealed};
use crate::digest::Digest;
use crate::engine::RunStatus;
use crate::json::{self, Limits};
use crate::scenario::packets::PacketPayload;
pub use course::{PublicOutcome, PublicStep, PublicTrigger};
#[cfg(test)]
pub(crate) use rules::compare;
use wire::{
    AnchorPolicy, DecisionRecord, GateEvalRecord, PacketRecord, Spec, SubmissionRecord, ToolCallRecord, TriggerRecord,
    VerifierReport,
};

/// The most bytes of one artifact, as in the public project.
const MAX_ARTIFACT_BYTES: usize = 16 << 20;

/// The artifacts of a pack.
struct Pack {
    spec: Spec,
    triggers: Vec<TriggerRecord>,
    gate_evals: Vec<GateEvalRecord>,
    decisions: Vec<DecisionRecord>,
    packets: Vec<PacketRecord>,
    submissions: Vec<SubmissionRecord>,
    tool_calls: Vec<ToolCallRecord>,
    anchors: AnchorPolicy,
}

/// Cross-checks a pack whose files and hashes were checked.
pub(crate) fn verify(
    files: &PackFiles,
    sealed: &Sealed<'_>,
    expect: &Expect,
    findings: &mut Findings,
) -> (Established, Vec<PublicStep>) {
    let unproven = vec![Unproven {
        path: sealed.name.to_owned(),
        pointer: String::new(),
        reason: "nothing binds the evidence to its source, and no hash covers the manifest".into(),
    }];
    let (mut untold, mut steps) = (None, Vec::new());
    let summary = read(files, sealed, findings).map(|pack| {
        check_scope(&pack, sealed, findings);
        untold = Some(gates::check(&pack, findings));
        let end = decisions::check(&pack, findings);
        check_payloads(&pack, sealed, findings);
        steps = course::of(&pack);
        summary(&pack, sealed, end)
    });
    let ended_well = summary.as_ref().is_some_and(|it| it.status == RunStatus::Completed);
    let verdict = if expect.names_version() && !ended_well { Verdict::NotAllowed } else { Verdict::Consistent };
    let replay = match untold {
        None => Facet::none("the pack does not read"),
        Some(untold) => replayed(untold),
    };
    let anchoring = Facet::none("a pack of the public project has no checkpoint");
    (Established { run: summary, replay, anchoring, proven_at: None, verdict, unproven }, steps)
}

/// How far `rules: 0` reach: that project records no inputs of its decisions but the evidence.
fn replayed(untold: u64) -> Facet {
    let mut facet = Facet::partial(
        "under rules 0 statuses, gates and decisions follow from the evidence; events and state are not recorded",
    );
    if untold > 0 {
        facet.reasons.push(format!("{untold} comparisons of times are written in a way that can't be made anew"));
    }
    facet
}

fn read(files: &PackFiles, sealed: &Sealed<'_>, findings: &mut Findings) -> Option<Pack> {
    if let Some(bytes) = files.bytes(SCENARIO_SPEC) {
        let hash = Digest::of(bytes);
        if hash != sealed.manifest.spec_hash {
            let reason = format!("the scenario has hash `{hash}`");
            findings.at(FindingCode::SpecHash, sealed.name, "/spec_hash", reason);
        }
    }
    if sealed.lists(VERIFIER_REPORT)
        && let Some(report) = artifact::<VerifierReport>(files, VERIFIER_REPORT, findings)
        && report.status != Status::Pass
    {
        findings.at(FindingCode::ReportDiffers, VERIFIER_REPORT, "/status", "the pack failed when it was made");
    }
    let spec = artifact(files, SCENARIO_SPEC, findings);
    let triggers = artifact(files, TRIGGERS, findings);
    let gate_evals = artifact(files, GATE_EVALS, findings);
    let decisions = artifact(files, DECISIONS, findings);
    let packets = artifact(files, PACKETS, findings);
    let submissions = artifact(files, SUBMISSIONS, findings);
    let tool_calls = artifact(files, TOOL_CALLS, findings);
    let anchors = match &sealed.manifest.anchor_policy {
        None => AnchorPolicy { providers: Vec::new() },
        Some(policy) => match serde_json::from_value(policy.clone()) {
            Ok(policy) => policy,
            Err(error) => {
                findings.at(FindingCode::ManifestInvalid, sealed.name, "/anchor_policy", error);
                return None;
            }
        },
    };
    Some(Pack {
        spec: spec?,
        triggers: triggers?,
        gate_evals: gate_evals?,
        decisions: decisions?,
        packets: packets?,
        submissions: submissions?,
        tool_calls: tool_calls?,
        anchors,
    })
}

fn artifact<T: DeserializeOwned>(files: &PackFiles, path: &str, findings: &mut Findings) -> Option<T> {
    // Numbers that the canonical form would round stand in packs of that project, and are read as it reads them.
    let value = match json::parse(files.bytes(path)?, &Limits::message(MAX_ARTIFACT_BYTES)) {
        Ok(parsed) => parsed.value,
        Err(error) => {
            findings.add(FindingCode::FileInvalid, path, error);
            return None;
        }
    };
    match serde_path_to_error::deserialize(value) {
        Ok(artifact) => Some(artifact),
        Err(error) => {
            let pointer = crate::scenario::pointer_of(error.path());
            findings.at(FindingCode::FileInvalid, path, pointer, error.inner());
            None
        }
    }
}

fn check_scope(pack: &Pack, sealed: &Sealed<'_>, findings: &mut Findings) {
    let manifest = &sealed.manifest;
    if pack.spec.scenario_id != manifest.scenario_id {
        let reason = format!("the scenario is `{}`", pack.spec.scenario_id);
        findings.at(FindingCode::IdMismatch, sealed.name, "/scenario_id", reason);
    }
    if pack.spec.namespace_id != manifest.namespace_id {
        let reason = format!("the scenario is of namespace {}", pack.spec.namespace_id);
        findings.at(FindingCode::IdMismatch, sealed.name, "/namespace_id", reason);
    }
    for (index, record) in pack.triggers.iter().enumerate() {
        let event = &record.event;
        if (event.tenant_id, event.namespace_id) != (manifest.tenant_id, manifest.namespace_id)
            || event.run_id != manifest.run_id
        {
            let reason = "the trigger is of another tenant, namespace or run than the manifest";
            findings.at(FindingCode::EventScope, TRIGGERS, format!("/{index}/event"), reason);
        }
        if !is_nth(index, record.seq) {
            findings.at(
                FindingCode::DecisionSequence,
                TRIGGERS,
                format!("/{index}/seq"),
                "triggers are numbered from 1 without a gap",
            );
        }
    }
    for (index, call) in pack.tool_calls.iter().enumerate() {
        if call.call_id != format!("call-{}", index + 1) {
            findings.at(
                FindingCode::DecisionSequence,
                TOOL_CALLS,
                format!("/{index}/call_id"),
                "calls are numbered from 1 without a gap",
            );
        }
    }
}

fn is_nth(index: usize, seq: u64) -> bool {
    u64::try_from(index).ok().and_then(|it| it.checked_add(1)) == Some(seq)
}

fn check_payloads(pack: &Pack, sealed: &Sealed<'_>, findings: &mut Findings) {
    let known: BTreeSet<(&str, &str)> = pack
        .spec
        .stages
        .iter()
        .flat_map(|stage| stage.entry_packets.iter().map(|it| (stage.stage_id.as_str(), it.packet_id.as_str())))
        .collect();
    let decisions: BTreeSet<&str> = pack.decisions.iter().map(|it| it.decision_id.as_str()).collect();
    for (index, PacketRecord { envelope, payload, decision_id }) in pack.packets.iter().enumerate() {
        let mut found =
            |code, below: &str, reason: &str| findings.at(code, PACKETS, format!("/{index}{below}"), reason);
        if envelope.run_id != sealed.manifest.run_id || envelope.scenario_id != sealed.manifest.scenario_id {
            found(FindingCode::IdMismatch, "/envelope", "the packet is of another run or scenario");
        }
        if !known.contains(&(envelope.stage_id.as_str(), envelope.packet_id.as_str())) {
            found(FindingCode::UnknownId, "/envelope/packet_id", "the scenario has no such packet at this stage");
        }
        if !decisions.contains(decision_id.as_str()) {
            found(FindingCode::UnknownId, "/decision_id", "there is no such decision");
        }
        if !has_hash(payload, envelope.content_hash) {
            found(FindingCode::EvidenceHash, "/envelope/content_hash", "the payload has another hash");
        }
    }
    for (index, record) in pack.submissions.iter().enumerate() {
        let mut found =
            |code, below: &str, reason: &str| findings.at(code, SUBMISSIONS, format!("/{index}{below}"), reason);
        if record.run_id != sealed.manifest.run_id {
            found(FindingCode::IdMismatch, "/run_id", "the submission is of another run");
        }
        if !has_hash(&record.payload, record.content_hash) {
            found(FindingCode::EvidenceHash, "/content_hash", "the payload has another hash");
        }
    }
}

fn has_hash(payload: &PacketPayload, hash: Digest) -> bool {
    let differs = matches!(payload, PacketPayload::Json { value } if may_be_written_otherwise(value));
    differs || payload.content_hash() == hash
}

/// Whether the public project's canonical form of a value may be another than RFC 8785's: it sorts member names in
/// their quoted form, and does not round large integers.
fn may_be_written_otherwise(value: &Value) -> bool {
    const MAX_SAFE: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => number.as_f64().is_none_or(|number| number.abs() >= MAX_SAFE),
        Value::Array(items) => items.iter().any(may_be_written_otherwise),
        Value::Object(members) => members.iter().any(|(name, value)| {
            let plain = name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'!' | b'"' | b'\\'));
            !plain || may_be_written_otherwise(value)
        }),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

fn summary(pack: &Pack, sealed: &Sealed<'_>, end: decisions::End) -> RunSummary {
    let manifest = &sealed.manifest;
    RunSummary {
        tenant_id: manifest.tenant_id,
        namespace_id: manifest.namespace_id,
        run_id: manifest.run_id.clone(),
        scenario_id: manifest.scenario_id.clone(),
        spec_hash: manifest.spec_hash,
        origin: None,
        profile: None,
        subject: None,
        environment: None,
        status: end.status,
        degraded: None,
        stage_id: end.stage_id,
        last_decision: None,
        relaxations: Vec::new(),
        policies: Vec::new(),
        events: u64::try_from(pack.decisions.len()).unwrap_or(u64::MAX),
    }
}
