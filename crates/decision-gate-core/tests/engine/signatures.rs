//! A signature fits one question of one audience for some time, by a key that may sign it: one row for each thing that
//! can be otherwise.

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::{Answer, EvidenceAnchor, EvidenceSignature, EvidenceValue, Found, Query, Subject};
use decision_gate_core::name::{EnvironmentName, NamespaceId, RunId, TenantId};
use decision_gate_core::policy::Policy;
use decision_gate_core::trust::{
    Binding, EvidenceStatement, Lane, Occasion, Proof, Refusal, Scheme, StatementFault, Weighed, weigh, weigh_absence,
};
use serde_json::{Value, json};

use crate::signing::{bare, key, key_id, listed, signed, signed_policy, signed_with, with_attestation};
use crate::support::{EPOCH, merge, policy};

/// A question, an answer, and when and for whom it was asked.
#[derive(Clone)]
struct World {
    query: Query,
    answer: Answer,
    tenant: u64,
    namespace: u64,
    run: Option<RunId>,
    subject: Option<Subject>,
    environment: Option<EnvironmentName>,
    at: i64,
}

fn subject(byte: &str) -> Subject {
    serde_json::from_value(json!([{"digest": {"sha256": byte.repeat(32)}}])).unwrap()
}

fn anchor(path: &str) -> EvidenceAnchor {
    EvidenceAnchor { anchor_type: "file".into(), anchor_value: json!({"path": path}).to_string() }
}

fn world() -> World {
    let found = Found {
        content_type: Some("application/json".into()),
        anchor: Some(anchor("a.json")),
        ..Found::json(json!({"failed": 0}))
    };
    World {
        query: serde_json::from_value(json!({"provider_id": "p", "check_id": "any", "params": {"suite": "unit"}}))
            .unwrap(),
        answer: Answer::Found(Box::new(found)),
        tenant: 1,
        namespace: 1,
        run: Some("run-1".parse().unwrap()),
        subject: Some(subject("ab")),
        environment: Some("production".parse().unwrap()),
        at: EPOCH,
    }
}

impl World {
    fn occasion(&self) -> Occasion<'_> {
        Occasion {
            tenant: TenantId::new(self.tenant).unwrap(),
            namespace: NamespaceId::new(self.namespace).unwrap(),
            run: self.run.as_ref(),
            subject: self.subject.as_ref(),
            environment: self.environment.as_ref(),
            at: Timestamp::UnixMillis(self.at),
        }
    }

    fn signed(&self, binding: Binding) -> Self {
        Self { answer: signed(self.answer.clone(), &self.query, &self.occasion(), binding), ..self.clone() }
    }

    fn signed_as(&self, signer: &str, change: impl FnOnce(&mut EvidenceStatement)) -> Self {
        let answer = signed_with(self.answer.clone(), &self.query, &self.occasion(), Binding::Query, signer, change);
        Self { answer, ..self.clone() }
    }

    fn found(&mut self, change: impl FnOnce(&mut Found)) {
        let Answer::Found(found) = &mut self.answer else { panic!("it is found") };
        change(found);
    }

    fn with_signature(&self, signature: EvidenceSignature) -> Self {
        let mut world = self.clone();
        world.found(|found| found.signature = Some(signature));
        world
    }

    fn weigh(&self, policy: &Policy) -> Result<Weighed, Refusal> {
        let scale = policy.scale(&self.query, self.occasion()).unwrap();
        match &self.answer {
            Answer::Found(found) => weigh(found, &scale),
            Answer::Absent { anchor, lane_ceiling, attestation } => {
                weigh_absence(anchor.as_ref(), attestation.as_deref(), *lane_ceiling, &scale)
            }
            Answer::Fault(_) => panic!("a fault is not weighed"),
        }
    }

    fn code(&self, policy: &Policy) -> String {
        match self.weigh(policy) {
            Ok(weighed) => format!("{}: {}", weighed.lane, json!(weighed.proof)),
            Err(Refusal::Statement(fault)) => {
                let field = fault.field().map(|field| format!(" {field}")).unwrap_or_default();
                format!("{}{field}", fault.code())
            }
            Err(refusal) => refusal.code().to_owned(),
        }
    }
}

