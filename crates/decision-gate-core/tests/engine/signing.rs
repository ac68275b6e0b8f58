//! Keys for tests, and answers that are signed with them.

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::{Answer, EvidenceSignature, Found, Query};
use decision_gate_core::json::canonical;
use decision_gate_core::keys::{KeyId, SigningKey, TrustedKey};
use decision_gate_core::trust::statement::{Claim, ValueClaim};
use decision_gate_core::trust::{Binding, EvidenceStatement, Occasion};
use serde_json::{Value, json};

/// A key, by its name: the same one at each call.
pub(crate) fn key(name: &str) -> SigningKey {
    let mut seed = [0; 32];
    seed.iter_mut().zip(name.bytes()).for_each(|(byte, letter)| *byte = letter);
    SigningKey::from_seed(&seed)
}

pub(crate) fn key_id(name: &str) -> KeyId {
    KeyId::try_from(name).unwrap()
}

/// A key without rules as a policy snapshot lists it.
pub(crate) fn listed(name: &str) -> Value {
    json!(TrustedKey::new(key_id(name), key(name).public()))
}

/// A policy patch under which `p` and `other` need the signature of `ci`, and nobody else is known.
pub(crate) fn signed_policy(binding: &str) -> Value {
    let trust = json!({"trust": {"require_signature": {"keys": ["ci"], "binding": binding}}});
    json!({"keys": [listed("ci")], "providers": {"p": trust, "other": trust}})
}

/// What an answer claims.
pub(crate) fn claim(answer: &Answer) -> Option<Claim<'_>> {
    match answer {
        Answer::Found(found) => Some(Claim {
            value: ValueClaim::of(&found.value),
            content_type: found.content_type.as_deref(),
            anchor: found.anchor.as_ref(),
        }),
        Answer::Absent { anchor, .. } => {
            Some(Claim { value: ValueClaim::Absent {}, content_type: None, anchor: anchor.as_ref() })
        }
        Answer::Fault(_) => None,
    }
}

/// The answer with an envelope around the statement that `change` makes of the right one.
pub(crate) fn signed_with(
    answer: Answer,
    query: &Query,
    occasion: &Occasion<'_>,
    binding: Binding,
    signer: &str,
    change: impl FnOnce(&mut EvidenceStatement),
) -> Answer {
    let Timestamp::UnixMillis(now) = occasion.at else { panic!("these runs have wall-clock time") };
    let Some(claim) = claim(&answer) else { return answer };
    let expires = Timestamp::UnixMillis(now + 60_000);
    let mut statement = EvidenceStatement::about(query, claim, occasion, binding, expires);
    change(&mut statement);
    let envelope = statement.sign(&key(signer), Some(&key_id(signer)));
    with_attestation(answer, Some(String::from_utf8(envelope.as_bytes().to_vec()).unwrap()))
}

/// The answer with the right statement, signed by `ci`.
pub(crate) fn signed(answer: Answer, query: &Query, occasion: &Occasion<'_>, binding: Binding) -> Answer {
    signed_with(answer, query, occasion, binding, "ci", |_| ())
}

/// The answer with another envelope, or none.
pub(crate) fn with_attestation(answer: Answer, envelope: Option<String>) -> Answer {
    match answer {
        Answer::Found(found) => Answer::Found(Box::new(Found { attestation: envelope, ..*found })),
        Answer::Absent { anchor, lane_ceiling, .. } => Answer::Absent { anchor, lane_ceiling, attestation: envelope },
        Answer::Fault(fault) => Answer::Fault(fault),
    }
}

/// The signature of the public project: over the canonical hash of the value.
pub(crate) fn bare(found: &Found, signer: &str) -> EvidenceSignature {
    let message = canonical::of(&found.value.digest()).unwrap();
    EvidenceSignature { scheme: "ed25519".into(), key_id: signer.into(), signature: key(signer).sign(&message) }
}
