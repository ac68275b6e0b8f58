//! Offline verification: a pack is checked against itself, replayed, and compared with what the caller expects.
//!
//! The steps and their numbers are those of `docs/spec/runpack.md`, "Verification". Verification is total: it reads
//! what it can, lists what is wrong, and always comes to a verdict.

mod content;
mod integrity;
mod regenerate;
mod replay;

use serde_json::json;

use super::expect::Expect;
use super::files::PackFiles;
use super::finding::{Concern, Findings};
use super::legacy;
use super::manifest::{Own, VERIFIER_REPORT};
use super::path::ManifestName;
use super::report::{Facet, Facets, PackFormat, Report, RunSummary, Status, Unproven, Verdict};
use crate::json::canonical;

pub(crate) use integrity::Sealed;

/// What the content of a pack comes to, whichever format it has.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) run: Option<RunSummary>,
    pub(crate) replay: Facet,
    pub(crate) verdict: Verdict,
    pub(crate) unproven: Vec<Unproven>,
}

/// Verifies a pack.
///
/// `files` is everything below its directory, the manifest included. Nothing else is read.
pub fn verify(files: &PackFiles, manifest_name: &ManifestName, expect: &Expect) -> Report {
    let mut findings = Findings::default();
    // Steps 1 to 5.
    let sealed = integrity::check(files, manifest_name, expect.root_hash, &mut findings);
    let (format, established) = match &sealed {
        None => (PackFormat::Unknown, None),
        Some(sealed) if sealed.is_ours() => {
            (PackFormat::DecisionGate, Some(verify_own(files, sealed, expect, &mut findings)))
        }
        Some(sealed) => (PackFormat::PublicV1, Some(legacy::verify(files, sealed, expect, &mut findings))),
    };
    // Step 13.
    let run = established.as_ref().and_then(|it| it.run.as_ref());
    expect.check(run, manifest_name.as_str(), &mut findings);
    report(sealed.as_ref(), format, established, findings)
}

fn verify_own(files: &PackFiles, sealed: &Sealed<'_>, expect: &Expect, findings: &mut Findings) -> Established {
    let own: Option<Own> = sealed.own(findings);
    let nothing = |reason: &str| Established {
        run: None,
        replay: Facet::none(reason),
        verdict: Verdict::Failed,
        unproven: Vec::new(),
    };
    let Some(own) = own else {
        return nothing("the manifest does not say how the pack was made");
    };
    // Steps 6 to 9.
    let Some(content) = content::read(files, sealed, &own, findings) else {
        return nothing("the events could not be put together");
    };
    // Step 10.
    let replayed = replay::replay(&content, findings);
    // Steps 11 and 12.
    let withheld = replayed.withheld();
    let state = regenerate::check(files, sealed, &content, replayed, findings);
    let run = state.map(|state| (regenerate::summary(&content, &state), state.is_allowed()));
    let verdict = match &run {
        Some(_) if !expect.names_version() => Verdict::Consistent,
        Some((_, true)) => Verdict::Allowed,
        Some((_, false)) | None => Verdict::NotAllowed,
    };
    let replay = if withheld.is_empty() { Facet::all() } else { Facet::partial(withheld) };
    let unproven = unproven(sealed, expect, &content);
    Established { run: run.map(|(summary, _)| summary), replay, verdict, unproven }
}

/// What nothing in one of our packs proves.
fn unproven(sealed: &Sealed<'_>, expect: &Expect, content: &content::Content) -> Vec<Unproven> {
    let mut all = Vec::new();
    if expect.root_hash.is_none() {
        all.push(Unproven {
            path: sealed.name.to_owned(),
            pointer: "/generated_at".into(),
            reason: "only a signature over the manifest, or a known root hash, proves when the pack was made".into(),
        });
    }
    all.extend(content.shown_of_withheld.iter().map(|(path, pointer)| Unproven {
        path: path.clone(),
        pointer: format!("{pointer}/result"),
        reason: "redacted: the hash can't be compared with the value".into(),
    }));
    all
}

fn report(
    sealed: Option<&Sealed<'_>>,
    format: PackFormat,
    established: Option<Established>,
    findings: Findings,
) -> Report {
    let (run, replay, verdict, unproven) = match established {
        Some(it) => (it.run, it.replay, it.verdict, it.unproven),
        None => (None, Facet::none("there is no manifest to start from"), Verdict::Failed, Vec::new()),
    };
    let integrity = findings.first(Concern::Integrity).map_or_else(Facet::all, |code| Facet::none(code.code()));
    let replay = findings.first(Concern::Replay).map_or(replay, |code| Facet::none(code.code()));
    let pass = findings.is_empty();
    let (findings, findings_omitted) = findings.into_parts();
    Report {
        status: if pass { Status::Pass } else { Status::Fail },
        verdict: if pass { verdict } else { Verdict::Failed },
        facets: Facets {
            integrity,
            replay,
            signatures: Facet::none("the manifest is not signed"),
            anchoring: Facet::none("the pack has no checkpoint"),
        },
        findings,
        findings_omitted,
        unproven,
        checked_files: sealed.map_or(0, |it| it.checked_files),
        format,
        root_hash: sealed.map(|it| it.manifest.integrity.root_hash),
        run,
    }
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
