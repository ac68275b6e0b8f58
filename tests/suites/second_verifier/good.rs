//! Packs in which nothing is wrong: every comparator, every edge, every way in which evidence comes.

use std::ops::Range;

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::ALL;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::TriggerKind;
use decision_gate_core::evidence::{Answer, EvidenceSignature, EvidenceValue, Found};
use decision_gate_core::json::canonical;
use decision_gate_core::keys::SigningKey;
use decision_gate_core::ledger::{
    Checkpoint, KeyUse, NoteSignature, StreamHead, VerifierKey, inclusion_ranges, read_checkpoint, root_of,
};
use decision_gate_core::runpack::{Anchor, Profile};
use decision_gate_core::scenario::Origin;
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_core::trust::Binding;
use serde_json::{Value, json};

use crate::both::Good;
use crate::runs::{Files, NOW, Run, condition, fault, file, found, gated, policy, provider_key, ring, trusted};

fn good(name: &str, files: Files) -> Good {
    Good { name: name.to_owned(), files, keys: ring(), checkpoint_keys: Vec::new() }
}

/// One condition, one step, the end.
fn one_step(answer: Answer) -> Run {
    let spec = gated(&json!({"Condition": "c"}), &[condition("c", "json", "equals", &json!(0))]);
    let mut run = Run::start(&spec, policy(&[]));
    run.next(&[("c", answer)]);
    run
}

/// The origin of the log that the anchored packs are in.
pub(crate) const ORIGIN: &str = "gate.example/ledger/1/1";

/// The key of a log of this name.
pub(crate) fn log_key(origin: &str, seed: u8) -> String {
    VerifierKey::new(origin, KeyUse::Plain, SigningKey::from_seed(&[seed; 32]).public()).unwrap().to_string()
}

/// A place of a run in a log of seven heads, under a checkpoint by a key.
pub(crate) fn place(head: &StreamHead, index: usize, origin: &str, seed: u8) -> Anchor {
    let other = |run: usize| StreamHead { run: Some(format!("other-{run}").parse().unwrap()), ..head.clone() };
    let leaves: Vec<Digest> =
        (0..7).map(|it| if it == index { head.leaf_hash() } else { other(it).leaf_hash() }).collect();
    let ranges = inclusion_ranges(u64::try_from(index).unwrap(), 7).unwrap();
    let within = |range: &Range<u64>| {
        let (from, to) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
        root_of(leaves[from..to].iter().copied())
    };
    let checkpoint = Checkpoint { origin: origin.into(), size: 7, root: root_of(leaves.iter().copied()) };
    let note = checkpoint.sign(&SigningKey::from_seed(&[seed; 32])).unwrap().to_text().into_bytes();
    Anchor { note, index: u64::try_from(index).unwrap(), inclusion: ranges.iter().map(within).collect() }
}

fn anchored(name: &str, run: &Run, anchor: Anchor) -> Good {
    let files = run.anchored(Profile::Audit, Some(anchor));
    Good { checkpoint_keys: vec![log_key("other.example/1/1", 3), log_key(ORIGIN, 1)], ..good(name, files) }
}

/// Packs of runs that have ended, at every place of a log, and one whose checkpoint a witness cosigned as well.
pub(crate) fn in_a_log() -> Vec<Good> {
    let run = one_step(file(json!(0)));
    let head = run.head();
    let mut all: Vec<_> =
        (0..7).map(|index| anchored(&format!("at {index}"), &run, place(&head, index, ORIGIN, 1))).collect();
    let mut cosigned = place(&head, 4, ORIGIN, 1);
    let (mut note, _) = read_checkpoint(&cosigned.note).unwrap();
    let witness = SigningKey::from_seed(&[5; 32]);
    let line = NoteSignature::cosign(note.claimed_text(), "witness.example", &witness, 1_800_000_000).unwrap();
    note.add([line]);
    cosigned.note = note.to_text().into_bytes();
    let unknown = anchored("cosigned by somebody", &run, cosigned);
    let key = VerifierKey::new("witness.example", KeyUse::Cosignature, witness.public()).unwrap().to_string();
    let mut known = unknown.clone();
    known.name = "cosigned by a witness".into();
    known.checkpoint_keys.push(key);
    all.extend([unknown, known]);
    all
}

