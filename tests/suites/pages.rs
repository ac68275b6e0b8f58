//! Pages that the binary writes, looked at by a real browser and by axe-core: nothing is loaded, nothing runs, nothing
//! stands in anybody's way, in light, in dark, on paper, with the keyboard and on a small screen.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use decision_gate_tests::{Clients, Fault, binary, skip};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Names that the browser goes by.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What somebody who is judged may write into a value, a path or a name.
const HOSTILE: &str = "</style></pre></title><script>window.ran=1</script><img src=x onerror=window.ran=1>\
    \"onfocus=\"window.ran=1\" autofocus='<iframe srcdoc=\"<script>parent.ran=1</script>\">\u{202e}dewolla";

/// Pages and what was said of them, one line for each page in each scheme. Nothing where there is no browser.
static LOOKED: LazyLock<Option<Vec<Value>>> = LazyLock::new(|| looked().unwrap());

fn browser() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).flat_map(|folder| BROWSERS.map(|name| folder.join(name)));
    found.into_iter().find(|it| it.is_file())
}

fn looked() -> Result<Option<Vec<Value>>, Fault> {
    let Some(browser) = browser() else {
        let required = std::env::var_os("DECISION_GATE_REQUIRE_BROWSER").is_some_and(|it| it == "1");
        assert!(!required, "a browser is required and not installed; `tests/setup.sh` installs it");
        skip("no browser");
        return Ok(None);
    };
    let project = Project::new();
    let pages = project.pages();
    let seen = Clients::browser()?.look(&browser, project.path(), &pages)?;
    assert_eq!(seen.len(), pages.len() * 2, "one line for each page in each scheme");
    Ok(Some(seen))
}

/// A folder with runs of every kind.
struct Project(TempDir);

const CONFIG: &str = r#"
environments = ["production"]
[evidence]
allow_raw_values = true
[scenarios]
files = ["scenario.json"]
[[providers]]
name = "json"
type = "builtin"
allow_raw = true
config = { roots = [{ root_id = "reports", path = "reports" }] }
[store]
path = "ledger.db"
[release]
policy = { PolicyGates = { ExecutionEvidence = { Enabled = true, MissingEvidenceAction = "Block" } } }
"#;

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        fs::create_dir(project.path().join("reports")).unwrap();
        let condition = |id: &str, file: &str, comparator: &str, expected: Value| {
            let query =
                json!({ "provider_id": "json", "check_id": "path", "params": { "file": file, "jsonpath": "$.value" } });
            json!({ "condition_id": id, "query": query, "comparator": comparator, "expected": expected })
        };
        let scenario = json!({
            "scenario_id": "release",
            "stages": [
                { "stage_id": "build", "gates": [
                    { "gate_id": "tests", "requirement": { "And": ["ran", { "Not": "flaky" }] } },
                    { "gate_id": "quality", "requirement": { "RequireGroup": { "min": 1, "reqs": ["named", "linted"] } } },
                ] },
                { "stage_id": "ship", "gates": [{ "gate_id": "approved", "requirement": "approval" }] }
            ],
            "conditions": [
                condition("ran", "ran.json", "equals", json!("yes")),
                condition("flaky", "flaky.json", "exists", Value::Null),
                condition("named", "name.json", "equals", json!(HOSTILE)),
                condition("linted", HOSTILE, "equals", json!(HOSTILE)),
                condition("approval", "approval.json", "exists", Value::Null),
            ]
        });
        project.write("decision-gate.toml", CONFIG);
        project.write("scenario.json", &scenario.to_string());
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path().join(path), text).unwrap();
    }

    fn report(&self, name: &str, value: &str) {
        self.write(&format!("reports/{name}.json"), &json!({ "value": value }).to_string());
    }

    fn run(&self, arguments: &[&str], code: i32) {
        let mut command = Command::new(binary().unwrap());
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        let output = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    }

    /// A run and its pack.
    fn check(&self, pack: &str, code: i32) {
        self.run(
            &[
                "check",
                "release",
                "--config",
                "decision-gate.toml",
                "--run-id",
                pack,
                "--environment",
                "production",
                "--export",
                pack,
            ],
            code,
        );
    }

    fn page(&self, area: &str, pack: &str, code: i32) -> PathBuf {
        let page = format!("{pack}.html");
        self.run(&[area, "report", pack, "--html", &page], code);
        self.path().join(page)
    }

    /// A hold on hostile words, a run that went through, a pack that was changed, and a release that is blocked.
    fn pages(&self) -> Vec<PathBuf> {
        self.report("ran", HOSTILE);
        self.report("flaky", HOSTILE);
        self.check("hold", 1);
        self.report("ran", "yes");
        self.report("name", HOSTILE);
        self.report("approval", "the board");
        self.write("reports/flaky.json", "{}");
        self.check("pass", 0);
        self.check("changed", 0);
        let values = self.path().join("changed/values.json");
        fs::write(&values, fs::read_to_string(&values).unwrap().replace("the board", "nobody")).unwrap();
        let subject = format!("sha256:{}", "ab".repeat(32));
        let release = ["release", "evaluate", "--config", "decision-gate.toml", "--environment", "production"];
        self.run(&[&release[..], &["--subject", &subject, "--export", "blocked"]].concat(), 1);
        vec![
            self.page("runpack", "hold", 0),
            self.page("runpack", "pass", 0),
            self.page("runpack", "changed", 1),
            self.page("release", "blocked", 0),
        ]
    }
}

