//! Answers about wide scenarios, long names and broken packs: at most 2,000 tokens at four bytes each unless more is
//! asked for, and what is left out is counted.

use std::fs;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Answer, Fault, Server, Workspace};
use serde_json::{Value, json};

const ANSWER: usize = 8_000;
const EXPLANATION: usize = 2_048;

/// Some hosts show a model the structured answer, others the text.
fn affordable(what: &str, answer: &Answer) {
    let (structured, text) = (answer.structured.to_string().len(), answer.text.len());
    assert!(structured <= ANSWER, "{what}: {structured} bytes of structured answer: {}", answer.structured);
    assert!(text <= ANSWER, "{what}: {text} bytes of text: {}", answer.text);
}

/// A scenario whose conditions all fail, in so many gates.
fn wide(workspace: &Workspace, id: &str, conditions: usize, gates: usize, name: &str) -> Result<Value, Fault> {
    let mut spec = workspace.scenario()?;
    let template = spec["conditions"][0].clone();
    let names: Vec<String> = (0..conditions).map(|at| format!("{name}{at}")).collect();
    let condition = |name: &String| {
        let mut condition = template.clone();
        condition["condition_id"] = json!(name);
        condition
    };
    let gate = |(at, names): (usize, &[String])| {
        let leaves: Vec<Value> = names.iter().map(|name| json!({"Condition": name})).collect();
        json!({"gate_id": format!("gate-{name}{at}"), "requirement": {"And": leaves}})
    };
    spec["scenario_id"] = json!(id);
    spec["stages"][0]["gates"] = names.chunks(conditions / gates).enumerate().map(gate).collect();
    spec["conditions"] = names.iter().map(condition).collect();
    Ok(spec)
}

fn count(value: &Value, place: &str) -> usize {
    value.pointer(place).and_then(Value::as_array).map_or(0, Vec::len)
}

fn number(value: &Value, place: &str) -> usize {
    value.pointer(place).and_then(Value::as_u64).map_or(0, |it| usize::try_from(it).unwrap())
}

/// How many conditions, in how many gates, and how long their names are.
const SHAPES: [(usize, usize, usize); 5] = [(60, 1, 8), (100, 1, 20), (60, 60, 20), (100, 100, 100), (40, 4, 120)];

#[test]
fn a_hold_on_many_conditions_is_affordable() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Legacy)?;
    for (at, (conditions, gates, name)) in SHAPES.into_iter().enumerate() {
        let id = format!("wide-{at}");
        let spec = wide(&workspace, &id, conditions, gates, &"n".repeat(name))?;
        affordable(&id, &server.call("scenario_define", &json!({"spec": spec}))?);
        affordable(&id, &server.call("scenario_start", &json!({"scenario_id": id, "run_id": id}))?);
        let held = server.call("scenario_next", &json!({"run_id": id}))?;
        affordable(&id, &held);
        let said = &held.structured;
        assert!(said["explanation"].to_string().len() <= EXPLANATION, "{id}: {}", said["explanation"]);
        for (told, left_out) in [("evidence", "evidence"), ("next_actions/changes", "changes")] {
            let shown = count(said, &format!("/explanation/{told}"));
            assert!(shown > 0, "{id}: {said}");
            let left_out = number(said, &format!("/explanation/left_out/{left_out}"));
            assert_eq!(shown + left_out, conditions, "{id}: {told}: {said}");
        }
        let unmet = count(said, "/decision/outcome/summary/unmet_gates");
        assert_eq!(unmet + number(said, "/unmet_gates_left_out"), gates, "{id}: {said}");
        let status = server.call("scenario_status", &json!({"run_id": id}))?;
        affordable(&id, &status);
        let unmet = count(&status.structured, "/safe_summary/unmet_gates");
        assert_eq!(unmet + number(&status.structured, "/unmet_gates_left_out"), gates, "{id}");
        // Who asks for everything gets it.
        let traced = server.answer("scenario_next", &json!({"run_id": id, "feedback": "trace"}))?;
        assert_eq!(count(&traced, "/gate_evaluations"), gates, "{id}");
        assert_eq!(count(&traced, "/decision/outcome/summary/unmet_gates"), gates, "{id}");
    }
    Ok(())
}

#[test]
fn a_precheck_of_many_conditions_is_affordable() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Modern)?;
    for (conditions, gates, name) in SHAPES {
        let name = "n".repeat(name);
        let spec = wide(&workspace, "wide", conditions, gates, &name)?;
        let supplied: serde_json::Map<String, Value> =
            (0..conditions).map(|at| (format!("{name}{at}"), json!(7))).collect();
        for payload in [json!({}), Value::Object(supplied)] {
            let what = format!("{conditions} conditions in {gates} gates");
            let answer = server.call("precheck", &json!({"spec": spec, "payload": payload}))?;
            affordable(&what, &answer);
            for side in [&answer.structured, &answer.structured["if_verified"]] {
                let listed = count(side, "/gate_evaluations") + number(side, "/gates_left_out");
                assert_eq!(listed, gates, "{what}: {side}");
            }
            let gaps = count(&answer.structured, "/gaps") + number(&answer.structured, "/gaps_left_out");
            assert_eq!(gaps, conditions, "{what}: {}", answer.structured);
            let whole = server.answer("precheck", &json!({"spec": spec, "payload": payload, "feedback": "trace"}))?;
            assert_eq!((count(&whole, "/gate_evaluations"), count(&whole, "/gaps")), (gates, conditions), "{what}");
        }
    }
    Ok(())
}