/// Packs whose anchor shows nothing: of a run that goes on, under no checkpoint, by another log or key, of another run.
pub(crate) fn not_in_the_log() -> Vec<Good> {
    let run = one_step(file(json!(0)));
    let going_on = one_step(file(json!(1)));
    let other = going_on.head();
    let mut moved = place(&run.head(), 2, ORIGIN, 1);
    moved.index = 3;
    let mut short = place(&run.head(), 2, ORIGIN, 1);
    short.inclusion.pop();
    let mut long = place(&run.head(), 2, ORIGIN, 1);
    long.inclusion.push(Digest::of(b"more"));
    let without = Good { checkpoint_keys: vec![log_key(ORIGIN, 1)], ..good("no checkpoint", run.pack(Profile::Audit)) };
    vec![
        anchored("it goes on", &going_on, place(&other, 2, ORIGIN, 1)),
        anchored("another run's proof", &run, place(&other, 2, ORIGIN, 1)),
        anchored("another place", &run, moved),
        anchored("a short proof", &run, short),
        anchored("a long proof", &run, long),
        anchored("another key", &run, place(&run.head(), 2, ORIGIN, 2)),
        anchored("another namespace's log", &run, place(&run.head(), 2, "gate.example/ledger/1/2", 1)),
        anchored("another operator's log", &run, place(&run.head(), 2, "else.example/1/1", 1)),
        anchored("a key of another log", &run, place(&run.head(), 2, "gate.example/1/1", 3)),
        without,
    ]
}

/// One condition, one step, the end.
pub(crate) fn small() -> Good {
    good("small", one_step(file(json!(0))).pack(Profile::Audit))
}

/// A hold, a submission, an advance with a packet, a time limit that goes on with a flag.
fn release() -> Value {
    let mut spec = gated(
        &json!({"And": [{"Condition": "no-failures"}, {"Condition": "not-early"}]}),
        &[
            condition("no-failures", "json", "equals", &json!(0)),
            condition("approval", "env", "equals", &json!("yes")),
            condition("override", "env", "exists", &Value::Null),
            json!({"condition_id": "not-early", "comparator": "equals", "expected": true, "query": {
                "provider_id": "time", "check_id": "after", "params": {"timestamp": "2023-11-14T22:13:19.999+00:00"}}}),
        ],
    );
    let packet = json!({"packet_id": "checklist", "schema_id": "checklist-1", "content_type": "application/json",
        "visibility_labels": ["team"], "payload": {"kind": "json", "value": {"steps": ["tag", "push"]}}});
    spec["stages"].as_array_mut().unwrap().push(json!({
        "stage_id": "ship", "entry_packets": [packet], "timeout": {"timeout_ms": 60_000}, "on_timeout": "advance_with_flag",
        "gates": [{"gate_id": "approved", "requirement": {"Or": ["approval", {"Not": "override"}]}}]
    }));
    spec
}

fn long(profile: Profile, policies: &[(&str, Value)]) -> Files {
    let mut run = Run::start(&release(), policy(policies));
    run.next(&[("no-failures", fault("file_missing"))]);
    run.submit(&PacketPayload::Json { value: json!({"text": "two flaky tests"}) });
    run.submit(&PacketPayload::Bytes { bytes: vec![0, 255] });
    run.under(policy(&[("/trust_requirement", json!("asserted"))]));
    let payload = Some(json!({"commit": "c0ffee", "share": 0.25, "tiny": 1e-9}));
    run.step(TriggerKind::ExternalEvent, 1_000, payload, &[("no-failures", file(json!(0)))]);
    run.next(&[("approval", found(json!("no"))), ("override", found(json!("set")))]);
    run.step(TriggerKind::Tick, 59_000, None, &[("approval", found(json!("yes"))), ("override", Answer::absent())]);
    run.pack(profile)
}

