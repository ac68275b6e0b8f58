//! How fast a pack is verified: every event of a real run decided anew, on one core, from files that are in memory.
//! The floor is what DESIGN section 10 asks for, and the hashing of the same files, which nobody can do without.

use std::hint::black_box;
use std::time::Instant;

use decision_gate_core::digest::Digest;
use decision_gate_core::runpack::{Expect, ManifestName, PackFiles, Status, verify};
use serde_json::json;

use super::step_growth::{define, start};
use crate::fault::Fault;
use crate::server::Era;
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const EVENTS: u32 = 1_000;
const PAIRS: usize = 20;
/// Events a second on one core.
const WANTED: f64 = 100_000.0;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let files = exported(setup, EVENTS)?;
    let manifest = ManifestName::standard();
    let (mut replays, mut hashes) = (Vec::new(), Vec::new());
    for _ in 0..setup.pairs(PAIRS) {
        let began = Instant::now();
        let report = verify(black_box(&files), &manifest, &Expect::default());
        let took = began.elapsed();
        if report.status != Status::Pass {
            return Err(Fault::NotComparable("a pack that holds was refused".to_owned()));
        }
        let began = Instant::now();
        for (path, _) in files.iter() {
            black_box(files.bytes(path).map(Digest::of));
        }
        hashes.push(Pair::of_times(took, began.elapsed()));
        replays.push(Pair { ours: f64::from(EVENTS) / took.as_secs_f64(), floor: WANTED });
    }
    let what = format!("runpack of {EVENTS} events, verified whole, events a second, against what is asked for");
    let beside = "the same, against hashing its files".to_owned();
    Ok(vec![
        Row { what, summary: Summary::of(&replays), unit: Unit::PerSecond, bar: Bar::AtLeast(1.0) },
        Row { what: beside, summary: Summary::of(&hashes), unit: Unit::Time, bar: Bar::None },
    ])
}

/// The pack of a run of that many events.
pub(super) fn exported(setup: &Setup, events: u32) -> Result<PackFiles, Fault> {
    let folder = Folder::new()?;
    let mut server = setup.ours(Era::Legacy, &folder)?;
    define(&mut server)?;
    let step = start(&mut server, "run")?;
    for _ in 1..events {
        server.result(&step)?;
    }
    server.call("runpack_export", &json!({"run_id": "run", "output_dir": "pack"}))?;
    let path = folder.path().join("packs").join("pack");
    decision_gate_verify::read_at(&path).map_err(|fault| Fault::NotComparable(fault.to_string()))
}
