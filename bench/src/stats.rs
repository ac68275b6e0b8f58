//! Figures from pairs. Each pair is taken within milliseconds on the same machine, so what else it is doing weighs on
//! both sides alike; the median of the pairs is what counts.

use std::time::Duration;

/// What one pair of measurements gave: ours, and what it is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// Ours.
    pub(crate) ours: f64,
    /// The floor's.
    pub(crate) floor: f64,
}

impl Pair {
    /// From two durations, in seconds.
    pub(crate) fn of_times(ours: Duration, floor: Duration) -> Self {
        Self { ours: ours.as_secs_f64(), floor: floor.as_secs_f64() }
    }
}

/// The medians over all pairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    /// Median of ours.
    pub(crate) ours: f64,
    /// Median of the floor's.
    pub(crate) floor: f64,
    /// Median of the ratios of the pairs.
    pub(crate) ratio: f64,
    /// Median of the differences of the pairs.
    pub(crate) difference: f64,
    /// How many pairs.
    pub(crate) pairs: usize,
}

impl Summary {
    /// Sums pairs up.
    pub(crate) fn of(pairs: &[Pair]) -> Self {
        let over = |figure: fn(&Pair) -> f64| median(pairs.iter().map(figure).collect());
        Self {
            ours: over(|pair| pair.ours),
            floor: over(|pair| pair.floor),
            ratio: over(|pair| pair.ours / pair.floor),
            difference: over(|pair| pair.ours - pair.floor),
            pairs: pairs.len(),
        }
    }
}

/// The middle value; of an even count the lower of the two, of none not a number.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// The middle duration of a block of calls.
pub(crate) fn median_time(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_pairs_is_not_the_ratio_of_medians() {
        let pairs = [(1.0, 1.0), (4.0, 2.0), (9.0, 3.0)].map(|(ours, floor)| Pair { ours, floor });
        let summary = Summary::of(&pairs);
        assert!((summary.ratio - 2.0).abs() < 1e-9);
        assert!((summary.difference - 2.0).abs() < 1e-9);
        assert!((summary.ours - 4.0).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
        assert_eq!(median_time(vec![Duration::from_millis(3), Duration::from_millis(1)]), Duration::from_millis(1));
    }
}
