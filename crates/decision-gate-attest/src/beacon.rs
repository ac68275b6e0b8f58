//! `stella.ops/beaconAttestation@v1`: how many of an artifact's beacons came home within a window.
//!
//! Beacons are numbered. Of the numbers from the first to the last, those that came are verified, the others are gaps;
//! rate and gaps are recomputed, and a predicate that contradicts itself is refused with the field named. The contract
//! is `docs/contracts/beacon-attestation-v1.md`.

use serde_json::Value;

use crate::predicate::{Members, PredicateFault};
use crate::rate::Rate;

/// The predicate type.
pub const PREDICATE_TYPE: &str = "stella.ops/beaconAttestation@v1";

/// Sources of beacons that are known.
pub const BEACON_SOURCES: [&str; 3] = ["ebpf_uprobe", "etw_dynamic", "dyld_interpose"];

/// Beacons of one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeaconAttestation {
    environment_id: String,
    beacon_function: String,
    start: i64,
    end: i64,
    verified: u64,
    first_sequence: u64,
    last_sequence: u64,
    timestamp: i64,
}

impl BeaconAttestation {
    /// Reads a predicate.
    ///
    /// # Errors
    /// [`PredicateFault`] with the field that is missing, malformed or contradicts the others.
    pub fn read(predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        predicate.text("artifact_id")?;
        if !BEACON_SOURCES.contains(&predicate.text("beacon_source")?) {
            return Err(predicate.malformed("beacon_source", "one of `ebpf_uprobe`, `etw_dynamic`, `dyld_interpose`"));
        }
        let (start, end) = (predicate.time("window_start")?, predicate.time("window_end")?);
        if end < start {
            return Err(predicate.malformed("window_end", "a time at or after `window_start`"));
        }
        let timestamp = predicate.time("timestamp")?;
        if timestamp < end {
            return Err(predicate.malformed("timestamp", "a time at or after `window_end`"));
        }
        let (verified, first_sequence, last_sequence) = sequence(predicate)?;
        Ok(Self {
            environment_id: predicate.text("environment_id")?.to_owned(),
            beacon_function: predicate.text("beacon_function")?.to_owned(),
            start,
            end,
            verified,
            first_sequence,
            last_sequence,
            timestamp,
        })
    }

    /// Where it ran.
    pub fn environment_id(&self) -> &str {
        &self.environment_id
    }

    /// Which function was watched.
    pub fn beacon_function(&self) -> &str {
        &self.beacon_function
    }

    /// Start and end of the window, in milliseconds since 1970.
    pub fn window(&self) -> (i64, i64) {
        (self.start, self.end)
    }

    /// First and last sequence number.
    pub fn sequence(&self) -> (u64, u64) {
        (self.first_sequence, self.last_sequence)
    }

    /// How many beacons came and were verified.
    pub fn verified(&self) -> u64 {
        self.verified
    }

    /// How many there should have been: the span of the sequence.
    pub fn expected(&self) -> u64 {
        self.last_sequence - self.first_sequence + 1
    }

    /// When it was stated, in milliseconds since 1970.
    pub fn timestamp(&self) -> i64 {
        self.timestamp
    }
}

/// Count, first and last number, recomputed against gaps and rate.
fn sequence(predicate: Members<'_>) -> Result<(u64, u64, u64), PredicateFault> {
    let count = predicate.count("beacon_count")?;
    let (first, last) = (predicate.count("first_sequence")?, predicate.count("last_sequence")?);
    if last < first {
        return Err(predicate.malformed("last_sequence", "a number at or above `first_sequence`"));
    }
    let expected = last - first + 1;
    if count > expected {
        return Err(predicate.inconsistent("beacon_count", &count, &format!("at most {expected}")));
    }
    let gaps = predicate.count("sequence_gaps")?;
    if gaps != expected - count {
        return Err(predicate.inconsistent("sequence_gaps", &gaps, &(expected - count)));
    }
    let stated = predicate.need("verification_rate")?;
    let stated = Rate::from_number(stated);
    let stated = stated.ok_or_else(|| predicate.malformed("verification_rate", "a number from 0.0 to 1.0"))?;
    let computed = Rate::of(count, expected).unwrap_or(Rate::ZERO);
    // Rates are written with four decimals or more; what is further apart than half of the last is another rate.
    if stated.billionths().abs_diff(computed.billionths()) > 50_000 {
        return Err(predicate.inconsistent("verification_rate", &stated.decimal(), &computed.decimal()));
    }
    Ok((count, first, last))
}
