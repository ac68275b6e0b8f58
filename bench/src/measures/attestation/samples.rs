//! Signed samples: evidence statements and in-toto statements of two sizes, each with what the bare loop verifies.

use std::hint::black_box;
use std::num::NonZeroUsize;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::{self, Envelope};
use decision_gate_core::evidence::{EvidenceAnchor, Found, Query, Subject};
use decision_gate_core::intoto::{self, PAYLOAD_TYPE, Signers, Statement};
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_core::policy::{Answers, ProviderPolicy};
use decision_gate_core::trust::{
    Binding, Claim, EvidenceStatement, Lane, Occasion, ProviderTrust, Scale, ValueClaim, weigh,
};
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use serde_json::{Value, json};

use crate::fault::Fault;

/// How many different ones of a kind: more than a branch predictor keeps.
pub(super) const COUNT: usize = 32;

const SEED: [u8; 32] = [7; 32];
const AT: Timestamp = Timestamp::UnixMillis(1_760_000_000_000);
const EXPIRES: Timestamp = Timestamp::UnixMillis(1_760_000_600_000);

/// What the bare loop verifies.
pub(super) struct Raw {
    key: VerifyingKey,
    message: Vec<u8>,
    signature: Signature,
}

/// A statement about an artifact.
pub(super) struct Sample {
    pub(super) envelope: String,
    pub(super) raw: Raw,
}

/// A statement about an answer.
pub(super) struct EvidenceSample {
    pub(super) envelope: String,
    pub(super) signed: Found,
    pub(super) raw: Raw,
}

/// All of them, and what they are checked against.
pub(super) struct Samples {
    pub(super) evidence: Vec<EvidenceSample>,
    pub(super) small: Vec<Sample>,
    pub(super) large: Vec<Sample>,
    pub(super) unsigned: Found,
    query: Query,
    policy: ProviderPolicy,
    keys: Keyring,
    artifact: Subject,
}

impl Raw {
    fn of(payload: &[u8]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&SEED);
        let message = dsse::pae(PAYLOAD_TYPE, payload);
        Self { key: key.verifying_key(), signature: key.sign(&message), message }
    }

    pub(super) fn verify(&self) -> bool {
        self.key.verify_strict(black_box(&self.message), black_box(&self.signature)).is_ok()
    }
}

impl Samples {
    pub(super) fn new() -> Result<Self, Fault> {
        let key = SigningKey::from_seed(&SEED);
        let key_id = KeyId::try_from("bench").map_err(unusable)?;
        let keys = Keyring::new([TrustedKey::new(key_id.clone(), key.public())]).map_err(unusable)?;
        let query = Query {
            provider_id: "scanner".try_into().map_err(unusable)?,
            check_id: "open_findings".try_into().map_err(unusable)?,
            params: Some(json!({"report": "reports/scan.json", "severity": "high"})),
        };
        let mut unsigned = Found::json(json!(0));
        let anchor_value = r#"{"digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","path":"reports/scan.json","size":48213}"#;
        unsigned.anchor =
            Some(EvidenceAnchor { anchor_type: "file_path_rooted".to_owned(), anchor_value: anchor_value.to_owned() });
        let policy = ProviderPolicy {
            answers: Answers::Fetched,
            max_lane: Lane::Verified,
            allow_raw: true,
            contract: Digest::of(b"contract"),
            result_schemas: std::collections::BTreeMap::new(),
            trust: ProviderTrust::Audit,
            unsigned_max_lane: None,
            signers: None,
            release: None,
            max_evidence_bytes: None,
        };
        let artifact = Subject::of_digest("app.tar.gz", Digest::of(b"artifact"));
        let mut samples =
            Self { evidence: vec![], small: vec![], large: vec![], unsigned, query, policy, keys, artifact };
        for number in 0..COUNT {
            samples.evidence.push(samples.evidence_sample(number, &key, &key_id)?);
            samples.small.push(samples.sample(number, 1_300, &key, &key_id)?);
            samples.large.push(samples.sample(number, 5_650, &key, &key_id)?);
        }
        Ok(samples)
    }

