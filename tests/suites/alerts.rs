//! `config/alerts/vex-trust.rules.yaml`: the rules ask for series that the exporter writes, and Prometheus' own tool
//! finds that each does what it should on the made-up series in `tests/alerts`.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use decision_gate_policy::telemetry::Instrument;
use decision_gate_tests::{Clients, Fault, project_root};

const RULES: &str = "config/alerts/vex-trust.rules.yaml";
const PREFIX: &str = "stellaops_policy_vex_trust_gate_";

fn rules() -> String {
    fs::read_to_string(project_root().join(RULES)).unwrap()
}

/// Every word of the rules that is the name of a series.
fn series(rules: &str) -> BTreeSet<String> {
    let words = rules.split(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
    words.filter(|word| word.starts_with(PREFIX)).map(str::to_owned).collect()
}

#[test]
fn the_rules_ask_for_series_that_are_written() {
    let rules = rules();
    let mut written = BTreeSet::new();
    for instrument in Instrument::ALL {
        let name = instrument.name().replace('.', "_");
        let parts: &[&str] = if instrument.bounds().is_some() { &["_bucket", "_sum", "_count"] } else { &[""] };
        written.extend(parts.iter().map(|part| format!("{name}{part}")));
    }
    let asked = series(&rules);
    assert!(asked.is_subset(&written), "{:?}", asked.difference(&written));
    for instrument in Instrument::ALL {
        let name = instrument.name().replace('.', "_");
        assert!(asked.iter().any(|it| it.starts_with(&name)), "no alert on `{name}`");
    }
    // The seed's two numbers, as it writes them.
    assert!(rules.contains("< 0.50\n") && rules.contains(") > 100\n"), "{rules}");
}

#[test]
fn each_alert_does_what_it_should_on_synthetic_series() -> Result<(), Fault> {
    let promtool = Clients::prometheus()?.promtool();
    let folder = tempfile::tempdir().map_err(Fault::io("create", std::env::temp_dir()))?;
    for path in [RULES, "tests/alerts/vex-trust.test.yaml"] {
        let from = project_root().join(path);
        fs::copy(&from, folder.path().join(from.file_name().unwrap())).map_err(Fault::io("copy", from))?;
    }
    for line in [["check", "rules", "vex-trust.rules.yaml"], ["test", "rules", "vex-trust.test.yaml"]] {
        let output = Command::new(&promtool).args(line).current_dir(folder.path()).output();
        let output = output.map_err(Fault::io("run", &promtool))?;
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{line:?}: {said}");
    }
    Ok(())
}