fn each(look: impl Fn(&Value)) {
    for line in LOOKED.iter().flatten() {
        look(line);
    }
}

fn empty() -> Value {
    json!([])
}

#[test]
fn a_page_asks_for_nothing_and_nothing_in_it_runs() {
    each(|line| {
        let (name, marks) = (&line["page"], &line["marks"]);
        assert_eq!(line["asked"], empty(), "{name} asks for something");
        assert_eq!(line["said"], empty(), "{name}: its policy refused something, or a script spoke");
        assert_eq!(line["dialogs"], empty(), "{name}");
        assert_eq!(marks["ran"], false, "{name}: a hostile value ran");
        for count in ["scripts", "foreign", "handlers", "styled"] {
            assert_eq!(marks[count], 0, "{name}: {count}");
        }
        assert_eq!(marks["links"], empty(), "{name} links to elsewhere");
    });
}

#[test]
fn hostile_words_are_shown_as_words() {
    each(|line| {
        let main = line["marks"]["main"].as_str().unwrap();
        if line["page"] == "hold.html" {
            assert!(main.contains("<script>window.ran=1</script>") && main.contains(r"\u{202e}dewolla"), "{main}");
        }
        assert!(!main.contains('\u{202e}'), "{main}");
    });
}

#[test]
fn axe_finds_no_barrier_in_light_and_in_dark() {
    each(|line| {
        assert_eq!(line["axe"]["violations"], empty(), "{} {}", line["page"], line["scheme"]);
        assert!(line["axe"]["rules"].as_u64().unwrap() > 20, "axe looked at the page");
        // What axe can't see by itself is only the ground behind a dot of the time line.
        for unsure in line["axe"]["unsure"].as_array().unwrap() {
            assert!(unsure.as_str().unwrap().starts_with("color-contrast"), "{unsure}");
        }
    });
}

#[test]
fn headings_go_down_one_step_at_a_time() {
    each(|line| {
        let mut before = 0;
        for heading in line["marks"]["headings"].as_array().unwrap() {
            let level = u32::from(heading.as_str().unwrap().as_bytes()[1] - b'0');
            assert!(level <= before + 1, "{heading} in {}", line["page"]);
            before = level;
        }
        assert!(before > 0);
    });
}

#[test]
fn the_keyboard_gets_everywhere_from_top_to_bottom_and_is_seen() {
    each(|line| {
        let Some(stops) = line["stops"].as_array() else { return };
        assert_eq!(stops.first().unwrap()["name"], "#main", "the way past the contents comes first");
        assert!(stops.iter().skip(1).all(|it| it["seen"] == true), "{stops:?}");
        let tops: Vec<_> = stops.iter().skip(1).map(|it| it["top"].as_i64().unwrap()).collect();
        assert!(tops.windows(2).all(|pair| pair[0] <= pair[1] + 24), "{stops:?}");
        assert!(stops.iter().any(|it| it["name"] == "summary"), "{stops:?}");
    });
}

#[test]
fn a_small_screen_and_paper_show_all_of_it() {
    each(|line| {
        if line["scheme"] == "light" {
            assert!(line["overflow"].as_i64().unwrap() <= 0, "{} is wider than a small screen", line["page"]);
            assert_eq!(line["printed"], true, "{}: folded parts are printed", line["page"]);
        }
    });
}
