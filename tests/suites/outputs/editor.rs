//! A session as an editor's assistant holds it: the law open beside the code, values from the last test run, an answer on
//! every save. Nothing is recorded, nothing is allowed, and what the answer says to change is what helps.

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Server, Workspace};
use serde_json::{Map, Value, json};

/// What a precheck of these values says.
fn saved(server: &mut Server, spec: &Value, values: &Map<String, Value>) -> Result<Value, Fault> {
    server.answer("precheck", &json!({"spec": spec, "payload": values}))
}

/// The values after the changes that were named.
fn followed(answer: &Value, values: &mut Map<String, Value>) {
    for change in answer.pointer("/explanation/next_actions/changes").and_then(Value::as_array).unwrap() {
        let id = change["condition_id"].as_str().unwrap().to_owned();
        values.insert(id, change["value"].clone());
    }
}

#[test]
fn an_editor_is_told_what_to_change_until_it_would_pass() -> Result<(), Fault> {
    for era in Era::ALL {
        let workspace = Workspace::new()?;
        let mut server = Server::start(&workspace, era)?;
        let spec = workspace.scenario()?;
        // Nothing was run yet: both values are to be supplied.
        let mut values = Map::new();
        let nothing = saved(&mut server, &spec, &values)?;
        assert_eq!(
            nothing.pointer("/explanation/next_actions/changes").and_then(Value::as_array).map(Vec::len),
            Some(2)
        );
        assert_eq!(nothing.pointer("/explanation/evidence/0/step"), Some(&json!("answer")), "{nothing}");
        // The tests ran, and one failed.
        values.insert("no_test_failed".to_owned(), json!(1));
        values.insert("covered".to_owned(), json!(81));
        let failing = saved(&mut server, &spec, &values)?;
        let changes = failing.pointer("/explanation/next_actions/changes").unwrap();
        assert_eq!(changes.as_array().map(Vec::len), Some(1), "{failing}");
        assert_eq!(
            (&changes[0]["condition_id"], &changes[0]["action"]),
            (&json!("no_test_failed"), &json!("change_value"))
        );
        assert_eq!(failing.pointer("/explanation/next_actions/smallest"), Some(&json!("proved")));
        // Whoever follows what is said would pass, were the values verified; they are not, so nothing is allowed.
        followed(&failing, &mut values);
        let mended = saved(&mut server, &spec, &values)?;
        assert_eq!(mended.pointer("/if_verified/decision/kind"), Some(&json!("complete")), "{mended}");
        assert_eq!(mended.pointer("/decision/kind"), Some(&json!("hold")), "{mended}");
        assert!(mended.get("explanation").is_none(), "{mended}");
        // A mistake in the law is told with its place, and the session goes on.
        let mut broken = spec.clone();
        broken["conditions"][0]["comparator"] = json!("equal");
        let refused = server.call("precheck", &json!({"spec": broken, "payload": values}))?;
        assert!(refused.is_error && refused.text.contains("equals"), "{}", refused.text);
        assert_eq!(saved(&mut server, &spec, &values)?, mended);
        // Nothing of all this is in a ledger.
        assert!(!workspace.ledger().exists(), "a precheck leaves no trace");
    }
    Ok(())
}
