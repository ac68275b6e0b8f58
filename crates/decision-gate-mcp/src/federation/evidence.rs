//! An evidence result as a provider sends it (`reference/payloads.md` 1.4), read strictly and believed in nothing.
//!
//! Its lane can lower what the gate gives, its hash is a claim, its signature is bytes to be checked. A result without
//! `value` and without `error` says nothing, and is no "there is none".

use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::{
    Answer, EvidenceAnchor, EvidenceRef, EvidenceSignature, EvidenceValue, Fault, FaultCode, Found,
};
use decision_gate_core::trust::Lane;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::QueryFault;
use super::provider::Texts;

const PROVIDER_ERROR: FaultCode = FaultCode::known("provider_error");
/// Most characters of a provider's own words that are kept, where they may be kept at all.
const MAX_MESSAGE: usize = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default)]
    value: Option<EvidenceValue>,
    #[serde(default)]
    lane: Option<Lane>,
    #[serde(default)]
    error: Option<WireError>,
    #[serde(default)]
    evidence_hash: Option<Digest>,
    #[serde(default)]
    evidence_ref: Option<EvidenceRef>,
    #[serde(default)]
    evidence_anchor: Option<EvidenceAnchor>,
    #[serde(default)]
    signature: Option<EvidenceSignature>,
    #[serde(default)]
    content_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireError {
    code: String,
    message: String,
    #[serde(default)]
    details: Option<Value>,
}

/// The answer that an evidence result is, with the envelope that came beside it.
pub(super) fn answer(result: Value, attestation: Option<String>, texts: Texts) -> Result<Answer, QueryFault> {
    let says_value = result.get("value").is_some();
    // The reader's own words could show a value.
    let malformed = |_| QueryFault::Malformed { reason: "it is not an evidence result".to_owned() };
    let wire: Wire = serde_json::from_value(result).map_err(malformed)?;
    // Only down: what the provider thinks of itself raises nothing.
    let lane_ceiling = wire.lane.filter(|lane| *lane < Lane::Verified);
    if let Some(error) = wire.error {
        return Ok(Answer::Fault(fault(error, wire.evidence_anchor, texts)));
    }
    match wire.value {
        Some(value) => Ok(Answer::Found(Box::new(Found {
            value,
            content_type: wire.content_type,
            anchor: wire.evidence_anchor,
            reference: wire.evidence_ref,
            claimed_hash: wire.evidence_hash,
            signature: wire.signature,
            attestation,
            lane_ceiling,
        }))),
        None if says_value => Ok(Answer::Absent { anchor: wire.evidence_anchor, attestation, lane_ceiling }),
        None => Err(QueryFault::Form { wanted: "`value` and no `error`" }),
    }
}

/// The provider's code is kept; its words and details only where raw values may be shown.
fn fault(error: WireError, anchor: Option<EvidenceAnchor>, texts: Texts) -> Fault {
    let code = FaultCode::try_from(error.code).unwrap_or(PROVIDER_ERROR);
    let mut fault = match texts {
        Texts::Shown => {
            let message: String = error.message.chars().take(MAX_MESSAGE).collect();
            let fault = Fault::new(code, message);
            match error.details {
                Some(details) => fault.with_details(json!({ "provider": details })),
                None => fault,
            }
        }
        Texts::Withheld => {
            let message = format!("it answered with the error `{}`", code.as_str());
            Fault::new(code, message)
        }
    };
    fault.anchor = anchor;
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(result: Value) -> Result<Answer, QueryFault> {
        answer(result, None, Texts::Withheld)
    }

    fn found(result: Value) -> Found {
        match read(result) {
            Ok(Answer::Found(found)) => *found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn d15_a_provider_lowers_its_lane_and_never_raises_it() {
        let value = json!({ "kind": "json", "value": 1 });
        for (lane, ceiling) in
            [(json!("verified"), None), (json!(null), None), (json!("asserted"), Some(Lane::Asserted))]
        {
            assert_eq!(found(json!({ "value": value, "lane": lane })).lane_ceiling, ceiling);
        }
        assert_eq!(read(json!({ "value": value, "lane": "trusted" })).unwrap_err().code(), "evidence_invalid");
    }

    #[test]
    fn d13_a_hash_is_only_a_claim() {
        let hash = json!({ "algorithm": "sha256", "value": "00".repeat(32) });
        let found = found(json!({ "value": { "kind": "json", "value": true }, "evidence_hash": hash }));
        assert_ne!(found.claimed_hash, Some(found.value.digest()));
    }

    #[test]
    fn d26_an_error_keeps_its_code() {
        let error = json!({ "code": "file_not_found", "message": "no s3cret here", "details": { "at": "s3cret" } });
        let Ok(Answer::Fault(fault)) = read(json!({ "value": null, "error": error })) else { panic!("no fault") };
        assert_eq!(fault.code.as_str(), "file_not_found");
        assert!(!serde_json::to_string(&fault).unwrap().contains("s3cret"), "d22");
        let Ok(Answer::Fault(shown)) = answer(json!({ "error": error }), None, Texts::Shown) else {
            panic!("no fault")
        };
        assert_eq!(shown.message, "no s3cret here");
    }

    #[test]
    fn silence_is_no_absence() {
        assert!(matches!(read(json!({ "value": null })), Ok(Answer::Absent { .. })));
        assert_eq!(read(json!({})).unwrap_err().code(), "provider_answer_unusable");
        assert_eq!(read(json!({ "lane": "verified" })).unwrap_err().code(), "provider_answer_unusable");
        assert_eq!(
            found(json!({ "value": { "kind": "json", "value": null } })).value,
            EvidenceValue::Json(Value::Null)
        );
    }

    #[test]
    fn what_an_evidence_result_has_not_is_refused() {
        for result in [json!(3), json!({ "value": 3 }), json!({ "value": null, "verdict": "pass" })] {
            assert_eq!(read(result).unwrap_err().code(), "evidence_invalid");
        }
    }
}
