//! Weighing what a source brought: which values enough keys stand behind, and what that makes of the question.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::{Answer, EvidenceAnchor, EvidenceValue, Fault, FaultCode, Found, Query, Subject};
use decision_gate_core::json::canonical;
use decision_gate_core::keys::{KeyId, Keyring};
use decision_gate_core::name::ProviderId;
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use super::collected::Collected;
use super::examine::{Examination, Said};
use super::passed_over::{PassedOver, Weight};
use super::question::Question;
use super::rules::{SignerRule, SignerRules};
use crate::bundle;

/// Most attestations that did not count which a fault tells about.
const MAX_TOLD: usize = 16;

const COLLECTION_INVALID: FaultCode = FaultCode::known("attestation_collection_invalid");
const SIGNERS_MISSING: FaultCode = FaultCode::known("signers_missing");
const SUBJECT_MISSING: FaultCode = FaultCode::known("subject_missing");
const CONFLICT: FaultCode = FaultCode::known("attestation_conflict");
const THRESHOLD: FaultCode = FaultCode::known("threshold_not_met");

/// What attestations are weighed against.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'a> {
    /// The provider that brought them, which keys must be allowed to sign for.
    pub provider: &'a ProviderId,
    /// All trusted keys.
    pub keyring: &'a Keyring,
    /// Which of them may sign what, and how many must.
    pub rules: &'a SignerRules,
    /// What the run is about.
    pub subject: Option<&'a Subject>,
    /// The time at which keys are judged.
    pub at: Timestamp,
    /// The largest value that is taken out of a predicate.
    pub max_bytes: usize,
}

/// An answer, and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighing {
    /// The answer to the question. An absence that nobody signed is asserted at most.
    pub answer: Answer,
    /// Who signed it; nothing where nobody did.
    pub signed: Option<Signed>,
    /// Each answer that stands, where several do and contradict one another, in the order of their canonical values.
    pub standing: Vec<(Answer, Signed)>,
    /// What did not count, sorted.
    pub passed_over: Vec<PassedOver>,
}

/// Who stands behind an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The predicate type.
    pub predicate_type: String,
    /// One id for each distinct key, sorted.
    pub signers: Vec<KeyId>,
    /// SHA-256 of the envelopes, sorted.
    pub envelopes: Vec<Digest>,
}

/// The answer to `query` from what its provider brought.
pub fn weigh(query: &Query, brought: &Answer, scale: &Scale<'_>) -> Weighing {
    let found = match brought {
        Answer::Found(found) => found,
        Answer::Fault(_) => return Weighing::unsigned(brought.clone()),
        Answer::Absent { anchor, .. } => return Weighing::unsigned(absent(anchor.clone())),
    };
    weigh_found(query, found, scale).unwrap_or_else(|fault| Weighing::unsigned(with_anchor(*fault, found)))
}

fn weigh_found(query: &Query, found: &Found, scale: &Scale<'_>) -> Result<Weighing, Box<Fault>> {
    let question = Question::of(query)?;
    let invalid = |error| Fault::new(COLLECTION_INVALID, format!("{error}"));
    let collected = Collected::read(&found.value).map_err(invalid)?;
    let rule = scale.rules.of_type(&question.predicate_type).ok_or_else(|| {
        Fault::new(
            SIGNERS_MISSING,
            format!("no signers are named for predicates of type `{}`", question.predicate_type),
        )
    })?;
    let subject = scale.subject.ok_or_else(|| {
        Fault::new(
            SUBJECT_MISSING,
            "an attestation is about an artifact, and the run does not say which one it is about",
        )
    })?;
    let keys = keys_of(rule, scale.keyring)?;
    let examination = Examination { question: &question, subject, keys: &keys, scale };
    let mut tally = Tally::default();
    for file in collected.files() {
        tally.take_file(&file.name, file.text.as_deref(), &examination);
    }
    Ok(tally.close(found, rule, &question, collected.lane_ceiling()))
}

/// The keys of the ring that the rule names. A named key that is not there can't have signed anything.
fn keys_of(rule: &SignerRule, ring: &Keyring) -> Result<Keyring, Box<Fault>> {
    let named = rule.keys.iter().filter_map(|id| ring.get(id)).cloned();
    Keyring::new(named).map_err(|error| Fault::new(SIGNERS_MISSING, error.to_string()).into())
}

/// Who says a value, so far.
#[derive(Default)]
struct Voices {
    value: Option<Value>,
    /// By the key itself, so that one key under two ids is one.
    keys: BTreeMap<Vec<u8>, KeyId>,
    envelopes: BTreeSet<Digest>,
}

#[derive(Default)]
struct Tally {
    /// By the canonical form of the value; nothing where the predicate does not say.
    values: BTreeMap<Option<Vec<u8>>, Voices>,
    passed_over: BTreeSet<PassedOver>,
}

