//! The builders on real traces, on what is written by hand, and on what nobody writes.

mod beacons;
mod formats;
mod laws;
mod samples;

use super::{BeaconOptions, ExecutionOptions, HotCut, Limits};

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;

fn options(source: Option<&str>) -> ExecutionOptions {
    ExecutionOptions {
        artifact_id: "engine".into(),
        environment_id: "staging".into(),
        trace_source: source.map(str::to_owned),
        window: Some((START, START + 60_000)),
        timestamp: Some(START + 61_000),
        hot: HotCut::DEFAULT,
        limits: Limits::DEFAULT,
    }
}

fn beacons() -> BeaconOptions {
    BeaconOptions {
        artifact_id: "engine".into(),
        environment_id: "staging".into(),
        beacon_source: "ebpf_uprobe".into(),
        beacon_function: None,
        start: None,
        end: None,
        window_millis: None,
        period_millis: None,
        timestamp: Some(START + 3_600_000),
    }
}