#[test]
fn a_scenario_with_a_thousand_faults_is_refused_affordably() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Legacy)?;
    let mut spec = wide(&workspace, "wide", 1_000, 1_000, "condition-")?;
    for condition in spec["conditions"].as_array_mut().unwrap() {
        condition["query"]["provider_id"] = json!("jsn");
    }
    let refused = server.call("scenario_define", &json!({"spec": spec}))?;
    assert!(refused.is_error);
    affordable("a thousand faults", &refused);
    let details = &refused.structured["details"];
    assert_eq!(number(details, "/problems_total"), 1_000, "{details}");
    assert_eq!(count(details, "/problems") + number(details, "/problems_left_out"), 1_000, "{details}");
    assert!(count(details, "/problems") > 3, "{details}");
    Ok(())
}

#[test]
fn a_broken_pack_is_told_affordably() -> Result<(), Fault> {
    const STRAY: usize = 300;
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Legacy)?;
    let spec = wide(&workspace, "wide", 60, 60, &"n".repeat(60))?;
    server.answer("scenario_define", &json!({"spec": spec}))?;
    server.answer("scenario_start", &json!({"scenario_id": "wide", "run_id": "run-1"}))?;
    for _ in 0..3 {
        server.answer("scenario_next", &json!({"run_id": "run-1"}))?;
    }
    for (name, profile) in [("whole", "audit"), ("redacted", "disclosed"), ("broken", "audit")] {
        let export = json!({"run_id": "run-1", "output_dir": name, "profile": profile});
        affordable(name, &server.call("runpack_export", &export)?);
    }
    let folder = workspace.packs().join("broken");
    for stray in 0..STRAY {
        let path = folder.join(format!("stray-{stray}.json"));
        fs::write(&path, "{}").map_err(Fault::io("write", path))?;
    }
    for name in ["whole", "redacted", "broken"] {
        affordable(name, &server.call("runpack_verify", &json!({"runpack_dir": name}))?);
    }
    let verdict = server.call("runpack_verify", &json!({"runpack_dir": "broken"}))?;
    let said = &verdict.structured;
    assert_eq!(said["status"], "fail", "{said}");
    assert_eq!(count(said, "/findings") + number(said, "/findings_omitted"), STRAY, "{said}");
    assert!(verdict.text.contains("more findings"), "{}", verdict.text);
    let unmet = count(said, "/run/last_decision/outcome/summary/unmet_gates");
    assert_eq!(unmet + number(said, "/unmet_gates_left_out"), 60, "{said}");
    Ok(())
}

#[test]
fn a_page_of_scenarios_is_affordable_and_the_pages_have_all() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Modern)?;
    let mut spec = workspace.scenario()?;
    for at in 0..45 {
        spec["scenario_id"] = json!(format!("{}{at:03}", "s".repeat(125)));
        server.answer("scenario_define", &json!({"spec": spec}))?;
    }
    let (mut cursor, mut ids) = (Value::Null, Vec::new());
    loop {
        let arguments = if cursor.is_null() { json!({}) } else { json!({"cursor": cursor}) };
        let page = server.call("scenarios_list", &arguments)?;
        affordable("a page of scenarios", &page);
        ids.extend(page.structured["items"].as_array().unwrap().iter().map(|it| it["scenario_id"].to_string()));
        cursor = page.structured["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert!(ids.is_sorted() && ids.len() == 45, "{ids:?}");
    Ok(())
}

#[test]
fn what_providers_promise_is_affordable() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let config = fs::read_to_string(workspace.config()).map_err(Fault::io("read", workspace.config()))?;
    workspace.write_config(&format!("{config}\n[[providers]]\nname = \"env\"\nconfig = {{ allow = [\"CI\"] }}\n"))?;
    let mut server = Server::start(&workspace, Era::Legacy)?;
    let providers = server.call("providers_list", &json!({}))?;
    affordable("providers_list", &providers);
    for provider in providers.structured["providers"].as_array().unwrap() {
        let id = &provider["provider_id"];
        affordable("provider_contract_get", &server.call("provider_contract_get", &json!({"provider_id": id}))?);
        for check in provider["checks"].as_array().unwrap() {
            let asked = json!({"provider_id": id, "check_id": check});
            affordable("provider_check_schema_get", &server.call("provider_check_schema_get", &asked)?);
        }
    }
    Ok(())
}
