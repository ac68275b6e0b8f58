//! Evidence that leads out, hangs, or does not read, and questions that would take for ever.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use decision_gate_tests::{Fault, skip};
use serde_json::{Value, json};

use super::{Gate, RUN};

const SECRET: &str = "root:x:0:0";

/// Longer than any answer should take, and far shorter than a hang.
const SOON: Duration = Duration::from_secs(8);

fn query(file: &str, jsonpath: Option<&str>) -> Value {
    let mut params = json!({"root": "reports", "file": file});
    if let Some(jsonpath) = jsonpath {
        params["jsonpath"] = json!(jsonpath);
    }
    json!({"provider_id": "json", "check_id": "path", "params": params})
}

/// The query is answered, with this code in place of a value.
fn faulty(gate: &mut Gate, query: &Value, code: &str) -> Result<(), Fault> {
    let begun = Instant::now();
    let answer = gate.server.call("evidence_query", &json!({"query": query}))?;
    let said = &answer.structured;
    assert_eq!(said.pointer("/result/error/code"), Some(&json!(code)), "{query}: {said}");
    assert_eq!(said.pointer("/result/value"), Some(&Value::Null), "{query}: {said}");
    assert!(answer.text.contains(code), "{query}: {}", answer.text);
    assert!(!said.to_string().contains(SECRET) && !answer.text.contains(SECRET), "{said}");
    assert!(begun.elapsed() < SOON, "{query} took {:?}", begun.elapsed());
    gate.lives()
}

/// A file in the evidence root, its content, and the code.
const FILES: [(&str, &str, &str); 9] = [
    ("twice.json", r#"{"a":1,"a":2}"#, "json_duplicate_key"),
    ("huge.json", r#"{"n":18446744073709551617}"#, "number_out_of_range"),
    ("half.json", r#"{"n":"#, "invalid_json"),
    ("lone.json", r#"["\ud800"]"#, "json_lone_surrogate"),
    ("empty.json", "", "file_empty"),
    ("twice.yaml", "a: 1\na: 2\n", "yaml_duplicate_key"),
    ("loop.yaml", "a: &a [*a]\n", "yaml_alias_recursive"),
    ("tag.yaml", "a: !!python/object:os.system x\n", "yaml_tag_unsupported"),
    ("half.yaml", "a: [", "invalid_yaml"),
];

/// A few hundred bytes that stand for ten million values.
fn bomb() -> String {
    let level = |at: usize| format!("l{at}: &l{at} [{}]\n", vec![format!("*l{}", at - 1); 10].join(", "));
    "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned() + &(1..7).map(level).collect::<String>()
}

#[test]
fn files_that_do_not_read_are_a_fault_of_their_own_condition() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for (name, content, code) in FILES {
        gate.workspace.write_evidence(name, content.as_bytes())?;
        faulty(&mut gate, &query(name, None), code)?;
    }
    gate.workspace.write_evidence("bomb.yaml", bomb().as_bytes())?;
    faulty(&mut gate, &query("bomb.yaml", None), "yaml_alias_limit")?;
    gate.workspace.write_evidence("latin.json", b"[\"\xe9\"]")?;
    faulty(&mut gate, &query("latin.json", None), "json_invalid_utf8")?;
    gate.workspace.write_evidence("deep.json", "[".repeat(100_000).as_bytes())?;
    faulty(&mut gate, &query("deep.json", None), "json_too_deep")?;
    gate.workspace.write_evidence("large.json", format!("\"{}\"", "x".repeat(2 << 20)).as_bytes())?;
    faulty(&mut gate, &query("large.json", None), "evidence_too_large")?;
    gate.ends_unharmed()
}

#[test]
fn d31_what_is_no_file_does_not_hang_the_server() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let root = gate.workspace.path().join("evidence");
    assert!(Command::new("mkfifo").arg(root.join("pipe.json")).status().unwrap().success());
    std::fs::create_dir(root.join("folder.json")).unwrap();
    let made = Command::new("mknod").arg(root.join("zero.json")).args(["c", "1", "5"]).output().unwrap();
    if made.status.success() {
        faulty(&mut gate, &query("zero.json", None), "not_regular_file")?;
    } else {
        skip("no device can be made here");
    }
    for name in ["pipe.json", "folder.json"] {
        faulty(&mut gate, &query(name, None), "not_regular_file")?;
    }
    // As a condition of a run it is Unknown, and the others are decided.
    let mut spec = gate.workspace.scenario()?;
    spec["scenario_id"] = json!("piped");
    spec["conditions"][0]["query"] = query("pipe.json", None);
    gate.server.answer("scenario_define", &json!({"spec": spec}))?;
    gate.server.answer("scenario_start", &json!({"scenario_id": "piped", "run_id": "piped"}))?;
    let held = gate.server.answer("scenario_next", &json!({"run_id": "piped", "feedback": "evidence"}))?;
    let statuses: Vec<&Value> = held["evidence"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, ["True", "Unknown"], "{held}");
    assert_eq!(held.pointer("/explanation/evidence/0/code"), Some(&json!("not_regular_file")), "{held}");
    gate.ends_unharmed()
}

#[test]
fn paths_that_lead_out_of_the_root_are_refused() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let root = gate.workspace.path().join("evidence");
    symlink("/etc/passwd", root.join("link.json")).unwrap();
    symlink("/", root.join("up")).unwrap();
    symlink("tests.json", root.join("inside.json")).unwrap();
    for (file, code) in [
        ("link.json", "symlink_forbidden"),
        ("inside.json", "symlink_forbidden"),
        ("up/etc/passwd", "symlink_forbidden"),
        ("../scenario.json", "path_outside_root"),
        ("a/../../scenario.json", "path_outside_root"),
        ("/etc/passwd", "absolute_path_forbidden"),
        ("//etc/passwd", "absolute_path_forbidden"),
        ("a\\b.json", "path_invalid"),
        ("tests.json\u{0}.yaml", "path_invalid"),
        ("no-such.json", "file_not_found"),
    ] {
        faulty(&mut gate, &query(file, None), code)?;
    }
    gate.ends_unharmed()
}

fn paths() -> Vec<(String, &'static str)> {
    let nested = |times: usize| format!("${}@{}", "[?(".repeat(times), ")]".repeat(times));
    vec![
        (format!("${}", "(".repeat(400)), "jsonpath_too_deep"),
        (nested(60), "jsonpath_too_deep"),
        (format!("${}", "[?@".repeat(100)), "jsonpath_too_deep"),
        (format!("${}", "[0]".repeat(2_500)), "jsonpath_too_long"),
        ("$..*..*..*..*".into(), "jsonpath_too_many_descendants"),
        ("$[?$.summary.failed==0]".into(), "jsonpath_root_in_filter"),
        ("$[".into(), "invalid_jsonpath"),
        ("summary.failed".into(), "invalid_jsonpath"),
        ("$.a b".into(), "invalid_jsonpath"),
    ]
}

#[test]
fn d30_a_hostile_jsonpath_is_refused_by_its_bound() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for (path, code) in paths() {
        faulty(&mut gate, &query("tests.json", Some(&path)), code)?;
    }
    gate.ends_unharmed()
}