const QUERY: &str = r#"verified: {"checked":{"binding":"query","key_id":"ci","scheme":"dsse"}}"#;
const RUN: &str = r#"verified: {"checked":{"binding":"run","key_id":"ci","scheme":"dsse"}}"#;

type Change = fn(&mut World);

/// One thing of the question, the answer or the occasion is another than was signed; empty where that is no matter.
const OTHERS: &[(&str, Change, &str)] = &[
    ("nothing", |_| (), ""),
    ("another provider", |it| it.query.provider_id = "other".parse().unwrap(), "statement_mismatch provider_id"),
    ("another check", |it| it.query.check_id = "report".parse().unwrap(), "statement_mismatch check_id"),
    ("other parameters", |it| it.query.params = Some(json!({"suite": "e2e"})), "statement_mismatch params_hash"),
    ("no parameters", |it| it.query.params = None, "statement_mismatch params_hash"),
    ("another subject", |it| it.subject = Some(subject("cd")), "statement_mismatch subject"),
    ("a run without subject", |it| it.subject = None, "statement_mismatch subject"),
    (
        "another value",
        |it| it.found(|it| it.value = EvidenceValue::Json(json!({"failed": 1}))),
        "statement_mismatch value.evidence_hash",
    ),
    (
        "the same bytes as another kind of value",
        |it| it.found(|it| it.value = EvidenceValue::Bytes(br#"{"failed":0}"#.to_vec())),
        "statement_mismatch value.kind",
    ),
    (
        "another content type",
        |it| it.found(|it| it.content_type = Some("text/plain".into())),
        "statement_mismatch content_type",
    ),
    ("no content type", |it| it.found(|it| it.content_type = None), "statement_mismatch content_type"),
    ("another anchor", |it| it.found(|it| it.anchor = Some(anchor("b.json"))), "statement_mismatch evidence_anchor"),
    ("no anchor", |it| it.found(|it| it.anchor = None), "statement_mismatch evidence_anchor"),
    ("another environment", |it| it.environment = Some("staging".parse().unwrap()), "statement_mismatch environment"),
    ("no environment", |it| it.environment = None, "statement_mismatch environment"),
    ("another tenant", |it| it.tenant = 2, "statement_audience audience.tenant_id"),
    ("another namespace", |it| it.namespace = 2, "statement_audience audience.namespace_id"),
    ("the last moment", |it| it.at = EPOCH + 60_000, ""),
    ("after its window", |it| it.at = EPOCH + 60_001, "statement_expired"),
    ("within the skew before it", |it| it.at = EPOCH - 300_000, ""),
    ("before its window", |it| it.at = EPOCH - 300_001, "statement_not_yet_valid"),
    (
        "the absence of a value",
        |it| {
            let envelope = it.answer.attestation().map(str::to_owned);
            let Answer::Found(found) = &it.answer else { panic!("it is found") };
            it.answer = Answer::Absent { anchor: found.anchor.clone(), lane_ceiling: None, attestation: envelope };
        },
        "statement_mismatch value.kind",
    ),
];

#[test]
fn d04_a_signed_value_counts_for_nothing_else() {
    for binding in [Binding::Query, Binding::Run] {
        let policy = policy(&signed_policy(binding.word()));
        for (what, change, code) in OTHERS {
            let mut other = world().signed(binding);
            change(&mut other);
            let holds = if binding == Binding::Run { RUN } else { QUERY };
            let expected = if code.is_empty() { holds } else { code };
            assert_eq!(other.code(&policy), expected, "{what} under {}", binding.word());
        }
    }
}

#[test]
fn d04_a_statement_that_names_a_run_is_for_that_run() {
    let (query, run) = (policy(&signed_policy("query")), policy(&signed_policy("run")));
    let another = |it: &World| World { run: Some("run-2".parse().unwrap()), ..it.clone() };
    let none = |it: &World| World { run: None, ..it.clone() };
    // Bound to the question: any run may use it until it expires.
    let cached = world().signed(Binding::Query);
    assert_eq!((cached.code(&query).as_str(), another(&cached).code(&query).as_str()), (QUERY, QUERY));
    assert_eq!(cached.code(&run), "statement_audience audience.run_id");
    // Bound to the run: nobody else, whatever the policy asks for.
    let bound = world().signed(Binding::Run);
    for policy in [&query, &run] {
        assert_eq!(bound.code(policy), RUN);
        assert_eq!(another(&bound).code(policy), "statement_audience audience.run_id");
        assert_eq!(none(&bound).code(policy), "statement_audience audience.run_id");
    }
}

/// What is changed, how, and the code of the refusal.
type Row = (&'static str, fn(&mut EvidenceStatement), &'static str);

#[test]
fn a_statement_says_what_it_must_say() {
    let policy = policy(&signed_policy("query"));
    let rows: &[Row] = &[
        (
            "a nonce that nobody gave",
            |it| it.predicate.audience.nonce = Some("n".into()),
            "statement_audience audience.nonce",
        ),
        ("an empty nonce", |it| it.predicate.audience.nonce = Some(String::new()), "statement_invalid"),
        (
            "a window that ends before it begins",
            |it| it.predicate.expires_at = Timestamp::UnixMillis(EPOCH - 1),
            "statement_invalid",
        ),
        ("times of another kind", |it| it.predicate.expires_at = Timestamp::Logical(7), "statement_time_kind"),
    ];
    for (what, change, code) in rows {
        assert_eq!(world().signed_as("ci", change).code(&policy), *code, "{what}");
    }
    // Of a run that is about nothing, the question itself is the subject.
    let about_nothing = World { subject: None, ..world() }.signed(Binding::Query);
    assert_eq!(about_nothing.code(&policy), QUERY);
    assert_eq!(World { subject: Some(subject("ab")), ..about_nothing }.code(&policy), "statement_mismatch subject");
}

/// An envelope around any payload, signed by `ci`.
fn around(payload_type: &str, payload: &Value) -> String {
    let envelope =
        decision_gate_core::dsse::sign(payload_type, payload.to_string().as_bytes(), &key("ci"), Some(&key_id("ci")));
    String::from_utf8(envelope.as_bytes().to_vec()).unwrap()
}

#[test]
fn what_is_no_evidence_statement_is_refused() {
    let policy = policy(&signed_policy("query"));
    let good = world();
    let statement = {
        let Answer::Found(found) = &good.answer else { unreachable!() };
        let answer = Answer::Found(found.clone());
        let claim = crate::signing::claim(&answer).unwrap();
        let at = Timestamp::UnixMillis(EPOCH + 1);
        json!(EvidenceStatement::about(&good.query, claim, &good.occasion(), Binding::Query, at))
    };
    let code = |payload_type: &str, patch: &Value| {
        let mut payload = statement.clone();
        merge(&mut payload, patch);
        let answer = with_attestation(good.answer.clone(), Some(around(payload_type, &payload)));
        World { answer, ..good.clone() }.code(&policy)
    };
    let in_toto = "application/vnd.in-toto+json";
    assert_eq!(code(in_toto, &json!({})), QUERY);
    // In-toto: unknown members of the statement itself are ignored.
    assert_eq!(code(in_toto, &json!({"comment": 1})), QUERY);
    for (payload_type, patch, expected) in [
        ("text/plain", json!({}), "statement_type"),
        (in_toto, json!({"_type": "https://in-toto.io/Statement/v2"}), "statement_type"),
        (in_toto, json!({"predicateType": "https://slsa.dev/provenance/v1"}), "statement_type"),
        (in_toto, json!({"subject": []}), "statement_invalid"),
        (in_toto, json!({"subject": [{"digest": {"sha1": "ab"}}]}), "statement_invalid"),
        (in_toto, json!({"predicate": {"expires_at": null}}), "statement_invalid"),
        (in_toto, json!({"predicate": {"params_hash": null}}), "statement_invalid"),
        (in_toto, json!({"predicate": {"audience": null}}), "statement_invalid"),
        (in_toto, json!({"predicate": {"comment": 1}}), "statement_invalid"),
        (in_toto, json!({"predicate": {"audience": {"comment": 1}}}), "statement_invalid"),
    ] {
        assert_eq!(code(payload_type, &patch), expected, "{payload_type} {patch}");
    }
}

/// The patch with something else about the key `ci`.
fn with_key(rules: &Value) -> Policy {
    let mut patch = signed_policy("query");
    merge(&mut patch["keys"][0], rules);
    policy(&patch)
}

#[test]
fn every_reason_why_a_key_does_not_count_has_its_code() {
    let time = |offset: i64| json!(Timestamp::UnixMillis(EPOCH + offset));
    let revoked = |offset: i64| json!({"revoked": {"at": time(offset), "reason": "compromise"}});
    let signed = world().signed(Binding::Query);
    for (rules, code) in [
        (json!({}), QUERY),
        (json!({"not_before": time(0), "not_after": time(0)}), QUERY),
        (json!({"not_before": time(1)}), "key_not_yet_valid"),
        (json!({"not_after": time(-1)}), "key_expired"),
        (revoked(0), "key_revoked"),
        (revoked(1), QUERY),
        (json!({"providers": ["other"]}), "key_not_for_provider"),
        (json!({"providers": ["other", "p"]}), QUERY),
        (json!({"predicate_types": ["https://slsa.dev/provenance/v1"]}), "key_not_for_predicate"),
        (json!({"predicate_types": ["urn:decision-gate:evidence:v1"]}), QUERY),
        (json!({"not_before": {"kind": "logical", "value": 1}}), "key_window_unjudgeable"),
    ] {
        assert_eq!(signed.code(&with_key(&rules)), code, "{rules}");
    }
}

#[test]
fn p07_a_key_counts_only_where_policy_lists_it() {
    let mut patch = signed_policy("query");
    patch["keys"] = json!([listed("ci"), listed("dev")]);
    let known = policy(&patch);
    // A trusted key, and not one of this provider's.
    assert_eq!(world().signed_as("dev", |_| ()).code(&known), "key_not_for_provider");
    assert_eq!(world().signed_as("stranger", |_| ()).code(&known), "key_unknown");
    // The name is a hint: what counts is the key that the signature holds under.
    let mut renamed = world().signed(Binding::Query);
    renamed.found(|found| found.attestation = found.attestation.as_ref().map(|it| it.replace("\"ci\"", "\"dev\"")));
    assert_eq!(renamed.code(&known), QUERY);
    let mut posing = world().signed_as("stranger", |_| ());
    posing.found(|found| found.attestation = found.attestation.as_ref().map(|it| it.replace("\"stranger\"", "\"ci\"")));
    assert_eq!(posing.code(&known), "signature_invalid");
}

#[test]
fn what_comes_with_a_value_has_a_code_for_each_way_of_being_wrong() {
    let required = policy(&signed_policy("query"));
    let loose = policy(&signed_policy("value"));
    let Answer::Found(found) = world().answer else { unreachable!() };
    let signature = |change: fn(&mut EvidenceSignature)| {
        let mut signature = bare(&found, "ci");
        change(&mut signature);
        world().with_signature(signature)
    };
    assert_eq!(world().code(&required), "signature_missing");
    for (world, code) in [
        (signature(|it| it.scheme = "rot13".into()), "signature_scheme_unsupported"),
        (signature(|it| it.key_id = "stranger".into()), "key_unknown"),
        (signature(|it| it.key_id = "keys/../ci pub".into()), "key_unknown"),
        (signature(|it| it.signature.truncate(63)), "signature_encoding"),
        (signature(|it| it.signature[3] ^= 1), "signature_invalid"),
        (signature(|it| it.scheme = "dsse".into()), "signature_encoding"),
    ] {
        assert_eq!((world.code(&required), world.code(&loose)), (code.to_owned(), code.to_owned()));
    }
    // Over the value alone: fits any question, and is enough only where somebody wrote that down.
    let unbound = signature(|_| ());
    assert_eq!(unbound.code(&required), "signature_unbound");
    assert_eq!(unbound.code(&policy(&signed_policy("run"))), "signature_unbound");
    assert_eq!(unbound.code(&loose), r#"verified: {"checked":{"binding":"value","key_id":"ci","scheme":"ed25519"}}"#);
    let mut other = unbound.clone();
    other.found(|found| found.value = EvidenceValue::Json(json!({"failed": 1})));
    assert_eq!(other.code(&loose), "signature_invalid");
    let mut claimed = world().signed(Binding::Query);
    claimed.found(|found| found.claimed_hash = Some(decision_gate_core::digest::Digest::of(b"another")));
    assert_eq!(claimed.code(&required), "evidence_hash_mismatch");
    let envelope = |text: &str| World { answer: with_attestation(world().answer, Some(text.into())), ..world() };
    for (text, code) in [
        ("", "signature_encoding"),
        ("{}", "signature_encoding"),
        (r#"{"payloadType":"x","payload":"AA==","signatures":[]}"#, "signature_missing"),
        (r#"{"payloadType":"x","payload":"A","signatures":[{"sig":"AA=="}]}"#, "signature_encoding"),
        (r#"{"payloadType":"x","payload":"AA==","signatures":[{"keyid":"ci","sig":"AA=="}]}"#, "signature_encoding"),
    ] {
        assert_eq!(envelope(text).code(&required), code, "{text}");
    }
}

#[test]
fn audit_accepts_that_there_is_no_signature_and_nothing_else() {
    let audit = policy(&json!({"keys": [listed("ci")]}));
    let Answer::Found(found) = world().answer else { unreachable!() };
    assert_eq!(world().code(&audit), "verified: \"pulled\"");
    assert_eq!(world().signed(Binding::Query).code(&audit), QUERY);
    assert_eq!(world().signed_as("stranger", |_| ()).code(&audit), "key_unknown");
    let mut replayed = world().signed(Binding::Query);
    replayed.query.check_id = "report".parse().unwrap();
    assert_eq!(replayed.code(&audit), "statement_mismatch check_id");
    assert_eq!(
        world().with_signature(bare(&found, "ci")).code(&audit),
        r#"verified: {"checked":{"binding":"value","key_id":"ci","scheme":"ed25519"}}"#
    );
    let mut broken = bare(&found, "ci");
    broken.signature[0] ^= 1;
    // Also beside an envelope that holds.
    assert_eq!(world().signed(Binding::Query).with_signature(broken.clone()).code(&audit), "signature_invalid");
    assert_eq!(world().with_signature(broken).code(&audit), "signature_invalid");
}

#[test]
fn an_absence_needs_a_signature_as_a_value_does() {
    let absent = World {
        answer: Answer::Absent { anchor: Some(anchor("a.json")), lane_ceiling: None, attestation: None },
        ..world()
    };
    let required = policy(&signed_policy("query"));
    assert_eq!(absent.code(&required), "signature_missing");
    assert_eq!(absent.signed(Binding::Query).code(&required), QUERY);
    let mut elsewhere = absent.signed(Binding::Query);
    elsewhere.query.params = None;
    assert_eq!(elsewhere.code(&required), "statement_mismatch params_hash");
    assert_eq!(absent.code(&policy(&json!({}))), "verified: \"pulled\"");
}

#[test]
fn what_the_gate_computes_itself_needs_no_signature() {
    let trust = json!({"require_signature": {"keys": ["ci"], "binding": "run"}});
    let policy = policy(
        &json!({"keys": [listed("ci")], "providers": {"time": {"trust": trust, "unsigned_max_lane": "asserted"}}}),
    );
    let query: Query = serde_json::from_value(json!({"provider_id": "time", "check_id": "now"})).unwrap();
    let derived = World { query, answer: Answer::Found(Box::new(Found::json(json!(1)))), ..world() };
    assert_eq!(derived.code(&policy), "verified: \"derived\"");
}

#[test]
fn p08_the_cap_for_unsigned_evidence_is_lifted_by_a_bound_signature_only() {
    let capped = |trust: &Value| {
        let mut patch = json!({"keys": [listed("ci")], "providers": {"p": {"unsigned_max_lane": "asserted"}}});
        merge(&mut patch, trust);
        policy(&patch)
    };
    let audit = capped(&json!({}));
    let lane = |world: &World, policy: &Policy| world.weigh(policy).unwrap().lane;
    let Answer::Found(found) = world().answer else { unreachable!() };
    assert_eq!(lane(&world(), &audit), Lane::Asserted);
    assert_eq!(lane(&world().with_signature(bare(&found, "ci")), &audit), Lane::Asserted);
    assert_eq!(lane(&world().signed(Binding::Query), &audit), Lane::Verified);
    // Where the operator wrote that the value alone is enough, it is.
    let value = capped(&signed_policy("value"));
    assert_eq!(lane(&world().with_signature(bare(&found, "ci")), &value), Lane::Verified);
    // The signer can lower its answer too.
    let lowered = world().signed_as("ci", |it| it.predicate.lane_ceiling = Some(Lane::Asserted));
    assert_eq!(lane(&lowered, &audit), Lane::Asserted);
}

#[test]
fn a_result_shows_the_digest_of_the_envelope() {
    let world = world().signed(Binding::Query);
    let weighed = world.weigh(&policy(&signed_policy("query"))).unwrap();
    let shown = weighed.signature.unwrap();
    let envelope = world.answer.attestation().unwrap();
    assert_eq!((shown.scheme.as_str(), shown.key_id.as_str()), ("dsse", "ci"));
    assert_eq!(shown.signature, decision_gate_core::digest::Digest::of(envelope.as_bytes()).as_bytes());
    assert!(matches!(weighed.proof, Proof::Checked(checked) if checked.scheme == Scheme::Dsse));
    // And a result that comes with it is taken as well.
    let with_both = world.with_signature(shown);
    assert_eq!(with_both.code(&policy(&signed_policy("query"))), QUERY);
}

/// What came with an answer is not repeated by a refusal, so that a provider can't show a value through one.
#[test]
fn d22_a_refusal_repeats_nothing_that_came_with_the_answer() {
    const SECRET: &str = "s3cr3t";
    let policy = policy(&signed_policy("query"));
    let Answer::Found(found) = world().answer else { unreachable!() };
    let signature = |scheme: &str, key_id: &str| {
        world().with_signature(EvidenceSignature { scheme: scheme.into(), key_id: key_id.into(), ..bare(&found, "ci") })
    };
    let envelope = |text: String| World { answer: with_attestation(world().answer, Some(text)), ..world() };
    let type_of = "application/vnd.in-toto+json";
    for world in [
        signature(SECRET, "ci"),
        signature("ed25519", SECRET),
        world().signed_as(SECRET, |_| ()),
        envelope(SECRET.into()),
        envelope(format!("{{\"{SECRET}\":1,\"{SECRET}\":2}}")),
        envelope(around(SECRET, &json!({}))),
        envelope(around(type_of, &json!({"_type": SECRET}))),
        envelope(around(
            type_of,
            &json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": SECRET, "subject": [{"digest": {"sha256": "ab".repeat(32)}}], "predicate": {SECRET: SECRET}}),
        )),
        world().signed_as("ci", |it| it.predicate.content_type = Some(SECRET.into())),
    ] {
        let refusal = world.weigh(&policy).unwrap_err();
        let error = json!(refusal.to_error()).to_string() + refusal.hint();
        assert!(!error.contains(SECRET), "{error}");
        // Nor a hash, which is as good as a short value.
        assert!(!error.contains(&found.value.digest().to_hex()), "{error}");
    }
    assert_eq!(StatementFault::Form.code(), "statement_invalid");
}