/// A run that holds a hundred times.
pub(crate) fn large() -> Good {
    let mut run = Run::start(&release(), policy(&[]));
    for number in 1..=100 {
        run.next(&[("no-failures", file(json!({"failed": number, "name": "ünï \u{1F600} \u{1}"})))]);
    }
    run.next(&[("no-failures", file(json!(0)))]);
    good("large", run.pack(Profile::Audit))
}

/// What comparators are tried on: what was seen, and what is expected.
fn pairs() -> Vec<(Value, Value)> {
    let texts = [
        ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.50Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("0000-02-29T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
        ("2024-1-5", "2024-01-06"),
        ("2024-02-30", "2024-03-01"),
        ("2024-01-05", "2024-01-06T00:00:00Z"),
        ("b\u{FFFF}", "b\u{10000}"),
        ("abc", "b"),
    ];
    let mut pairs: Vec<_> = texts.iter().map(|(seen, expected)| (json!(seen), json!(expected))).collect();
    let values = [
        (json!(1), json!(1.0)),
        (json!(2.5), json!(2)),
        (json!(-1e-7), json!(0)),
        (json!(1e21), json!(1e22)),
        (json!("2"), json!(1)),
        (Value::Null, Value::Null),
        (json!(true), json!(1)),
        (json!([1.0, 2, {"a": null}]), json!([{"a": null}, 1])),
        (json!([1]), json!([])),
        (json!("x"), json!(["y", "x"])),
        (json!(1), json!([[1], 1.0])),
        (json!({"a": [1], "b": 2}), json!({"b": 2.0, "a": [1]})),
        (json!(["a"]), json!("a")),
        (json!([]), json!([])),
        (json!("🦀"), json!("🦀")),
    ];
    pairs.extend(values);
    pairs
}

/// Every comparator on every pair, absence and bytes.
fn comparators() -> Files {
    let mut conditions = Vec::new();
    let mut answers = Vec::new();
    for comparator in ALL {
        for (number, (seen, expected)) in pairs().iter().enumerate() {
            let id = format!("{comparator}-{number}");
            conditions.push(condition(&id, "env", comparator.word(), expected));
            answers.push((id, found(seen.clone())));
        }
        let bytes =
            Answer::Found(Box::new(Found { value: EvidenceValue::Bytes(vec![1, 2]), ..Found::json(Value::Null) }));
        for (id, expected, answer) in [
            ("none", json!(1), Answer::absent()),
            ("octets", json!([1, 2]), bytes.clone()),
            ("no-octets", json!([1, 256]), bytes),
        ] {
            let id = format!("{comparator}-{id}");
            conditions.push(condition(&id, "env", comparator.word(), &expected));
            answers.push((id, answer));
        }
    }
    let all: Vec<_> = conditions.iter().map(|it| it["condition_id"].clone()).collect();
    let none: Vec<_> = all.iter().map(|it| json!({"Not": it})).collect();
    let some = json!({"RequireGroup": {"min": 40, "reqs": all}});
    let mut run = Run::start(&gated(&json!({"And": [some, {"Or": none}]}), &conditions), policy(&[]));
    let answers: Vec<_> = answers.iter().map(|(id, answer)| (id.as_str(), answer.clone())).collect();
    run.next(&answers);
    run.pack(Profile::Audit)
}

/// A stage with branches on what a gate is.
fn branches(answer: Option<Answer>, default: &Value) -> Files {
    let mut spec = gated(&json!("c"), &[condition("c", "env", "equals", &json!(1))]);
    let to = |outcome: &str, stage: &str| json!({"gate_id": "g", "outcome": outcome, "next_stage_id": stage});
    spec["stages"][0]["advance_to"] =
        json!({"kind": "branch", "branches": [to("false", "bad"), to("unknown", "unsure")], "default": default});
    for stage in ["bad", "unsure", "fine"] {
        spec["stages"].as_array_mut().unwrap().push(
            json!({"stage_id": stage, "ungated": true, "advance_to": if stage == "bad" { "linear" } else { "terminal" }}),
        );
    }
    let mut run = Run::start_at(&spec, policy(&[]), Timestamp::UnixMillis(NOW), Origin::Draft);
    let answers: Vec<_> = answer.into_iter().map(|it| ("c", it)).collect();
    run.next(&answers);
    if run.state().stage_id.as_str() != "only" {
        run.next(&[]);
    }
    run.pack(Profile::Audit)
}

/// What happens when time runs out.
fn late(on_timeout: &str, advance_to: &Value) -> Files {
    let mut spec = gated(&json!("c"), &[condition("c", "env", "equals", &json!(1))]);
    spec["stages"][0]["timeout"] = json!({"timeout_ms": 5});
    spec["stages"][0]["on_timeout"] = json!(on_timeout);
    spec["stages"][0]["advance_to"] = advance_to.clone();
    spec["stages"].as_array_mut().unwrap().push(json!({"stage_id": "after", "ungated": true}));
    let mut run = Run::start_at(&spec, policy(&[]), Timestamp::Logical(7), Origin::Pinned);
    run.step(TriggerKind::Tick, 4, None, &[("c", found(json!(2)))]);
    run.step(TriggerKind::AgentRequestNext, 1, None, &[("c", found(json!(2)))]);
    run.step(TriggerKind::Tick, 0, None, &[("c", found(json!(2)))]);
    run.pack(Profile::Audit)
}

/// Signed evidence: by statement and over the hash alone, as it must be and as it must not.
fn signed(binding: &str) -> Files {
    let ids = ["good", "other", "late", "bare", "bad", "plain", "gone", "odd"];
    let conditions: Vec<_> = ids.iter().map(|id| condition(id, "env", "equals", &json!("yes"))).collect();
    let requires = json!({"require_signature": {"keys": ["ci"], "binding": binding}});
    let keys = json!([trusted("ci", &provider_key())]);
    let mut run = Run::start(
        &gated(&json!({"Or": ids}), &conditions),
        policy(&[("/keys", keys), ("/providers/env/trust", requires)]),
    );
    let yes = json!("yes");
    let hash = canonical::of(&Digest::of(br#""yes""#)).unwrap();
    let bare = |signature: Vec<u8>, scheme: &str| {
        let signature = EvidenceSignature { scheme: scheme.into(), key_id: "ci".into(), signature };
        Answer::Found(Box::new(Found { signature: Some(signature), ..Found::json(json!("yes")) }))
    };
    let mut wrong = provider_key().sign(&hash);
    wrong[40] ^= 1;
    let answers = [
        ("good", run.signed("good", &yes, Binding::Run, |_| {})),
        ("other", run.signed("good", &yes, Binding::Query, |_| {})),
        ("late", run.signed("late", &yes, Binding::Query, |it| it.predicate.expires_at = it.predicate.observed_at)),
        ("bare", bare(provider_key().sign(&hash), "ed25519")),
        ("bad", bare(wrong, "ed25519")),
        ("plain", found(yes.clone())),
        ("gone", Answer::absent()),
        ("odd", bare(vec![1; 32], "dsse")),
    ];
    run.next(&answers);
    run.pack(Profile::Audit)
}

/// Lanes, anchors, limits, schemas and values that tell nothing.
fn doubtful() -> Files {
    let ids = ["low", "lower", "anchored", "loose", "typed", "claimed", "missing"];
    let mut conditions: Vec<_> = ids.iter().map(|id| condition(id, "json", "not_equals", &json!("no"))).collect();
    conditions[0]["query"]["provider_id"] = json!("env");
    conditions[1]["query"]["provider_id"] = json!("env");
    conditions[1]["trust"] = json!({"min_lane": "verified"});
    conditions[4]["query"]["check_id"] = json!("text");
    conditions[6]["query"]["check_id"] = json!("nowhere");
    let mut spec = gated(&json!({"RequireGroup": {"min": 2, "reqs": ids}}), &conditions);
    let stricter = json!({"gate_id": "h", "requirement": {"Not": {"And": ids}}, "trust": {"min_lane": "verified"}});
    spec["stages"][0]["gates"].as_array_mut().unwrap().push(stricter);
    let patches = [("/trust_requirement", json!("asserted")), ("/providers/env/max_lane", json!("asserted"))];
    let mut run = Run::start(&spec, policy(&patches));
    let claimed = Found { claimed_hash: Some(Digest::of(b"other")), ..Found::json(json!(1)) };
    let answers = [
        ("low", found(json!(1))),
        ("lower", found(json!("no"))),
        ("anchored", file(json!("yes"))),
        ("loose", found(json!("yes"))),
        ("typed", file(json!(3))),
        (
            "claimed",
            match file(json!(1)) {
                Answer::Found(file) => Answer::Found(Box::new(Found { claimed_hash: claimed.claimed_hash, ..*file })),
                other => other,
            },
        ),
        ("missing", file(json!(1))),
    ];
    run.next(&answers);
    run.pack(Profile::Audit)
}

/// What `time` answers, with the run counting in logical time.
fn counting() -> Files {
    let ask = |id: &str, check: &str, params: Value| {
        json!({"condition_id": id, "comparator": "exists", "expected": null, "query": {
            "provider_id": "time", "check_id": check, "params": params}})
    };
    let conditions = [
        ask("now", "now", json!({})),
        ask("after", "after", json!({"timestamp": 3})),
        ask("before", "before", json!({"timestamp": -3})),
        ask("text", "before", json!({"timestamp": "2026-01-01T00:00:00Z"})),
        ask("none", "after", json!({})),
    ];
    let names = ["now", "after", "before", "text", "none"];
    let mut run =
        Run::start_at(&gated(&json!({"And": names}), &conditions), policy(&[]), Timestamp::Logical(0), Origin::Pinned);
    run.step(TriggerKind::BackendEvent, 3, None, &[]);
    run.under(policy(&[("/time/allow_logical", json!(false)), ("/time/source", json!("caller"))]));
    run.step(TriggerKind::BackendEvent, 0, None, &[]);
    run.pack(Profile::Audit)
}

/// All of them.
pub(crate) fn all() -> Vec<Good> {
    let to = |stage: &Value| json!({"kind": "branch", "branches": [{"gate_id": "g", "outcome": "unknown", "next_stage_id": "after"}], "default": stage});
    vec![
        small(),
        good("long", long(Profile::Audit, &[])),
        good("no packets", long(Profile::Audit, &[("/packets", json!({"engine": "deny_all"}))])),
        good("comparators", comparators()),
        good("branch on false", branches(Some(found(json!(2))), &Value::Null)),
        good("branch on unknown", branches(None, &json!("fine"))),
        good("default branch", branches(Some(found(json!(1))), &json!("fine"))),
        good("no branch", branches(Some(found(json!(1))), &Value::Null)),
        good("late and failed", late("fail", &json!("linear"))),
        good("late and flagged", late("advance_with_flag", &json!("linear"))),
        good("late to the end", late("advance_with_flag", &json!("terminal"))),
        good("late by another branch", late("alternate_branch", &to(&Value::Null))),
        good("late and nowhere to go", late("advance_with_flag", &to(&Value::Null))),
        good("signed for the run", signed("run")),
        good("signed for the query", signed("query")),
        good("signed values", signed("value")),
        good("doubtful", doubtful()),
        good("counting", counting()),
    ]
}

/// Packs that hold together and do not reach `signed`.
pub(crate) fn short() -> Vec<Good> {
    let raw = [("/evidence/allow_raw_values", json!(true)), ("/providers/json/allow_raw", json!(true))];
    let unsigned = |mut pack: Good| {
        pack.files.remove("manifest.sig");
        pack
    };
    let keyless = Good { keys: json!([trusted("other", &provider_key())]), ..small() };
    vec![
        good("disclosed", long(Profile::Disclosed, &[])),
        good("disclosed in part", long(Profile::Disclosed, &raw)),
        unsigned(small()),
        Good { name: "by a stranger".into(), ..keyless },
    ]
}
