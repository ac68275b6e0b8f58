//! What holds for every scenario whose evidence must be signed, and for everything that can come with an answer.

use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::Envelope;
use decision_gate_core::engine::TriggerKind;
use decision_gate_core::evidence::{Answer, EvidenceSignature, Found, Query};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::trust::{Binding, Lane, Occasion, Proof, weigh};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::laws::shuffled;
use crate::signing::{bare, key, key_id, listed, signed, signed_policy, signed_with, with_attestation};
use crate::support::{EPOCH, Run, Setup, merge, ms, policy, salted};
use crate::worlds::{CONDITIONS, World, branching_worlds, condition};

/// What happens to the envelope of one answer.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Nothing,
    Removed,
    /// One byte is another.
    Corrupted(usize, u8),
    /// It is that of another condition.
    Taken(usize),
    /// Signed again by somebody else.
    Stranger,
}

fn harms() -> impl Strategy<Value = Vec<Harm>> {
    let harm = prop_oneof![
        2 => Just(Harm::Nothing),
        1 => Just(Harm::Removed),
        3 => (any::<usize>(), 1..128_u8).prop_map(|(at, change)| Harm::Corrupted(at, change)),
        2 => (0..CONDITIONS).prop_map(Harm::Taken),
        1 => Just(Harm::Stranger),
    ];
    prop::collection::vec(harm, CONDITIONS)
}

fn query(index: usize) -> Query {
    serde_json::from_value(json!({"provider_id": "p", "check_id": "any", "params": {"n": index}})).unwrap()
}

/// The world with a question of its own for each condition.
fn distinct(mut world: World) -> World {
    for (index, condition) in world.spec["conditions"].as_array_mut().unwrap().iter_mut().enumerate() {
        condition["query"] = json!(query(index));
    }
    world
}

fn occasion(run: &RunId) -> Occasion<'_> {
    Occasion {
        tenant: TenantId::FIRST,
        namespace: NamespaceId::FIRST,
        run: Some(run),
        subject: None,
        environment: None,
        at: ms(1),
    }
}

fn sign_all(world: &World, binding: Binding) -> World {
    let run: RunId = "run-1".parse().unwrap();
    let sign = |(index, answer): (usize, &Option<Answer>)| {
        Some(signed(answer.clone()?, &query(index), &occasion(&run), binding))
    };
    World { answers: world.answers.iter().enumerate().map(sign).collect(), ..world.clone() }
}

fn harmed(world: &World, harms: &[Harm]) -> World {
    let run: RunId = "run-1".parse().unwrap();
    let envelope = |index: usize| world.answers[index].as_ref().and_then(Answer::attestation).map(str::to_owned);
    let harm = |(index, answer): (usize, &Option<Answer>)| {
        let answer = answer.clone()?;
        let instead = match harms[index] {
            Harm::Nothing => return Some(answer),
            Harm::Removed => None,
            Harm::Taken(other) => envelope(other),
            Harm::Corrupted(at, change) => envelope(index).map(|text| {
                let mut bytes = text.into_bytes();
                let at = at % bytes.len();
                bytes[at] = (bytes[at] ^ change) & 0x7f;
                String::from_utf8(bytes).unwrap()
            }),
            Harm::Stranger => {
                return Some(signed_with(answer, &query(index), &occasion(&run), Binding::Run, "stranger", |_| ()));
            }
        };
        Some(with_attestation(answer, instead))
    };
    World { answers: world.answers.iter().enumerate().map(harm).collect(), ..world.clone() }
}

/// The same envelopes with signatures of others beside the right one, in an order that the seed says.
fn crowded(world: &World, seed: u64) -> World {
    let crowd = |answer: &Option<Answer>| {
        let answer = answer.clone()?;
        let text = answer.attestation().map(|text| {
            let sign = |it: Envelope, who: &&str| it.countersigned(&key(who), Some(&key_id(who)));
            let envelope = ["stranger", "nobody"].iter().fold(Envelope::parse(text.as_bytes()).unwrap(), sign);
            let mut envelope: Value = serde_json::from_slice(envelope.as_bytes()).unwrap();
            let signatures = envelope["signatures"].as_array().unwrap().clone();
            envelope["signatures"] = shuffled(&signatures, seed).into();
            envelope.to_string()
        });
        Some(with_attestation(answer, text))
    };
    World { answers: world.answers.iter().map(crowd).collect(), ..world.clone() }
}

/// What the first step comes to: gates and outcome.
fn first_step(world: &World, patch: &Value, seed: u64) -> (Value, Value) {
    let run = Run::start(world.scenario(), policy(patch), &Setup::default());
    let trigger = crate::support::trigger("t", TriggerKind::AgentRequestNext, None);
    let decided = run.decide(&trigger, &shuffled(&salted(&world.named()), seed), ms(1)).unwrap();
    let mut event = decided.event.to_value();
    (event["body"]["gates"].take(), event["body"]["decision"]["outcome"].take())
}

fn allowed(world: &World, patch: &Value) -> bool {
    let mut run = Run::start(world.scenario(), policy(patch), &Setup::default());
    let answers = salted(&world.named());
    for _ in 0..6 {
        if run.step(TriggerKind::AgentRequestNext, &answers, ms(1)).is_err() {
            break;
        }
    }
    run.state.is_allowed()
}

