//! Waivers: signed evidence that somebody answers for a block, for one artifact, gate, environment and tenant.
//!
//! A waiver is an attestation of type `urn:decision-gate:waiver:v1`, so it is verified like any other; it must name
//! the release's artifact and it always ends. It changes no value: a waived gate still says `Block`, and `waived`
//! stands beside it. There is one function that says whether a waiver counts, and every path calls it.

use decision_gate_attest::predicate::{Members, PredicateFault};
use decision_gate_core::digest::Digest;
use decision_gate_core::trust::Lane;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attested::{Attested, Binding, Content};
use crate::context::ReleaseContext;
use crate::options::{FailedEvidence, WaiverRules};
use crate::result::{Basis, Judged, NearMiss};

/// The predicate type.
pub const PREDICATE_TYPE: &str = "urn:decision-gate:waiver:v1";

const DAY: i64 = 86_400_000;

/// A block that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    gate: String,
    environment: String,
    tenant: Option<String>,
    reason_codes: Vec<String>,
    reason: String,
    approver: String,
    issued_at: i64,
    expires_at: i64,
}

/// A waiver that covers a gate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Waived {
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// Whole days until then.
    pub lapses_in_days: u64,
    /// Digest of its envelope.
    pub waiver: Digest,
    /// Who answers for it.
    pub approver: String,
    /// Why.
    pub reason: String,
}

impl Waiver {
    /// Reads a predicate.
    ///
    /// # Errors
    /// [`PredicateFault`] with the field that is missing or malformed.
    pub fn read(predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let (issued_at, expires_at) = (predicate.time("issued_at")?, predicate.time("expires_at")?);
        if expires_at <= issued_at {
            return Err(predicate.malformed("expires_at", "a time after `issued_at`"));
        }
        let tenant = match predicate.get("tenant") {
            None => None,
            Some(_) => Some(predicate.text("tenant")?.to_owned()),
        };
        let reason_codes = match predicate.get("reason_codes") {
            None => Vec::new(),
            Some(_) => predicate.texts("reason_codes")?,
        };
        Ok(Self {
            gate: predicate.text("gate")?.to_owned(),
            environment: predicate.text("environment")?.to_owned(),
            tenant,
            reason_codes,
            reason: predicate.text("reason")?.to_owned(),
            approver: predicate.text("approver")?.to_owned(),
            issued_at,
            expires_at,
        })
    }

    /// When it was issued, in milliseconds since 1970.
    pub fn issued_at(&self) -> i64 {
        self.issued_at
    }
}

/// Waivers of a release, by digest, each once.
pub(crate) fn of(release: &ReleaseContext) -> Vec<(&Attested, &Waiver)> {
    let all = release.attestations.iter().filter_map(|it| match it.content() {
        Content::Waiver(waiver) => Some((it, waiver.as_ref())),
        _ => None,
    });
    let mut all: Vec<_> = all.collect();
    all.sort_unstable_by_key(|(it, _)| it.envelope());
    all.dedup_by_key(|(it, _)| it.envelope());
    all
}

/// The waivers that cover what a gate said, the one that holds longest first, and why others for it do not.
pub(crate) fn cover(
    gate: &str,
    judged: &Judged,
    release: &ReleaseContext,
    waivers: &[(&Attested, &Waiver)],
    rules: &WaiverRules,
) -> (Vec<Waived>, Vec<NearMiss>) {
    let (mut covering, mut misses) = (Vec::new(), Vec::new());
    for (attested, waiver) in waivers.iter().filter(|(_, it)| it.gate == gate) {
        match refusal(attested, waiver, judged, release, rules) {
            Some((code, field, expected, seen)) => misses.push(NearMiss {
                evidence: format!("sha256:{}", attested.envelope()),
                code: code.to_owned(),
                field: field.to_owned(),
                expected,
                seen,
            }),
            None => covering.push(Waived {
                expires_at: waiver.expires_at,
                lapses_in_days: waiver.expires_at.abs_diff(release.at) / DAY.unsigned_abs(),
                waiver: attested.envelope(),
                approver: waiver.approver.clone(),
                reason: waiver.reason.clone(),
            }),
        }
    }
    covering.sort_unstable_by(|a, b| b.cmp(a));
    (covering, misses)
}

type Refusal = (&'static str, &'static str, String, String);

/// Why a waiver for the gate does not count: code, field, what would do, what is there.
fn refusal(
    attested: &Attested,
    waiver: &Waiver,
    judged: &Judged,
    release: &ReleaseContext,
    rules: &WaiverRules,
) -> Option<Refusal> {
    let shown = |millis| decision_gate_core::at::Timestamp::UnixMillis(millis).to_string();
    let tenant = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".into());
    if attested.lane() < Lane::Verified {
        return Some(("trust_lane", "lane", Lane::Verified.to_string(), attested.lane().to_string()));
    }
    if attested.binding() == Binding::OtherSubject {
        let (wanted, seen) = ("the release's artifact".into(), "another artifact".into());
        return Some(("subject_mismatch", "subject", wanted, seen));
    }
    if waiver.environment != release.environment.as_str() {
        let wanted = release.environment.to_string();
        return Some(("environment_mismatch", "environment", wanted, waiver.environment.clone()));
    }
    if waiver.tenant != release.tenant {
        return Some(("tenant_mismatch", "tenant", tenant(&release.tenant), tenant(&waiver.tenant)));
    }
    if !waiver.reason_codes.is_empty() && !waiver.reason_codes.iter().any(|it| it == judged.reason) {
        let seen = waiver.reason_codes.join(", ");
        return Some(("reason_mismatch", "reason_codes", judged.reason.to_owned(), seen));
    }
    if waiver.expires_at.saturating_sub(waiver.issued_at) > rules.max_validity.millis() {
        let wanted = format!("at most {} after `issued_at`", rules.max_validity);
        return Some(("waiver_too_long", "expires_at", wanted, shown(waiver.expires_at)));
    }
    if release.at < waiver.issued_at {
        return Some(("waiver_not_yet", "issued_at", "a time that has come".into(), shown(waiver.issued_at)));
    }
    if release.at >= waiver.expires_at {
        return Some(("waiver_expired", "expires_at", "a time to come".into(), shown(waiver.expires_at)));
    }
    if let (Basis::Missing, FailedEvidence::Refuse, Some(rejected)) =
        (judged.basis, rules.failed_evidence, release.rejected.iter().min())
    {
        let seen = format!("sha256:{} ({})", rejected.envelope, rejected.code);
        return Some(("waiver_refused", "evidence", "no evidence that failed its check".into(), seen));
    }
    None
}