impl Tally {
    fn take_file(&mut self, name: &str, text: Option<&str>, examination: &Examination<'_>) {
        let pass_over =
            |weight, code, place: String, message| PassedOver { weight, code, file: name.to_owned(), place, message };
        let Some(text) = text else {
            let message = "the file is no UTF-8".to_owned();
            let place = "the document".to_owned();
            self.passed_over.insert(pass_over(Weight::Foreign, "attestation_unrecognised", place, message));
            return;
        };
        let bundle = bundle::read(text.as_bytes());
        for note in bundle.notes {
            let (code, message) = (note.fault.code(), note.fault.to_string());
            self.passed_over.insert(pass_over(Weight::Foreign, code, note.place.to_string(), message));
        }
        for (place, item) in &bundle.items {
            match examination.examine(item) {
                Ok(said) => self.take(said, examination.keys),
                Err(refused) => {
                    let (weight, code, message) = (refused.weight, refused.code, refused.message);
                    self.passed_over.insert(pass_over(weight, code, place.to_string(), message));
                }
            }
        }
    }

    fn take(&mut self, said: Said, keys: &Keyring) {
        let voices = self.values.entry(said.value.as_ref().map(canonical::to_vec)).or_default();
        voices.value = said.value;
        voices.envelopes.insert(said.envelope);
        for signer in said.signers {
            if let Some(key) = keys.get(&signer) {
                voices.keys.entry(key.key().to_spki_der()).or_insert(signer);
            }
        }
    }

    fn close(self, found: &Found, rule: &SignerRule, question: &Question, ceiling: Option<Lane>) -> Weighing {
        let passed_over: Vec<_> = self.passed_over.into_iter().collect();
        let most = self.values.values().map(|voices| voices.keys.len()).max();
        let required = rule.threshold.get();
        let enough = self.values.into_values().filter(|voices| voices.keys.len() >= required);
        let mut standing: Vec<_> = enough.map(|voices| voices.into_answer(found, question, ceiling)).collect();
        if standing.len() == 1
            && let Some((answer, signed)) = standing.pop()
        {
            return Weighing { answer, signed: Some(signed), standing, passed_over };
        }
        // Sorted: what speaks against an answer comes first, and the order of files says nothing.
        let invalid = passed_over.first().filter(|it| it.weight == Weight::Invalid);
        let fault = match (standing.first(), invalid, most) {
            (Some(_), _, _) => Fault::new(CONFLICT, "attestations that count contradict one another"),
            (None, Some(it), _) => {
                Fault::new(FaultCode::known(it.code), format!("`{}`, {}: {}", it.file, it.place, it.message))
            }
            (None, None, Some(got)) => {
                let message = format!("`{got}` of the trusted keys signed the same, and `{required}` must");
                Fault::new(THRESHOLD, message)
            }
            (None, None, None) => {
                let answer = absent(found.anchor.clone());
                return Weighing { answer, signed: None, standing, passed_over };
            }
        };
        let told: Vec<_> = passed_over.iter().take(MAX_TOLD).map(PassedOver::to_value).collect();
        let fault = fault.with_details(json!({ "passed_over": told, "passed_over_count": passed_over.len() }));
        Weighing { answer: with_anchor(fault, found), signed: None, standing, passed_over }
    }
}

impl Voices {
    fn into_answer(self, found: &Found, question: &Question, lane_ceiling: Option<Lane>) -> (Answer, Signed) {
        let mut signers: Vec<_> = self.keys.into_values().collect();
        signers.sort();
        let signed = Signed {
            predicate_type: question.predicate_type.clone(),
            signers,
            envelopes: self.envelopes.into_iter().collect(),
        };
        // What the source lowered was the unread bytes; a signature that holds says more of them.
        let anchor = found.anchor.clone();
        let answer = match self.value {
            None => Answer::Absent { anchor, attestation: None, lane_ceiling },
            Some(value) => Answer::Found(Box::new(Found {
                value: EvidenceValue::Json(value),
                content_type: Some("application/json".to_owned()),
                anchor,
                reference: found.reference.clone(),
                lane_ceiling,
                ..Found::json(Value::Null)
            })),
        };
        (answer, signed)
    }
}

impl Weighing {
    fn unsigned(answer: Answer) -> Self {
        Self { answer, signed: None, standing: Vec::new(), passed_over: Vec::new() }
    }
}

/// There is none, and nobody signed that: whoever can take a file away could have said so.
fn absent(anchor: Option<EvidenceAnchor>) -> Answer {
    Answer::Absent { anchor, attestation: None, lane_ceiling: Some(Lane::Asserted) }
}

fn with_anchor(fault: Fault, found: &Found) -> Answer {
    Answer::Fault(match found.anchor.clone() {
        Some(anchor) => fault.with_anchor(anchor),
        None => fault,
    })
}
