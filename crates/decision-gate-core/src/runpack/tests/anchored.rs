//! Packs with a checkpoint: that the log committed to this very run, and every way in which somebody may pretend it.

use serde_json::{Value, json};

use super::fixture::{Forgery, Live, NOW, codes, completed, file, small};
use super::signed_packs::{GATE, files_of, gate, key, ring, run as signed_run, sensor};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::keys::SigningKey;
use crate::ledger::{
    Checkpoint, CheckpointTrust, KeyUse, Note, NoteSignature, StreamHead, VerifierKey, WitnessPolicy,
    consistency_ranges, inclusion_ranges, leaf_hash, root_of,
};
use crate::name::{NamespaceId, RunId, TenantId};
use crate::runpack::tests::fixture::checked;
use crate::runpack::{
    Anchor, Expect, FindingCode, Level, Pack, PackFiles, Profile, ProofLevel, Report, Status, Verification, build,
};

const ORIGIN: &str = "gate.example/ledger/1/1";
const LOG: [u8; 32] = [21; 32];
const WITNESS: [u8; 32] = [22; 32];
const WITNESSED: i64 = (NOW + 50_000) / 1_000;

/// The head of a run after its first events.
fn head(live: &Live, run: &str, size: usize) -> StreamHead {
    let input = live.input(Profile::Audit);
    let root = root_of(input.events.iter().take(size).map(|it| leaf_hash(it)));
    let size = u64::try_from(size).unwrap();
    let (tenant, namespace) = (TenantId::FIRST, NamespaceId::FIRST);
    StreamHead { tenant, namespace, run: Some(RunId::try_from(run).unwrap()), size, root }
}

fn whole(live: &Live) -> StreamHead {
    head(live, "run-1", live.input(Profile::Audit).events.len())
}

/// A log: another run's head, an older one of this run, its last, and a later one of the other run.
fn log(live: &Live) -> Vec<StreamHead> {
    vec![head(live, "run-2", 1), head(live, "run-1", 2), whole(live), head(live, "run-2", 2)]
}

fn checkpoint(origin: &str, log: &[StreamHead]) -> Checkpoint {
    let size = u64::try_from(log.len()).unwrap();
    Checkpoint { origin: origin.into(), size, root: root_of(log.iter().map(StreamHead::leaf_hash)) }
}

fn signed(origin: &str, log: &[StreamHead], seed: [u8; 32]) -> Note {
    checkpoint(origin, log).sign(&SigningKey::from_seed(&seed)).unwrap()
}

fn cosigned(mut note: Note, seconds: i64) -> Note {
    let seconds = u64::try_from(seconds).unwrap();
    let line = NoteSignature::cosign(note.claimed_text(), "witness.example", &SigningKey::from_seed(&WITNESS), seconds);
    note.add([line.unwrap()]);
    note
}

fn proof(log: &[StreamHead], ranges: &[std::ops::Range<u64>]) -> Vec<Digest> {
    let at = |n: u64| usize::try_from(n).unwrap();
    ranges.iter().map(|it| root_of(log[at(it.start)..at(it.end)].iter().map(StreamHead::leaf_hash))).collect()
}

fn anchor(log: &[StreamHead], index: usize, note: &Note) -> Anchor {
    let place = u64::try_from(index).unwrap();
    let inclusion = proof(log, &inclusion_ranges(place, u64::try_from(log.len()).unwrap()).unwrap());
    Anchor { note: note.to_text().into_bytes(), index: place, inclusion }
}

fn pack_with(live: &Live, anchor: Anchor) -> Pack {
    let mut input = live.input(Profile::Audit);
    input.frame.anchor = Some(anchor);
    // A forger would not pack the report that says so.
    input.frame.verification = Verification::LeaveOut;
    build(input).unwrap()
}

fn pack(live: &Live, note: &Note) -> Pack {
    pack_with(live, anchor(&log(live), 2, note))
}

fn vkey(name: &str, usage: KeyUse, seed: [u8; 32]) -> VerifierKey {
    VerifierKey::new(name, usage, SigningKey::from_seed(&seed).public()).unwrap()
}

fn log_key() -> VerifierKey {
    vkey(ORIGIN, KeyUse::Plain, LOG)
}

fn trust() -> CheckpointTrust {
    CheckpointTrust::new(vec![log_key()], None)
}

