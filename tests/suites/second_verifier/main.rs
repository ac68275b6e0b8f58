//! Two verifiers that were written apart, the Rust one and the Python one of `docs/verify`, judge the same packs: good
//! ones, and packs that were changed in every way that we could think of. They must agree, and find every change.

#![cfg(test)]

mod both;
mod commands;
mod good;
mod mutations;
mod runs;

use std::fs;

use decision_gate_core::runpack::ProofLevel;
use decision_gate_tests::{Fault, project_root};

use self::both::{Asked, Case, Good, judge};
use self::mutations::{Sealed, files, flips, resealed_flips, rewrites};

fn as_they_are(packs: &[Good]) -> Vec<Case> {
    let case = |(number, pack): (usize, &Good)| Case { label: pack.name.clone(), pack: number, edits: Vec::new() };
    packs.iter().enumerate().map(case).collect()
}

const SIGNED: Asked = Some(ProofLevel::Signed);

/// Both find something wrong with every case.
fn both_refuse(packs: &[Good], cases: &[Case]) -> Result<(), Fault> {
    let anchored = packs.iter().all(|it| !it.checkpoint_keys.is_empty());
    let level = if anchored { ProofLevel::Anchored } else { ProofLevel::Signed };
    let said = judge(packs, cases, Some(level))?;
    let differ = |(case, (ours, theirs)): (&Case, &(both::Said, both::Said))| {
        let found = (ours.pass || theirs.pass).then(|| format!("{}: {ours:?} and {theirs:?}", case.label));
        found.map(|it| it.chars().take(300).collect::<String>())
    };
    let missed: Vec<_> = cases.iter().zip(&said).filter_map(differ).take(12).collect();
    assert!(missed.is_empty(), "of {}:\n{}", cases.len(), missed.join("\n"));
    eprintln!("{} changes, each refused by both", cases.len());
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

/// Without a signature that vouches for the rest, the second verifier claims hashes at most, and never more than ours.
#[test]
fn what_does_not_reach_a_level_fails_for_both() -> Result<(), Fault> {
    let packs = good::short();
    for asked in [None, Some(ProofLevel::Hashes), Some(ProofLevel::Signed), Some(ProofLevel::Anchored)] {
        for ((ours, theirs), pack) in judge(&packs, &as_they_are(&packs), asked)?.iter().zip(&packs) {
            let name = &pack.name;
            assert_eq!((ours.pass, &ours.codes), (theirs.pass, &theirs.codes), "{name} at {asked:?}");
            assert!([None, Some("hashes")].contains(&theirs.level.as_deref()), "{name} at {asked:?}: {theirs:?}");
        }
    }
    Ok(())
}

/// An auditor reads it in an hour or two.
#[test]
fn the_second_verifier_has_fewer_than_a_thousand_readable_lines() -> Result<(), Fault> {
    let folder = project_root().join("docs/verify");
    let mut lines = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Fault::io("read", &folder))? {
        let path = entry.map_err(Fault::io("read", &folder))?.path();
        if path.extension().is_some_and(|it| it != "md") {
            let text = fs::read_to_string(&path).map_err(Fault::io("read", &path))?;
            lines.extend(text.lines().map(str::to_owned));
        }
    }
    assert!((500..1_000).contains(&lines.len()), "{}", lines.len());
    let unreadable = |it: &&String| it.chars().count() > 110 || it.contains(';') && !it.contains('"');
    let found: Vec<_> = lines.iter().filter(unreadable).collect();
    assert!(found.is_empty(), "too long, or two statements: {found:#?}");
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
    both_refuse(&packs, &rewrites(0, &packs[0], Sealed::WithoutTheKey, |path, _| path != "manifest.sig", 1))
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
    both_refuse(&packs, &rewrites(0, &packs[0], Sealed::WithoutTheKey, |path, _| path != "manifest.sig", 997))
}

/// Whoever has the signing key can write what they like into a pack, but no decision that does not follow.
#[test]
fn even_the_holder_of_the_key_can_not_forge_what_is_replayed() -> Result<(), Fault> {
    let mut packs = good::all();
    packs.truncate(2);
    let mut cases = rewrites(0, &packs[0], Sealed::WithTheKey, in_scope, 1);
    cases.extend(rewrites(1, &packs[1], Sealed::WithTheKey, in_scope, 7));
    both_refuse(&packs, &cases)
}

/// Nor can an event be rewritten with everything above it: it does not follow from the one before, or from its inputs.
#[test]
fn even_the_holder_of_the_key_can_not_rewrite_what_follows() -> Result<(), Fault> {
    let packs = [good::small()];
    let follows = |path: &str, pointer: &str| {
        let free = ["/actor", "/trigger", "/relaxations"];
        path == "events.json" && pointer.matches('/').count() > 1 && !free.iter().any(|it| pointer.contains(it))
    };
    let cases = rewrites(0, &packs[0], Sealed::Throughout, follows, 1);
    assert!(cases.len() >= 500, "{}", cases.len());
    both_refuse(&packs, &cases)
}

/// What the second verifier checks itself, whoever signed: `docs/verify/README.md`.
fn in_scope(path: &str, pointer: &str) -> bool {
    let about = [
        "generated_at",
        "integrity",
        "manifest_version",
        "namespace_id",
        "run_id",
        "scenario_id",
        "spec_hash",
        "tenant_id",
    ];
    match path {
        "manifest.sig" => false,
        "manifest.json" if pointer.starts_with("/artifacts/") => {
            pointer.ends_with("/path") || pointer.contains("/hash")
        }
        "manifest.json" => about.iter().any(|it| pointer.trim_start_matches('/').starts_with(it)),
        "trust.json" => !pointer.starts_with("/keys"),
        _ => !path.starts_with("artifacts/") || path.ends_with("spec.json"),
    }
}

const ANCHORED: Asked = Some(ProofLevel::Anchored);

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
    cases.extend(rewrites(0, &packs[0], Sealed::WithTheKey, |path, _| path == "proofs.json", 1));
    cases.extend(files(0, &packs[0], &good::not_in_the_log()[1]));
    both_refuse(&packs, &cases)
}
