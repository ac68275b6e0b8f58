//! Offline verification: a pack is checked against itself, replayed, and compared with what the caller expects.
//!
//! The steps and their numbers are those of `docs/spec/runpack.md`, "Verification". Verification is total: it reads
//! what it can, lists what is wrong, and always comes to a verdict.

mod anchoring;
mod content;
mod integrity;
mod regenerate;
mod remake;
mod replay;
mod signatures;

use serde_json::json;

use self::remake::Remade;
use self::signatures::Signatures;
use super::account::{Account, Judgements};
use super::expect::Expect;
use super::files::PackFiles;
use super::finding::{Concern, FindingCode, Findings};
use super::legacy::{self, PublicStep};
use super::level::ProofLevel;
use super::manifest::{CHECKPOINT, Own, VERIFIER_REPORT};
use super::path::ManifestName;
use super::report::{Facet, Facets, PackFormat, Report, RunSummary, Status, Unproven, Verdict};
use crate::at::Timestamp;
use crate::engine::RunStatus;
use crate::json::canonical;

pub(crate) use content::Content;
pub(crate) use integrity::Sealed;

/// What the content of a pack comes to, whichever format it has.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) run: Option<RunSummary>,
    pub(crate) replay: Facet,
    pub(crate) anchoring: Facet,
    pub(crate) proven_at: Option<Timestamp>,
    pub(crate) verdict: Verdict,
    pub(crate) unproven: Vec<Unproven>,
}

impl Established {
    /// Of content that does not read.
    fn nothing(reason: &str) -> Self {
        Self {
            run: None,
            replay: Facet::none(reason),
            anchoring: Facet::none(reason),
            proven_at: None,
            verdict: Verdict::Failed,
            unproven: Vec::new(),
        }
    }
}

/// Verifies a pack.
///
/// `files` is everything below its directory, the manifest included. Nothing else is read.
pub fn verify(files: &PackFiles, manifest_name: &ManifestName, expect: &Expect) -> Report {
    verify_in(files, manifest_name, expect, Course::Pass).0
}

/// The run of a pack, as verification went through it.
#[derive(Debug)]
pub enum RunTold {
    /// As it was replayed.
    Replayed(Box<Account>),
    /// As a pack of the public project records it: it has no events to replay.
    Recorded(Vec<PublicStep>),
}

/// Verifies a pack, and tells its run: nothing where that could not be put together.
pub fn verify_told(files: &PackFiles, manifest_name: &ManifestName, expect: &Expect) -> (Report, Option<RunTold>) {
    verify_in(files, manifest_name, expect, Course::Steps(Some(Judgements::default())))
}

/// The same without the pass over packs that hold, which tests hold to it.
#[cfg(test)]
pub(crate) fn verify_by_steps(files: &PackFiles, manifest_name: &ManifestName, expect: &Expect) -> Report {
    verify_in(files, manifest_name, expect, Course::Steps(None)).0
}

/// How steps 6 to 12 are taken.
#[derive(Debug)]
enum Course {
    /// In one pass, and one by one where that does not come to its end.
    Pass,
    /// One by one, keeping the judgements where somebody wants to be told.
    Steps(Option<Judgements>),
}

fn verify_in(
    files: &PackFiles,
    manifest_name: &ManifestName,
    expect: &Expect,
    course: Course,
) -> (Report, Option<RunTold>) {
    let mut run_told = None;
    let mut findings = Findings::default();
    let mut signatures = Signatures::default();
    // Steps 1 to 5.
    let sealed = integrity::check(files, manifest_name, expect.root_hash, &mut findings);
    let (format, established) = match &sealed {
        None => (PackFormat::Unknown, Established::nothing("there is no manifest to start from")),
        Some(sealed) => {
            // Step 13, the manifest's part.
            signatures::manifest(files, sealed, expect.keys.as_ref(), &mut findings, &mut signatures);
            if sealed.is_ours() {
                let (established, told) = verify_own(files, sealed, expect, course, &mut findings, &mut signatures);
                run_told = told.map(|it| RunTold::Replayed(Box::new(it)));
                (PackFormat::DecisionGate, established)
            } else {
                let (established, steps) = legacy::verify(files, sealed, expect, &mut findings);
                run_told = Some(steps).filter(|it| !it.is_empty()).map(RunTold::Recorded);
                (PackFormat::PublicV1, established)
            }
        }
    };
    let facets = facets(&established, &signatures, &findings);
    // Step 15.
    if expect.checkpoints.is_some() && sealed.as_ref().is_some_and(|it| !it.lists(CHECKPOINT)) {
        let reason = "a checkpoint key was given, and the pack has no checkpoint";
        findings.add(FindingCode::ExpectedCheckpoint, manifest_name.as_str(), reason);
    }
    expect.check(established.run.as_ref(), manifest_name.as_str(), &mut findings);
    expect.check_level(&facets, manifest_name.as_str(), &mut findings);
    let pass = findings.is_empty();
    let (findings, findings_omitted) = findings.into_parts();
    let unproven = established.unproven.into_iter().chain(signatures.unproven).collect();
    let report = Report {
        status: if pass { Status::Pass } else { Status::Fail },
        verdict: if pass { established.verdict } else { Verdict::Failed },
        level: ProofLevel::reached(&facets),
        facets,
        findings,
        findings_omitted,
        unproven,
        proven_at: established.proven_at,
        checked_files: sealed.as_ref().map_or(0, |it| it.checked_files),
        format,
        root_hash: sealed.map(|it| it.manifest.integrity.root_hash),
        run: established.run,
    };
    (report, run_told)
}