fn witnessed() -> CheckpointTrust {
    let witness = vkey("witness.example", KeyUse::Cosignature, WITNESS);
    let policy = WitnessPolicy::parse(&format!("log {}\nwitness w {witness}\nquorum w\n", log_key())).unwrap();
    CheckpointTrust::new(Vec::new(), Some(policy))
}

fn verify(files: &PackFiles, trust: CheckpointTrust) -> Report {
    checked(files, &Expect { checkpoints: Some(trust), ..Expect::default() })
}

fn anchoring(report: &Report) -> (Level, &[String]) {
    (report.facets.anchoring.level, &report.facets.anchoring.reasons)
}

#[test]
fn a_run_that_ended_is_anchored_by_a_checkpoint_of_its_log() {
    let live = completed();
    let pack = pack(&live, &signed(ORIGIN, &log(&live), LOG));
    let report = verify(&pack.to_files(), trust());
    assert_eq!(report.findings, []);
    assert_eq!(anchoring(&report), (Level::All, &[][..]));
    // A plain checkpoint proves no time.
    assert_eq!(report.proven_at, None);
    let manifest: Value = serde_json::from_slice(pack.manifest()).unwrap();
    let listed = &manifest["artifacts"].as_array().unwrap()[11];
    assert_eq!((&listed["path"], &listed["kind"]), (&json!("checkpoint.note"), &json!("custom")));
    assert_eq!(listed["content_type"], "text/plain; charset=utf-8");
}

#[test]
fn without_a_checkpoint_key_nothing_is_anchored() {
    let live = completed();
    let report = checked(&pack(&live, &signed(ORIGIN, &log(&live), LOG)).to_files(), &Expect::default());
    assert_eq!((report.status, anchoring(&report).0), (Status::Pass, Level::None));
    // And with one, a pack without a checkpoint fails.
    let report = verify(&live.pack(Profile::Audit).to_files(), trust());
    assert_eq!(codes(&report), [FindingCode::ExpectedCheckpoint]);
}

#[test]
fn a_signed_and_anchored_pack_reaches_the_last_level() {
    let live = signed_run();
    let note = signed(ORIGIN, &log(&live), LOG);
    let files = pack(&live, &note).signed(&key(GATE)).to_files();
    let keys = ring(vec![gate(&json!({})), sensor(&json!({}))]);
    let expect = |checkpoints| Expect {
        keys: Some(keys.clone()),
        level: Some(ProofLevel::Anchored),
        checkpoints,
        ..live.expect()
    };
    let report = checked(&files, &expect(Some(trust())));
    assert_eq!(report.findings, []);
    assert_eq!(report.level, Some(ProofLevel::Anchored));
    let report = checked(&files_of(&live), &expect(None));
    assert_eq!(codes(&report), [FindingCode::ExpectedLevel]);
    assert_eq!(report.level, Some(ProofLevel::Signed));
}

#[test]
fn a_foreign_checkpoint_is_refused() {
    let live = completed();
    let log = log(&live);
    for (note, code) in [
        // Another operator, and another log of this one.
        (signed(ORIGIN, &log, [9; 32]), FindingCode::CheckpointSigner),
        (signed("gate.example/other/1/1", &log, LOG), FindingCode::CheckpointSigner),
        // A log of another namespace can't have this run, whoever signed.
        (signed("gate.example/ledger/1/2", &log, LOG), FindingCode::CheckpointInvalid),
        (signed("gate.example/ledger/2/1", &log, LOG), FindingCode::CheckpointInvalid),
        // The same log, without this run.
        (signed(ORIGIN, &log[..2], LOG), FindingCode::InclusionMismatch),
    ] {
        let report = verify(&pack(&live, &note).to_files(), trust());
        assert_eq!(codes(&report)[0], code, "{}", note.claimed_text());
        assert_eq!(anchoring(&report).0, Level::None);
    }
}

#[test]
fn the_proof_of_another_run_or_place_is_refused() {
    let live = completed();
    let (log, note) = (log(&live), signed(ORIGIN, &log(&live), LOG));
    for index in [0, 1, 3] {
        let report = verify(&pack_with(&live, anchor(&log, index, &note)).to_files(), trust());
        assert_eq!(codes(&report), [FindingCode::InclusionMismatch], "{index}");
    }
    let good = anchor(&log, 2, &note);
    for inclusion in [vec![], good.inclusion[1..].to_vec(), [good.inclusion.clone(), vec![Digest::of(b"x")]].concat()] {
        let report = verify(&pack_with(&live, Anchor { inclusion, ..good.clone() }).to_files(), trust());
        assert_eq!(codes(&report), [FindingCode::InclusionMismatch]);
    }
}

