//! The clock: certificates of its being wrong are a year that can't be, and a ledger from the future.

use std::time::{Duration, SystemTime};

use decision_gate_config::sections::store::StoreKind;
use decision_gate_core::at::Timestamp;

use super::Finding;
use super::patient::Patient;

/// 2026-01-01: this program was not there before.
const EARLIEST: i64 = 1_767_225_600_000;
/// 2100-01-01.
const LATEST: i64 = 4_102_444_800_000;
/// As far as clocks may differ.
const SKEW: Duration = Duration::from_mins(5);

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let hint = "set the clock, and keep it set (NTP): windows of keys, freshness and expiry are judged by it";
    let mut found = Vec::new();
    if let Timestamp::UnixMillis(now) = patient.now
        && !(EARLIEST..LATEST).contains(&now)
    {
        found.push(Finding::trouble("clock_implausible", format!("the clock says {}", patient.now), hint));
    }
    let file = patient.loaded.as_ref().ok().filter(|it| it.config().store.kind == StoreKind::Sqlite);
    let ledger = file.and_then(|it| it.store_path().ok());
    let written = ledger.as_ref().and_then(|it| it.metadata().ok()?.modified().ok());
    if let Some(ahead) = written.and_then(|it| it.duration_since(SystemTime::now()).ok()).filter(|it| *it > SKEW) {
        let message = format!("the ledger was written {} seconds after what the clock says now", ahead.as_secs());
        found.push(Finding::trouble("clock_behind_ledger", message, hint));
    }
    found
}