    fn evidence_sample(&self, number: usize, key: &SigningKey, key_id: &KeyId) -> Result<EvidenceSample, Fault> {
        let number = i64::try_from(number).map_err(unusable)?;
        let claim = Claim {
            value: ValueClaim::of(&self.unsigned.value),
            content_type: None,
            anchor: self.unsigned.anchor.as_ref(),
        };
        let observed = Occasion { at: Timestamp::UnixMillis(1_759_999_999_000 - number), ..Self::occasion() };
        let statement = EvidenceStatement::about(&self.query, claim, &observed, Binding::Query, EXPIRES);
        let envelope = text(&statement.sign(key, Some(key_id)))?;
        let mut signed = self.unsigned.clone();
        signed.attestation = Some(envelope.clone());
        Ok(EvidenceSample { envelope, signed, raw: Raw::of(&statement.to_bytes()) })
    }

    /// A report of tests in a payload of about `size` bytes.
    fn sample(&self, number: usize, size: usize, key: &SigningKey, key_id: &KeyId) -> Result<Sample, Fault> {
        let case = |index: usize| format!("suite_{number:02}::module::case_{index:04}_answers_what_was_asked");
        let passed: Vec<Value> = (0..size.saturating_sub(420) / 50).map(|index| case(index).into()).collect();
        let predicate = json!({
            "result": "PASSED",
            "configuration": [{"name": "ci", "digest": {"sha256": Digest::of(b"configuration").to_hex()}}],
            "url": "https://ci.example.com/runs/48213",
            "passedTests": passed,
            "warnedTests": [],
            "failedTests": [],
        });
        let kind = "https://in-toto.io/attestation/test-result/v0.1";
        let payload = Statement::new(&self.artifact, kind, &predicate).map_err(unusable)?.to_bytes();
        let envelope = text(&dsse::sign(PAYLOAD_TYPE, &payload, key, Some(key_id)))?;
        Ok(Sample { envelope, raw: Raw::of(&payload) })
    }

    fn occasion() -> Occasion<'static> {
        Occasion {
            tenant: TenantId::FIRST,
            namespace: NamespaceId::FIRST,
            run: None,
            subject: None,
            environment: None,
            at: AT,
        }
    }

    fn scale(&self) -> Scale<'_> {
        Scale { query: &self.query, provider: &self.policy, keys: &self.keys, skew_ms: 0, occasion: Self::occasion() }
    }

    /// From the text of an envelope to an evidence statement that is bound to the question.
    pub(super) fn bound(&self, envelope: &str) -> bool {
        let claim = Claim {
            value: ValueClaim::of(&self.unsigned.value),
            content_type: None,
            anchor: self.unsigned.anchor.as_ref(),
        };
        let Ok(envelope) = Envelope::parse(black_box(envelope.as_bytes())) else { return false };
        let Ok(verified) = dsse::verify(&envelope, self.keys.iter(), NonZeroUsize::MIN) else { return false };
        let Ok(statement) = verified.into_statement() else { return false };
        EvidenceStatement::read(&statement.get().document().value).is_ok_and(|statement| {
            black_box(statement.bind(&self.query, claim, &Self::occasion(), Binding::Query, 0)).is_ok()
        })
    }

    /// From the bytes of an envelope to a statement that is about the artifact.
    pub(super) fn names(&self, envelope: &[u8]) -> bool {
        let provider = &self.query.provider_id;
        let signers = Signers { keyring: &self.keys, threshold: NonZeroUsize::MIN, at: AT, provider };
        let Ok(envelope) = Envelope::parse(black_box(envelope)) else { return false };
        intoto::verify(&envelope, &signers).is_ok_and(|statement| black_box(statement.get().names(&self.artifact)))
    }

    /// Whether an answer is given a lane.
    pub(super) fn weighs(&self, found: &Found) -> bool {
        black_box(weigh(black_box(found), &self.scale())).is_ok()
    }

    pub(super) fn evidence_size(&self) -> usize {
        self.evidence.first().map_or(0, |sample| sample.envelope.len())
    }

    pub(super) fn size(samples: &[Sample]) -> usize {
        samples.first().map_or(0, |sample| sample.envelope.len())
    }
}

fn text(envelope: &Envelope) -> Result<String, Fault> {
    String::from_utf8(envelope.as_bytes().to_vec()).map_err(unusable)
}

fn unusable(error: impl std::fmt::Display) -> Fault {
    Fault::NotComparable(format!("a sample could not be made: {error}"))
}
