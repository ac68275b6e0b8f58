//! From windows to one count and one rate, recomputed.
//!
//! Windows that overlap are counted once. Without a lookback the worst of those that overlap counts, and sequence
//! numbers missing between windows are expected and unverified. With one, time that no window covers is expected and
//! unverified, and the windows are chosen that show most: so leaving a window out never helps.

use std::collections::BTreeMap;

use decision_gate_attest::beacon::BeaconAttestation;
use decision_gate_attest::rate::Rate;

use crate::span::Span;

/// What beacons come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coverage {
    pub(super) verified: u64,
    pub(super) expected: u64,
    pub(super) rate: Rate,
}

/// One stream: beacons of one function in one environment share a sequence.
type Streams<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a BeaconAttestation>>;

/// What the windows come to; nothing where none counts.
pub(super) fn coverage(windows: &[&BeaconAttestation], lookback: Option<Span>, at: i64) -> Option<Coverage> {
    let mut streams: Streams<'_> = BTreeMap::new();
    for window in windows {
        streams.entry((window.environment_id(), window.beacon_function())).or_default().push(window);
    }
    let each = streams.into_values().filter_map(|stream| match lookback {
        Some(span) => covered(stream, span, at),
        None => stated(stream),
    });
    match lookback {
        // Another stream never makes it worse: the best one counts.
        Some(_) => each.max_by_key(|it| (it.rate, it.verified)),
        None => each.reduce(|a, b| whole(a.verified.saturating_add(b.verified), a.expected.saturating_add(b.expected))),
    }
}

fn whole(verified: u64, expected: u64) -> Coverage {
    Coverage { verified, expected, rate: Rate::of(verified, expected).unwrap_or(Rate::ZERO) }
}

/// All windows as stated, overlaps once.
fn stated(mut stream: Vec<&BeaconAttestation>) -> Option<Coverage> {
    stream.sort_unstable_by_key(|it| (it.window(), it.sequence(), it.verified()));
    let mut kept: Vec<&BeaconAttestation> = Vec::new();
    let mut end = i64::MIN;
    for window in stream {
        let overlaps = !kept.is_empty() && window.window().0 < end;
        end = end.max(window.window().1);
        match kept.last_mut() {
            Some(last) if overlaps => {
                if worse(window, last) {
                    *last = window;
                }
            }
            _ => kept.push(window),
        }
    }
    let (mut verified, mut expected, mut before) = (0_u64, 0_u64, None);
    for window in &kept {
        verified = verified.saturating_add(window.verified());
        expected = expected.saturating_add(window.expected()).saturating_add(lost(before, window));
        before = Some(*window);
    }
    (!kept.is_empty()).then(|| whole(verified, expected))
}

/// Whether `a` shows a lower rate than `b`, or the same of fewer.
fn worse(a: &BeaconAttestation, b: &BeaconAttestation) -> bool {
    let cross = |x: &BeaconAttestation, y: &BeaconAttestation| u128::from(x.verified()) * u128::from(y.expected());
    (cross(a, b), a.verified()) < (cross(b, a), b.verified())
}

/// Numbers that are missing between two windows. A sequence that begins anew was a restart.
fn lost(before: Option<&BeaconAttestation>, window: &BeaconAttestation) -> u64 {
    before.map_or(0, |before| (window.sequence().0).saturating_sub(before.sequence().1.saturating_add(1)))
}

/// The part of a window within the lookback, in milliseconds, and all of it.
fn part(window: &BeaconAttestation, span: Span, at: i64) -> (u128, u128) {
    let (start, end) = window.window();
    let from = start.max(at.saturating_sub(span.millis()));
    let within = if from < end.min(at) { end.min(at).abs_diff(from) } else { 0 };
    (within.into(), end.abs_diff(start).into())
}

/// The windows that cover the lookback best, and what they show of all of it.
fn covered(mut stream: Vec<&BeaconAttestation>, span: Span, at: i64) -> Option<Coverage> {
    stream.retain(|it| part(it, span, at).0 > 0);
    stream.sort_unstable_by_key(|it| (it.window().1, it.window().0, it.sequence(), it.verified()));
    // For each window the best chain that ends with it: shares of time by rate, and verified beacons.
    let mut best: Vec<(u128, u64)> = Vec::with_capacity(stream.len());
    for (index, window) in stream.iter().enumerate() {
        let alone = (share(window, 0, span, at), count(window, span, at));
        let chains = stream.iter().zip(&best).take(index).filter(|(it, _)| it.window().1 <= window.window().0);
        let end = chains.fold(alone, |end, (before, chain)| {
            let share = share(window, lost(Some(before), window), span, at);
            (end.0.max(chain.0 + share), end.1.max(chain.1.saturating_add(alone.1)))
        });
        best.push(end);
    }
    let share = best.iter().map(|it| it.0).max()?;
    let verified = best.iter().map(|it| it.1).max()?;
    let rate = share / u128::try_from(span.millis()).unwrap_or(1).max(1);
    let rate = u32::try_from(rate).ok().and_then(Rate::from_billionths).unwrap_or(Rate::ONE);
    // As many as would have to be expected to come to that rate, rounded up.
    let expected = match u128::from(rate.billionths()) {
        0 => u64::MAX,
        parts => u64::try_from((u128::from(verified) * 1_000_000_000).div_ceil(parts)).unwrap_or(u64::MAX),
    };
    Some(Coverage { verified, expected, rate })
}

/// Billionths of its rate times milliseconds within the lookback.
fn share(window: &BeaconAttestation, lost: u64, span: Span, at: i64) -> u128 {
    let expected = window.expected().saturating_add(lost);
    let rate = Rate::of(window.verified(), expected).unwrap_or(Rate::ZERO);
    u128::from(rate.billionths()) * part(window, span, at).0
}

/// Verified beacons of the part within the lookback, cut off.
fn count(window: &BeaconAttestation, span: Span, at: i64) -> u64 {
    let (within, all) = part(window, span, at);
    u64::try_from(u128::from(window.verified()) * within / all.max(1)).unwrap_or(0)
}

/// The lower bound of Wilson's interval at 95 %, in whole numbers, cut off.
pub(super) fn wilson(verified: u64, expected: u64) -> Rate {
    /// 1.959964 and its square, in millionths.
    const Z: u128 = 1_959_964;
    const Z_SQUARED: u128 = 3_841_459;
    // Beyond this the bound is the rate to six decimals, and the products below would grow too large.
    const MOST: u64 = 1 << 40;
    if expected == 0 || verified > expected {
        return Rate::ZERO;
    }
    let scale = expected.div_ceil(MOST).max(1);
    let (k, n) = (u128::from(verified / scale), u128::from(expected.div_ceil(scale)));
    // In millionths of millionths: k(n−k)/n + z²/4, whose root is in millionths.
    let root = ((k * (n - k) * 1_000_000_000_000).div_ceil(n) + Z_SQUARED * 250_000).isqrt() + 1;
    let above = (k * 1_000_000_000_000 + Z_SQUARED * 500_000).saturating_sub(Z * root);
    let below = n * 1_000_000 + Z_SQUARED;
    let parts = above / below * 1_000 + above % below * 1_000 / below;
    u32::try_from(parts).ok().and_then(Rate::from_billionths).unwrap_or(Rate::ONE)
}