#[test]
fn d30_a_hostile_jsonpath_in_a_scenario_never_opens_its_gate() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for (at, (path, code)) in paths().into_iter().enumerate() {
        let id = format!("hostile-{at}");
        let mut spec = gate.workspace.scenario()?;
        spec["scenario_id"] = json!(id);
        spec["conditions"][0]["query"] = query("tests.json", Some(&path));
        // Not met otherwise either: only the first condition stands in the way of this gate.
        spec["stages"][0]["gates"][0]["requirement"] = json!({"Condition": "no_test_failed"});
        let defined = gate.server.call("scenario_define", &json!({"spec": spec}))?;
        if defined.is_error {
            assert!(defined.structured.to_string().contains("jsonpath"), "{path}: {}", defined.structured);
        } else {
            gate.server.answer("scenario_start", &json!({"scenario_id": id, "run_id": id}))?;
            let held = gate.server.answer("scenario_next", &json!({"run_id": id}))?;
            assert_eq!(held.pointer("/decision/outcome/kind"), Some(&json!("hold")), "{path}: {held}");
            let why = held.pointer("/explanation/evidence/0/code");
            assert_eq!(why, Some(&json!(code)), "{path}: {held}");
        }
        gate.lives()?;
    }
    gate.ends_unharmed()
}

#[test]
fn questions_that_fit_no_contract_are_refused() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let asked = |provider: &str, check: &str, params: Value| json!({"query": {"provider_id": provider, "check_id": check, "params": params}});
    for (arguments, code) in [
        (asked("jsn", "path", json!({"file": "tests.json"})), "provider_missing"),
        // Not named in the configuration, so not there.
        (asked("env", "get", json!({"key": "PATH"})), "provider_missing"),
        (asked("json", "pth", json!({"file": "tests.json"})), "check_missing"),
        (json!({"query": {"provider_id": "json", "check_id": "path"}}), "params_missing"),
        (asked("json", "path", json!({"fil": "tests.json"})), "params_invalid"),
        (asked("json", "path", json!({"file": 1})), "params_invalid"),
        (asked("json", "path", json!({"root": "elsewhere", "file": "tests.json"})), "params_invalid"),
        (asked("json", "path", json!([])), "params_invalid"),
    ] {
        gate.refused("evidence_query", &arguments, code)?;
    }
    gate.ends_unharmed()
}

#[test]
fn a_time_that_is_far_off_is_refused() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for millis in [0, 1_000, i64::from(i32::MAX) * 1_000_000] {
        let time = json!({"kind": "unix_millis", "value": millis});
        gate.refused("scenario_next", &json!({"run_id": RUN, "time": time}), "time_skew")?;
    }
    gate.ends_unharmed()
}
