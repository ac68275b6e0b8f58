//! The examples of `docs/spec/`: what the pages say that they hash to, they do, from the written scenario to the root.

use std::fs;

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::RunState;
use decision_gate_core::json::{Limits, canonical, parse_exact};
use decision_gate_core::ledger::{Commitment, Event, Salt, StreamHead, read_checkpoint, root_of, verify_inclusion};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::Scenario;
use decision_gate_tests::project_root;
use serde_json::Value;

fn page(name: &str) -> String {
    fs::read_to_string(project_root().join("docs/spec").join(name)).unwrap()
}

/// The block of a page that begins with this line.
fn block<'a>(page: &'a str, fence: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{fence}\n")).unwrap_or_else(|| panic!("no block `{fence}`"));
    rest.split_once("```").unwrap().0
}

fn example(page: &str, fence: &str) -> Value {
    parse_exact(block(page, fence).as_bytes(), &Limits::message(1 << 20)).unwrap()
}

fn scenario() -> Scenario {
    let spec = Scenario::read(&example(&page("scenario.md"), "json scenario")).unwrap();
    Scenario::check(spec).unwrap()
}

fn policy() -> Policy {
    let bytes = canonical::to_vec(&example(&page("policy.md"), "json policy"));
    let policy = Policy::read(&bytes).unwrap();
    assert_eq!(policy.to_bytes(), bytes, "the example has every field, and no other");
    policy
}

#[test]
fn the_written_scenario_is_the_expanded_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.yaml");
    let text = page("scenario.md");
    fs::write(&file, block(&text, "yaml scenario")).unwrap();
    let document = decision_gate_config::document(&file).unwrap();
    let written = Scenario::check(Scenario::read(document.value()).unwrap()).unwrap();
    let scenario = scenario();
    assert_eq!(written.spec(), scenario.spec());
    assert_eq!(scenario.to_bytes(), canonical::to_vec(&example(&text, "json scenario")), "it is expanded");
    assert!(text.contains(&scenario.hash().to_hex()));
}

#[test]
fn the_policy_has_the_digest_that_its_page_says() {
    assert!(page("policy.md").contains(&policy().digest().to_hex()));
}

#[test]
fn the_events_fold_and_hash_as_their_page_says() {
    let text = page("events.md");
    let rows = example(&text, "json events");
    let events: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| Event::read(&canonical::to_vec(row)).unwrap()).collect();
    let mut state: Option<RunState> = None;
    for event in &events {
        let next = RunState::apply(state.as_ref(), event).unwrap();
        assert_eq!(event.state_digest, Some(next.digest()));
        assert_eq!(event.policy_digest, policy().digest());
        assert!(text.contains(&event.leaf_hash().to_hex()));
        state = Some(next);
    }
    let state = state.unwrap();
    assert_eq!(state.spec_hash, scenario().hash());
    assert!(state.is_allowed());
    assert!(text.contains(&root_of(events.iter().map(Event::leaf_hash)).to_hex()));
}

#[test]
fn the_value_is_what_its_event_commits_to() {
    let text = page("events.md");
    let (value, events) = (example(&text, "json value"), example(&text, "json events"));
    let salt = Salt::try_from(value["salt"].as_str().unwrap().to_owned()).unwrap();
    let commitment: Digest = Commitment::to(&salt, &canonical::to_vec(&value["value"])).digest();
    let entries = events[1]["body"]["evidence"].as_array().unwrap();
    let slot = value["slot"].as_str().unwrap();
    let entry = entries.iter().find(|it| slot == format!("evidence:{}", it["condition_id"].as_str().unwrap())).unwrap();
    assert_eq!(entry["answer"]["value"], commitment.to_hex());
}

/// The pieces of one pack: the event commits to the value, and the proof leads from the run's head to the checkpoint.
#[test]
fn the_pieces_of_a_pack_belong_together() {
    let text = page("runpack.md");
    let event = Event::from_value(example(&text, "json event")).unwrap();
    let value = example(&text, "json value");
    let salt = Salt::try_from(value["salt"].as_str().unwrap().to_owned()).unwrap();
    let commitment = Commitment::to(&salt, &canonical::to_vec(&value["value"])).digest();
    let body = example(&text, "json event");
    assert_eq!(body.pointer("/body/evidence/0/answer/value"), Some(&Value::from(commitment.to_hex())));

    let proofs = example(&text, "json proofs");
    let (_, checkpoint) = read_checkpoint(block(&text, "text checkpoint").as_bytes()).unwrap();
    let (root, size) = (Digest::from_hex(proofs["root"]["value"].as_str().unwrap()).unwrap(), proofs["size"].as_u64());
    let head = StreamHead {
        tenant: event.tenant,
        namespace: event.namespace,
        run: event.run.clone(),
        size: size.unwrap(),
        root,
    };
    let inclusion = &proofs["checkpoint"];
    let hashes = inclusion["inclusion"].as_array().unwrap().iter();
    let path: Vec<_> = hashes.map(|it| Digest::from_hex(it["value"].as_str().unwrap()).unwrap()).collect();
    let index = inclusion["index"].as_u64().unwrap();
    assert_eq!(verify_inclusion(index, checkpoint.size, &head.leaf_hash(), &path, &checkpoint.root), Ok(()));
}
