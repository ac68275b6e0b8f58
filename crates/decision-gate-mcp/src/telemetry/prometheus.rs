//! The text format of Prometheus: names with `_` for `.`, buckets that add up.

use decision_gate_policy::telemetry::Instrument;

use super::registry::{Registry, Series};

/// All series as text.
pub(super) fn text(registry: &Registry) -> String {
    let mut text = String::new();
    for (instrument, all) in registry.iter() {
        let name = name(instrument);
        let kind = if instrument.bounds().is_some() { "histogram" } else { "counter" };
        text.push_str(&format!("# HELP {name} {}\n# TYPE {name} {kind}\n", instrument.description()));
        for (attributes, series) in all {
            let labels: Vec<_> =
                attributes.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let labels = labels.join(",");
            match series {
                Series::Sum(count) => text.push_str(&format!("{name}{{{labels}}} {count}\n")),
                Series::Distribution { buckets, sum } => {
                    let bounds = instrument.bounds().unwrap_or_default().iter().map(f64::to_string);
                    let mut below = 0_u64;
                    for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(buckets) {
                        below = below.saturating_add(*count);
                        text.push_str(&format!("{name}_bucket{{{labels},le=\"{bound}\"}} {below}\n"));
                    }
                    text.push_str(&format!("{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {below}\n"));
                }
            }
        }
    }
    text
}

/// The name of a metric in Prometheus.
pub(super) fn name(instrument: Instrument) -> String {
    instrument.name().replace('.', "_")
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