/// What was cut off shows: the run goes on, and a run that goes on is never wholly anchored.
#[test]
fn a_truncated_run_with_an_older_head_that_holds_is_not_anchored() {
    let live = completed();
    let (log, note) = (log(&live), signed(ORIGIN, &log(&live), LOG));
    let mut input = live.input(Profile::Audit);
    input.events.truncate(2);
    input.values.retain(|(seq, _)| *seq <= 2);
    input.frame.anchor = Some(anchor(&log, 1, &note));
    let report = verify(&build(input).unwrap().to_files(), trust());
    assert_eq!(report.findings, []);
    assert_eq!(anchoring(&report).0, Level::Partial);
    assert!(anchoring(&report).1[0].contains("the run goes on"));
    // With the head of the whole run it is another run altogether.
    let mut input = live.input(Profile::Audit);
    input.events.truncate(2);
    input.values.retain(|(seq, _)| *seq <= 2);
    input.frame.anchor = Some(anchor(&log, 2, &note));
    input.frame.verification = Verification::LeaveOut;
    let report = verify(&build(input).unwrap().to_files(), trust());
    assert_eq!(codes(&report), [FindingCode::InclusionMismatch]);
}

/// Every hash made anew, by somebody who has not the log's key.
#[test]
fn a_consistent_rewrite_is_found() {
    let (live, mut other) = (completed(), small());
    other.next(&[("no-failures", file(json!(0))), ("lint-clean", file(json!("clean")))]);
    let (log, note) = (log(&live), signed(ORIGIN, &log(&live), LOG));
    let report = verify(&pack_with(&other, anchor(&log, 2, &note)).to_files(), trust());
    assert_eq!(codes(&report), [FindingCode::InclusionMismatch]);
    // With a log of their own over it: nobody signed that.
    let mut forged = log.clone();
    forged[2] = whole(&other);
    let own = signed(ORIGIN, &forged, [9; 32]);
    let report = verify(&pack_with(&other, anchor(&forged, 2, &own)).to_files(), trust());
    assert_eq!(codes(&report), [FindingCode::CheckpointSigner]);
    // Or with the old signature under the new root.
    let text = checkpoint(ORIGIN, &forged).to_text();
    let pasted = Note::new(text, note.signatures().to_vec()).unwrap();
    let report = verify(&pack_with(&other, anchor(&forged, 2, &pasted)).to_files(), trust());
    assert_eq!(codes(&report), [FindingCode::CheckpointSigner]);
}

#[test]
fn one_of_checkpoint_and_proof_is_nothing() {
    let live = completed();
    let pack = pack(&live, &signed(ORIGIN, &log(&live), LOG));
    let mut without_proof = Forgery::of(&pack);
    without_proof.edit("proofs.json", |proofs| proofs["checkpoint"] = Value::Null).seal();
    let mut without_note = Forgery::of(&pack);
    without_note.0.remove("checkpoint.note");
    without_note.edit("manifest.json", |manifest| {
        for list in ["/integrity/file_hashes", "/artifacts"] {
            manifest.pointer_mut(list).unwrap().as_array_mut().unwrap().retain(|it| it["path"] != "checkpoint.note");
        }
    });
    without_note.seal();
    for forged in [without_proof, without_note] {
        assert_eq!(codes(&forged.verify())[0], FindingCode::CheckpointInvalid);
    }
    for note in
        ["", "gate.example/ledger/1/1\n4\n", &signed(ORIGIN, &log(&live), LOG).to_text().replace("\n4\n", "\n04\n")]
    {
        let mut forged = Forgery::of(&pack);
        forged.0.insert("checkpoint.note".into(), note.as_bytes().to_vec());
        assert_eq!(codes(&forged.seal().verify())[0], FindingCode::CheckpointInvalid, "{note:?}");
    }
}