fn facets(established: &Established, signatures: &Signatures, findings: &Findings) -> Facets {
    let spoilt = |concern, facet: Facet| findings.first(concern).map_or(facet, |code| Facet::none(code.code()));
    Facets {
        integrity: spoilt(Concern::Integrity, Facet::all()),
        replay: spoilt(Concern::Replay, established.replay.clone()),
        signatures: spoilt(Concern::Signatures, signatures.facet()),
        anchoring: spoilt(Concern::Anchoring, established.anchoring.clone()),
    }
}

fn verify_own(
    files: &PackFiles,
    sealed: &Sealed<'_>,
    expect: &Expect,
    course: Course,
    findings: &mut Findings,
    signatures: &mut Signatures,
) -> (Established, Option<Account>) {
    let Some(own): Option<Own> = sealed.own(findings) else {
        return (Established::nothing("the manifest does not say how the pack was made"), None);
    };
    let (hopeful, mut telling) = match course {
        Course::Pass => (findings.is_empty(), None),
        Course::Steps(telling) => (false, telling),
    };
    let remade = if hopeful { remake::remake(files, sealed, &own, expect.readers) } else { None };
    let (content, state, withheld) = match remade {
        // Steps 6 to 12, of which none would find anything.
        Some(Remade { content, state }) => (content, Some(state), String::new()),
        None => {
            // Steps 6 to 9.
            let Some(content) = content::read(files, sealed, &own, expect.readers, findings) else {
                return (Established::nothing("the events could not be put together"), None);
            };
            // Step 10.
            let replayed = replay::replay(&content, telling.as_mut(), findings);
            // Steps 11 and 12.
            let withheld = replayed.withheld();
            let state = regenerate::check(files, sealed, &content, replayed, findings);
            (content, state, withheld)
        }
    };
    // Step 14 before what is left of step 13, which may need the time that it proves.
    let mut anchored = anchoring::check(&content, expect.checkpoints.as_ref(), findings);
    // Step 13, the part of the evidence.
    signatures::evidence(&content, expect.keys.as_ref(), anchored.proven_at, findings, signatures);
    let ended = state.as_ref().is_some_and(|state| state.status != RunStatus::Active);
    let run = state.map(|state| (regenerate::summary(&content, &state), state.is_allowed()));
    let verdict = match &run {
        Some(_) if !expect.names_version() => Verdict::Consistent,
        Some((_, true)) => Verdict::Allowed,
        Some((_, false)) | None => Verdict::NotAllowed,
    };
    let replay = if withheld.is_empty() { Facet::all() } else { Facet::partial(withheld) };
    let mut unproven = unproven(sealed, expect, &content, signatures);
    unproven.append(&mut anchored.unproven);
    let (proven_at, anchoring) = (anchored.proven_at, anchored.facet(ended));
    let account = telling.map(|judged| Account::new(files, content, judged));
    let run = run.map(|(summary, _)| summary);
    (Established { run, replay, anchoring, proven_at, verdict, unproven }, account)
}

/// What nothing in one of our packs proves.
fn unproven(sealed: &Sealed<'_>, expect: &Expect, content: &Content, signatures: &Signatures) -> Vec<Unproven> {
    let mut all = Vec::new();
    let unsigned = "only a signature over the manifest, or a known root hash, proves when the pack was made";
    let in_doubt = "a key that signed was revoked later: whoever has it can write any time";
    let reason = if signatures.time_unproven() { Some(in_doubt) } else { None };
    let reason = reason.or((expect.root_hash.is_none() && !signatures.manifest_held()).then_some(unsigned));
    all.extend(reason.map(|reason| Unproven {
        path: sealed.name.to_owned(),
        pointer: "/generated_at".into(),
        reason: reason.into(),
    }));
    all.extend(content.shown_of_withheld.iter().map(|(path, pointer)| Unproven {
        path: path.clone(),
        pointer: format!("{pointer}/result"),
        reason: "redacted: the hash can't be compared with the value".into(),
    }));
    all
}

/// `artifacts/verifier_report.json`, as the public project writes it.
pub(crate) fn peer_report(report: &Report) -> Vec<u8> {
    let errors: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    let status = if report.status == Status::Pass { "pass" } else { "fail" };
    canonical::to_vec(&json!({ "checked_files": report.checked_files, "errors": errors, "status": status }))
}

/// The same for a pack of which nothing was found, before the report was added to it.
pub(crate) fn passing_report(sealed: &Sealed<'_>) -> Option<Vec<u8>> {
    let listed = sealed.lists(VERIFIER_REPORT);
    let report = json!({ "checked_files": sealed.checked_files.saturating_sub(1), "errors": [], "status": "pass" });
    listed.then(|| canonical::to_vec(&report))
}
