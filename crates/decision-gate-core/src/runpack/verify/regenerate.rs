//! Steps 11 and 12: everything that follows from events and values is made anew and compared, the manifest last.

use super::content::Content;
use super::replay::Replayed;
use super::{Sealed, passing_report};
use crate::digest::Digest;
use crate::engine::RunState;
use crate::json::canonical;
use crate::runpack::array::Made;
use crate::runpack::difference;
use crate::runpack::files::PackFiles;
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::layout::{self, Listed};
use crate::runpack::manifest::{ArtifactKind, EVENTS, PROOFS, SCENARIO_SPEC, TRUST, VALUES, VERIFIER_REPORT};
use crate::runpack::report::RunSummary;

/// Steps 11 and 12. Gives the run's state on.
pub(super) fn check(
    files: &PackFiles,
    sealed: &Sealed<'_>,
    content: &Content,
    replayed: Replayed,
    findings: &mut Findings,
) -> Option<RunState> {
    let Replayed { state, views, .. } = replayed;
    // Step 11: views, our own files, and the manifest over all of them.
    if let Some(mut made) = views {
        made.extend(layout::own_files(
            &content.trail,
            &content.outline,
            content.profile,
            content.generated_at,
            content.anchor.as_ref(),
        ));
        for file in &made {
            compare(files, file, findings);
        }
        compare_manifest(sealed, content, &made, findings);
    }
    // Step 12: the report that was packed is that of a pack of which nothing is found.
    if findings.is_empty()
        && let Some(report) = passing_report(sealed)
        && files.bytes(VERIFIER_REPORT) != Some(&report)
    {
        findings.add(
            FindingCode::ReportDiffers,
            VERIFIER_REPORT,
            "verification finds nothing, and the packed report says otherwise",
        );
    }
    state
}

fn compare(files: &PackFiles, made: &Made, findings: &mut Findings) {
    let (code, reason) = match made.path.as_str() {
        PROOFS => (FindingCode::ProofsDiffer, "the tree over the events is another"),
        SCENARIO_SPEC => (FindingCode::SpecInvalid, "the scenario is not in its expanded form"),
        path if made.kind == ArtifactKind::Custom && [EVENTS, VALUES, TRUST].iter().any(|base| is_part(path, base)) => {
            (FindingCode::FileInvalid, "the content is not ordered or written as it must be")
        }
        _ => (FindingCode::ViewDiffers, "the events and values give another view"),
    };
    match files.bytes(&made.path) {
        Some(bytes) if bytes == made.bytes => {}
        Some(bytes) => {
            let pointer = difference::first_in_bytes(bytes, &made.bytes);
            findings.at(code, &made.path, pointer, reason);
        }
        None => findings.add(FindingCode::FileMissing, &made.path, "the events and values give such a file"),
    }
}

fn is_part(path: &str, base: &str) -> bool {
    path.split('.').next() == base.split('.').next()
}

fn compare_manifest(sealed: &Sealed<'_>, content: &Content, made: &[Made], findings: &mut Findings) {
    let listed = |file: &Made| {
        let hash = sealed.hash(&file.path).unwrap_or_else(|| Digest::of(&file.bytes));
        Listed { path: file.path.clone(), kind: file.kind, hash }
    };
    let mut listed: Vec<_> = made.iter().map(listed).collect();
    if let Some(hash) = sealed.hash(VERIFIER_REPORT) {
        listed.push(Listed { path: VERIFIER_REPORT.to_owned(), kind: ArtifactKind::VerifierReport, hash });
    }
    let manifest = layout::manifest(&content.trail, &content.outline, content.profile, content.generated_at, &listed);
    let bytes = canonical::of(&manifest).unwrap_or_default();
    if bytes != sealed.bytes {
        let pointer = difference::first_in_bytes(sealed.bytes, &bytes);
        let reason = "the files give another manifest, or it is not in canonical form";
        findings.at(FindingCode::ManifestDiffers, sealed.name, pointer, reason);
    }
}

/// The run for the report.
pub(super) fn summary(content: &Content, state: &RunState) -> RunSummary {
    let trail = &content.trail;
    RunSummary {
        tenant_id: state.tenant,
        namespace_id: state.namespace,
        run_id: state.run.to_string(),
        scenario_id: state.scenario_id.to_string(),
        spec_hash: state.spec_hash,
        origin: Some(state.origin),
        profile: Some(content.profile),
        subject: state.subject.clone(),
        environment: state.environment.clone(),
        status: state.status,
        degraded: state.degraded.clone(),
        stage_id: state.stage_id.to_string(),
        last_decision: Some(state.last_decision.clone()),
        relaxations: content.outline.relaxations(),
        policies: trail.policies.keys().copied().collect(),
        events: state.seq,
    }
}