#[test]
fn a_split_view_is_found_by_whoever_has_another_checkpoint() {
    let live = completed();
    let (log, note) = (log(&live), signed(ORIGIN, &log(&live), LOG));
    let files = pack(&live, &note).to_files();
    let mut other = log.clone();
    other[0] = head(&live, "run-3", 1);
    let seen =
        |heads: &[StreamHead], proof| trust().knowing(signed(ORIGIN, heads, LOG).to_text().as_bytes(), proof).unwrap();
    assert_eq!(verify(&files, seen(&log, None)).findings, []);
    assert_eq!(codes(&verify(&files, seen(&other, None))), [FindingCode::CheckpointSplitView]);
    // An older one needs the proof between the two.
    let consistency = proof(&log, &consistency_ranges(2, 4).unwrap());
    assert_eq!(verify(&files, seen(&log[..2], Some(consistency.clone()))).findings, []);
    assert_eq!(codes(&verify(&files, seen(&other[..2], Some(consistency)))), [FindingCode::CheckpointSplitView]);
}

#[test]
fn only_witnesses_prove_a_time_and_must_be_enough() {
    let live = completed();
    let note = signed(ORIGIN, &log(&live), LOG);
    let report = verify(&pack(&live, &note).to_files(), witnessed());
    assert_eq!(codes(&report), [FindingCode::CheckpointQuorum]);
    let report = verify(&pack(&live, &cosigned(note.clone(), WITNESSED)).to_files(), witnessed());
    assert_eq!((codes(&report), report.proven_at), (vec![], Some(Timestamp::UnixMillis(WITNESSED * 1_000))));
    // Who knows no witnesses has lines that prove nothing.
    let report = verify(&pack(&live, &cosigned(note, WITNESSED)).to_files(), trust());
    assert_eq!((codes(&report), report.proven_at), (vec![], None));
    assert_eq!(report.unproven[1].path, "checkpoint.note");
}

/// The sensor's key was revoked after the run; what it signed before stands where witnesses say that it was before.
#[test]
fn a_cosignature_before_the_revocation_settles_when_evidence_was_signed() {
    let live = signed_run();
    let note = signed(ORIGIN, &log(&live), LOG);
    let judged = |reason: &str, revoked: i64, note: &Note, checkpoints: CheckpointTrust| {
        let revocation = json!({ "revoked": { "at": { "kind": "unix_millis", "value": revoked }, "reason": reason } });
        let keys = ring(vec![gate(&json!({})), sensor(&revocation)]);
        let files = pack(&live, note).signed(&key(GATE)).to_files();
        checked(&files, &Expect { keys: Some(keys), checkpoints: Some(checkpoints), ..live.expect() })
    };
    let (before, after) = (WITNESSED * 1_000 - 1, WITNESSED * 1_000 + 1);
    for reason in ["compromise", "superseded"] {
        let report = judged(reason, after, &cosigned(note.clone(), WITNESSED), witnessed());
        assert_eq!((codes(&report), report.level), (vec![], Some(ProofLevel::Anchored)), "{reason}");
        assert_eq!(report.facets.signatures.level, Level::All);
    }
    // Too late a witness, the very millisecond, and a plain checkpoint: nothing is proven.
    for (revoked, note, checkpoints) in [
        (before, cosigned(note.clone(), WITNESSED), witnessed()),
        (WITNESSED * 1_000, cosigned(note.clone(), WITNESSED), witnessed()),
        (after, cosigned(note.clone(), WITNESSED), trust()),
        (after, note.clone(), trust()),
    ] {
        let report = judged("compromise", revoked, &note, checkpoints.clone());
        assert_eq!(codes(&report), [FindingCode::EvidenceSigner], "{revoked}");
        let report = judged("superseded", revoked, &note, checkpoints);
        assert_eq!(codes(&report), []);
        assert!(report.facets.signatures.reasons.iter().any(|it| it.starts_with("time_unproven")));
    }
}

#[test]
fn every_byte_of_the_checkpoint_counts() {
    let live = completed();
    let pack = pack(&live, &signed(ORIGIN, &log(&live), LOG));
    let note = Forgery::of(&pack).0["checkpoint.note"].clone();
    for place in 0..note.len() {
        let mut changed = note.clone();
        changed[place] ^= 1;
        let mut forged = Forgery::of(&pack);
        forged.0.insert("checkpoint.note".into(), changed);
        let checkpoints = Some(trust());
        let report = forged.seal().verify_for(&Expect { checkpoints, ..Expect::default() });
        assert_ne!(report.facets.anchoring.level, Level::All, "byte {place}");
    }
}
