//! The clock: certificates of its being wrong are a year that can't be, and a ledger from the future.

use decision_gate_core::at::Timestamp;
use decision_gate_mcp::App;

use super::Finding;
use super::patient::Patient;
use crate::session::block_on;

/// 2026-01-01: this program was not there before.
const EARLIEST: i64 = 1_767_225_600_000;
/// 2100-01-01.
const LATEST: i64 = 4_102_444_800_000;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let Timestamp::UnixMillis(now) = patient.now else { return Vec::new() };
    let hint = "set the clock, and keep it set (NTP): windows of keys, freshness and expiry are judged by it";
    let mut found = Vec::new();
    if !(EARLIEST..LATEST).contains(&now) {
        found.push(Finding::trouble("clock_implausible", format!("the clock says {}", patient.now), hint));
    }
    found.extend(ahead(patient, now));
    found
}

/// A run whose last event is so far ahead of the clock that nothing can be added to it. When the file was written says
/// nothing: another run may have been decided since. That the ledger does not open is another check's finding.
fn ahead(patient: &Patient, now: i64) -> Option<Finding> {
    let loaded = patient.loaded.as_ref().ok()?;
    let latest = block_on(async { Ok(App::ledger_latest(loaded).await) }).ok()?.ok()?;
    let Some(Timestamp::UnixMillis(latest)) = latest else { return None };
    let (by, skew) = (latest.saturating_sub(now), loaded.config().time.max_skew_ms.get());
    (by > i64::try_from(skew).unwrap_or(i64::MAX)).then(|| {
        let (by, latest) = (by / 1_000, Timestamp::UnixMillis(latest));
        let message = format!("the last event of a run is of {latest}, {by} seconds after what the clock says now");
        let hint = "set the clock, if it is wrong, and keep it set (NTP); if it was ahead and is right now, runs that \
                    were decided meanwhile wait until then, or are started anew";
        Finding::trouble("clock_behind_ledger", message, hint)
    })
}
