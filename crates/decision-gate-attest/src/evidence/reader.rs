//! The reader that the engine is handed in: attestations as one question's answer, from kept bytes, live and in replay.

use decision_gate_core::evidence::{Answer, Fault, FaultCode, Query};
use decision_gate_core::trust::{AttestationReader, AttestedBy, Reading, Scale as TrustScale};
use serde::Deserialize as _;
use serde_json::Value;

use super::rules::SignerRules;
use super::weigh::{Scale, Signed, Weighing, weigh};

/// Reads what sources of attestations brought.
pub const READER: AttestationReader = read;

const RULES_INVALID: FaultCode = FaultCode::known("signers_missing");

fn read(query: &Query, brought: &Answer, signers: &Value, scale: &TrustScale<'_>, max_bytes: u64) -> Reading {
    let rules = match SignerRules::deserialize(signers) {
        Ok(rules) => rules,
        Err(error) => {
            let answer = Answer::Fault(Fault::new(RULES_INVALID, format!("the policy's signer rules: {error}")));
            return Reading { answer, signed: None, standing: Vec::new() };
        }
    };
    let scale = Scale {
        provider: &query.provider_id,
        keyring: scale.keys,
        rules: &rules,
        subject: scale.occasion.subject,
        at: scale.occasion.at,
        max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
    };
    let Weighing { answer, signed, standing, passed_over: _ } = weigh(query, brought, &scale);
    let standing = standing.into_iter().map(|(answer, signed)| (answer, by(signed))).collect();
    Reading { answer, signed: signed.map(by), standing }
}

fn by(signed: Signed) -> AttestedBy {
    let Signed { predicate_type, signers, envelopes } = signed;
    AttestedBy { predicate_type, signers, envelopes, against: Vec::new() }
}
