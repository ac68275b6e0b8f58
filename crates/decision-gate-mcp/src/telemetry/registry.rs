//! Sums and distributions by series, since the start of the process.

use std::collections::BTreeMap;

use decision_gate_policy::telemetry::{Instrument, Measurement};

/// The attributes of a series, in order of their names.
pub(super) type Attributes = Vec<(&'static str, String)>;

/// What was measured so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Registry(BTreeMap<Instrument, BTreeMap<Attributes, Series>>);

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Series {
    /// What is counted.
    Sum(u64),
    /// What is measured.
    Distribution {
        /// In each bucket, the last one for what is above all bounds.
        buckets: Vec<u64>,
        /// Of all values.
        sum: f64,
    },
}

impl Registry {
    pub(super) fn record(&mut self, measurement: &Measurement) {
        let mut attributes = measurement.attributes.clone();
        attributes.sort_unstable();
        let series = self.0.entry(measurement.instrument).or_default().entry(attributes);
        match (series.or_insert_with(|| Series::of(measurement.instrument)), measurement.instrument.bounds()) {
            (Series::Sum(count), _) => *count = count.saturating_add(1),
            (Series::Distribution { buckets, sum }, bounds) => {
                let bounds = bounds.unwrap_or_default();
                let place = bounds.iter().position(|it| measurement.value <= *it).unwrap_or(bounds.len());
                if let Some(count) = buckets.get_mut(place) {
                    *count = count.saturating_add(1);
                }
                *sum += measurement.value;
            }
        }
    }

    /// Every instrument that was used, with its series.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Instrument, &BTreeMap<Attributes, Series>)> {
        self.0.iter().map(|(instrument, series)| (*instrument, series))
    }
}

impl Series {
    fn of(instrument: Instrument) -> Self {
        match instrument.bounds() {
            None => Self::Sum(0),
            Some(bounds) => Self::Distribution { buckets: vec![0; bounds.len() + 1], sum: 0.0 },
        }
    }
}