fn required() -> impl Strategy<Value = Value> {
    prop::sample::select(vec!["query", "run", "audit", "capped"]).prop_map(|policy| match policy {
        "audit" => json!({"keys": [listed("ci")]}),
        "capped" => json!({"keys": [listed("ci")], "providers": {"p": {"unsigned_max_lane": "asserted"}}}),
        binding => signed_policy(binding),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Removing, corrupting or exchanging envelopes never turns a hold into *allowed*.
    #[test]
    fn harm_to_an_attestation_never_allows_more(world in branching_worlds(), harms in harms(), patch in required()) {
        let world = sign_all(&distinct(world), Binding::Run);
        let harmed = harmed(&world, &harms);
        prop_assert!(!allowed(&harmed, &patch) || allowed(&world, &patch), "{harms:?} allowed {harmed:#?}");
    }

    /// Neither the order of signed answers, nor the order of signatures in an envelope, nor signatures of strangers beside
    /// the right one change anything.
    #[test]
    fn the_order_of_attestations_does_not_matter(
        world in branching_worlds(), patch in required(), seed in any::<u64>(), other in any::<u64>(),
    ) {
        let world = sign_all(&distinct(world), Binding::Run);
        let first = first_step(&world, &patch, 0);
        prop_assert_eq!(&first, &first_step(&world, &patch, seed));
        prop_assert_eq!(&first, &first_step(&crowded(&world, other), &patch, seed));
    }

    /// Under a policy that asks for signatures, values that nobody signed allow nothing.
    #[test]
    fn unsigned_values_allow_nothing(world in branching_worlds(), binding in prop::sample::select(vec!["value", "query", "run"])) {
        prop_assert!(!allowed(&distinct(world), &signed_policy(binding)));
    }

    /// Whatever comes with a value, its lane is not above the provider's cap, nor above the cap for unsigned evidence
    /// unless a bound signature was checked, nor above what provider and signer lowered it to.
    #[test]
    fn p08_nothing_that_is_sent_raises_a_lane(
        cap in lanes(), unsigned in prop::option::of(lanes()), ceiling in prop::option::of(lanes()), said in prop::option::of(lanes()),
        envelope in any::<bool>(), signature in any::<bool>(), claimed in any::<bool>(), who in prop::sample::select(vec!["ci", "dev", "stranger"]),
        asks in prop::sample::select(vec![None, Some("value"), Some("query"), Some("run")]),
    ) {
        let mut patch = match asks {
            Some(binding) => signed_policy(binding),
            None => json!({}),
        };
        merge(&mut patch, &json!({"keys": [listed("ci"), listed("dev")], "providers": {"p": {"max_lane": cap}}}));
        if let Some(unsigned) = unsigned {
            patch["providers"]["p"]["unsigned_max_lane"] = json!(unsigned);
        }
        let policy = policy(&patch);
        let run: RunId = "run-1".parse().unwrap();
        let mut found = Found { lane_ceiling: ceiling, ..Found::json(json!(1)) };
        found.claimed_hash = claimed.then(|| found.value.digest());
        found.signature = signature.then(|| bare(&found, who));
        let mut answer = Answer::Found(Box::new(found));
        if envelope {
            answer = signed_with(answer, &query(0), &occasion(&run), Binding::Run, who, |it| it.predicate.lane_ceiling = said);
        }
        let Answer::Found(found) = answer else { unreachable!() };
        let asked = query(0);
        let Ok(weighed) = weigh(&found, &policy.scale(&asked, occasion(&run)).unwrap()) else { return Ok(()) };
        prop_assert!(weighed.lane <= cap);
        prop_assert!(ceiling.is_none_or(|ceiling| weighed.lane <= ceiling));
        prop_assert!(!envelope || said.is_none_or(|said| weighed.lane <= said));
        match &weighed.proof {
            Proof::Checked(checked) => {
                prop_assert!(envelope || signature);
                prop_assert!(checked.binding > Binding::Value || asks == Some("value") || weighed.lane <= unsigned.unwrap_or(cap));
                prop_assert!(asks.is_none() || checked.key_id.as_str() == "ci");
            }
            Proof::Pulled => prop_assert!(asks.is_none() && !envelope && !signature && weighed.lane <= unsigned.unwrap_or(cap)),
            Proof::Derived | Proof::Supplied | Proof::Attested(_) | Proof::Released(_) => prop_assert!(false, "{:?}", weighed.proof),
        }
    }

    /// Weighing takes whatever text there is, and none of it counts.
    #[test]
    fn no_text_is_an_envelope_by_chance(text in ".{0,200}", scheme in "[a-z0-9]{0,8}", bytes in prop::collection::vec(any::<u8>(), 0..70)) {
        let policy = policy(&signed_policy("value"));
        let run: RunId = "run-1".parse().unwrap();
        let asked = query(0);
        let scale = policy.scale(&asked, occasion(&run)).unwrap();
        let attested = Found { attestation: Some(text), ..Found::json(json!(1)) };
        prop_assert!(weigh(&attested, &scale).is_err());
        let signature = EvidenceSignature { scheme, key_id: "ci".into(), signature: bytes };
        let signed = Found { signature: Some(signature), ..Found::json(json!(1)) };
        prop_assert!(weigh(&signed, &scale).is_err());
    }
}

fn lanes() -> impl Strategy<Value = Lane> {
    prop::sample::select(vec![Lane::Asserted, Lane::Verified])
}

#[test]
fn the_worlds_of_these_laws_can_be_allowed() {
    let spec = json!({
        "scenario_id": "any", "stages": [{"stage_id": "s", "gates": [{"gate_id": "g", "requirement": "c0"}]}],
        "conditions": [{"condition_id": condition(0), "query": query(0), "comparator": "equals", "expected": 1}]
    });
    let world = World { spec, answers: vec![Some(Answer::Found(Box::new(Found::json(json!(1)))))] };
    let good = sign_all(&world, Binding::Run);
    assert!(allowed(&good, &signed_policy("run")) && !allowed(&world, &signed_policy("run")));
    assert_eq!(Timestamp::UnixMillis(EPOCH + 1), ms(1));
}
