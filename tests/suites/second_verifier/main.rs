//! Two verifiers that were written apart, the Rust one and the Python one of `docs/verify`, judge the same packs: good
//! ones, and packs that were changed in every way that we could think of. They must agree, and find every change.

#![cfg(test)]

mod both;
mod good;
mod mutations;
mod runs;

use decision_gate_core::runpack::ProofLevel;
use decision_gate_tests::Fault;

use self::both::{Asked, Case, Good, judge};
use self::mutations::{Sealed, files, flips, resealed_flips, rewrites};

fn as_they_are(packs: &[Good]) -> Vec<Case> {
    let case = |(number, pack): (usize, &Good)| Case { label: pack.name.clone(), pack: number, edits: Vec::new() };
    packs.iter().enumerate().map(case).collect()
}

const SIGNED: Asked = Asked { level: Some(ProofLevel::Signed), first: false };

/// Both find something wrong with every case. Stopping at the first finding, the second verifier says no less.
fn both_refuse(packs: &[Good], cases: &[Case]) -> Result<(), Fault> {
    let anchored = packs.iter().all(|it| !it.checkpoint_keys.is_empty());
    let level = if anchored { ProofLevel::Anchored } else { ProofLevel::Signed };
    let asked = Asked { level: Some(level), first: true };
    let said = judge(packs, cases, asked)?;
    let differ = |(case, (ours, theirs)): (&Case, &(both::Said, both::Said))| {
        let found = (ours.pass || theirs.pass).then(|| format!("{}: {ours:?} and {theirs:?}", case.label));
        found.map(|it| it.chars().take(300).collect::<String>())
    };
    let missed: Vec<_> = cases.iter().zip(&said).filter_map(differ).take(12).collect();
    assert!(missed.is_empty(), "of {}:\n{}", cases.len(), missed.join("\n"));
    Ok(())
}

#[test]
fn both_take_every_good_pack() -> Result<(), Fault> {
    let mut packs = good::all();
    packs.push(good::large());
    for ((ours, theirs), pack) in judge(&packs, &as_they_are(&packs), SIGNED)?.iter().zip(&packs) {
        assert!(ours.pass, "{}: {ours:?}", pack.name);
        assert_eq!(ours, theirs, "{}", pack.name);
    }
    Ok(())
}

#[test]
fn what_does_not_reach_a_level_fails_for_both() -> Result<(), Fault> {
    let packs = good::short();
    for level in [None, Some(ProofLevel::Hashes), Some(ProofLevel::Replayed), Some(ProofLevel::Signed)] {
        let asked = Asked { level, first: false };
        for ((ours, theirs), pack) in judge(&packs, &as_they_are(&packs), asked)?.iter().zip(&packs) {
            assert_eq!(ours, theirs, "{} at {level:?}", pack.name);
        }
    }
    Ok(())
}

#[test]
fn every_byte_of_a_small_pack_counts_for_both() -> Result<(), Fault> {
    let packs = [good::small()];
    both_refuse(&packs, &flips(0, &packs[0], 1))
}

#[test]
fn every_value_of_a_small_pack_counts_for_both() -> Result<(), Fault> {
    let packs = [good::small()];
    both_refuse(&packs, &rewrites(0, &packs[0], Sealed::WithoutTheKey, |path| path != "manifest.sig", 1))
}

#[test]
fn files_that_are_gone_new_cut_or_moved_are_found_by_both() -> Result<(), Fault> {
    let packs = good::all();
    let foreign = good::large();
    let cases: Vec<_> = packs.iter().enumerate().flat_map(|(number, pack)| files(number, pack, &foreign)).collect();
    assert!(cases.len() >= 1_000, "{}", cases.len());
    both_refuse(&packs, &cases)
}

#[test]
fn a_large_pack_is_judged_alike() -> Result<(), Fault> {
    let packs = [good::large()];
    both_refuse(&packs, &flips(0, &packs[0], 1_499))?;
    both_refuse(&packs, &rewrites(0, &packs[0], Sealed::WithoutTheKey, |path| path != "manifest.sig", 997))
}

/// Whoever has the signing key can write what they like into a pack, but no decision that does not follow.
#[test]
fn even_the_holder_of_the_key_can_not_forge_what_is_replayed() -> Result<(), Fault> {
    let replayed =
        |path: &str| path != "manifest.sig" && (!path.starts_with("artifacts/") || path.ends_with("spec.json"));
    let mut packs = good::all();
    packs.truncate(2);
    let mut cases = rewrites(0, &packs[0], Sealed::WithTheKey, replayed, 1);
    cases.extend(rewrites(1, &packs[1], Sealed::WithTheKey, replayed, 7));
    both_refuse(&packs, &cases)
}

const ANCHORED: Asked = Asked { level: Some(ProofLevel::Anchored), first: false };

#[test]
fn both_find_a_run_in_its_log() -> Result<(), Fault> {
    let packs = good::in_a_log();
    for ((ours, theirs), pack) in judge(&packs, &as_they_are(&packs), ANCHORED)?.iter().zip(&packs) {
        assert!(ours.pass, "{}: {ours:?}", pack.name);
        assert_eq!(ours, theirs, "{}", pack.name);
    }
    let packs = good::not_in_the_log();
    for ((ours, theirs), pack) in judge(&packs, &as_they_are(&packs), ANCHORED)?.iter().zip(&packs) {
        assert!(!ours.pass, "{}: {ours:?}", pack.name);
        assert_eq!(ours, theirs, "{}", pack.name);
    }
    Ok(())
}

/// Whoever has the key of the pack still has none of the log: checkpoint and proof are what they are.
#[test]
fn what_ties_a_run_to_its_log_can_not_be_rewritten() -> Result<(), Fault> {
    let packs = [good::in_a_log().swap_remove(3)];
    let mut cases = flips(0, &packs[0], 5);
    cases.extend(resealed_flips(0, &packs[0], "checkpoint.note"));
    cases.extend(rewrites(0, &packs[0], Sealed::WithTheKey, |path| path == "proofs.json", 1));
    cases.extend(files(0, &packs[0], &good::not_in_the_log()[1]));
    both_refuse(&packs, &cases)
}
