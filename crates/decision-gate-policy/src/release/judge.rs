//! One release under one snapshot's rules: from what was brought to an answer, a lane and a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use decision_gate_attest::issuers::IssuerDirectory;
use decision_gate_attest::vex_trust::{Identity, Seen, assess};
use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::{Answer, Fault, FaultCode, Found, Query};
use decision_gate_core::keys::{KeyId, TrustedKey};
use decision_gate_core::name::EnvironmentName;
use decision_gate_core::trust::{Lane, ReleaseJudge, ReleaseReading, ReleasedBy, Scale};
use serde_json::Value;

use super::brought::{Asked, Brought};
use super::question::Question;
use super::rules::{Rules, RulesFault};
use super::sift::{Sieve, Sifted};
use super::{answer, marks, view};
use crate::chain;
use crate::context::ReleaseContext;
use crate::outlook;
use crate::policy::ReleasePolicy;
use crate::vex_trust::{VexInput, VexTrustConfidenceFactorProvider};

const BROUGHT_INVALID: FaultCode = FaultCode::known("release_evidence_invalid");
const POLICY_UNKNOWN: FaultCode = FaultCode::known("release_policy_unknown");
const SUBJECT_MISSING: FaultCode = FaultCode::known("subject_missing");
const ENVIRONMENT_MISSING: FaultCode = FaultCode::known("environment_missing");
const ENVIRONMENT_UNKNOWN: FaultCode = FaultCode::known("environment_unknown");
const ENVIRONMENT_MISMATCH: FaultCode = FaultCode::known("environment_mismatch");
const TIME_LOGICAL: FaultCode = FaultCode::known("time_kind_mismatch");

/// Judges releases under one snapshot's rules.
#[derive(Debug)]
pub struct Judge {
    rules: Rules,
    policies: BTreeMap<String, ReleasePolicy>,
}

/// Makes a judge out of what a snapshot says.
pub(super) fn make(rules: &Value) -> Result<Arc<dyn ReleaseJudge>, String> {
    let judge = Rules::read(rules).and_then(Judge::new).map_err(|fault| fault.to_string())?;
    Ok(Arc::new(judge))
}

impl Judge {
    /// A judge by these rules.
    ///
    /// # Errors
    /// The first policy that does not read.
    pub fn new(rules: Rules) -> Result<Self, RulesFault> {
        let policy = |(name, overlays): (&String, &crate::options::Overlays)| {
            let fault = |fault| RulesFault::Policy { policy: name.clone(), fault: Box::new(fault) };
            let merged = overlays.merged().map_err(|(_, faults)| faults);
            let document = match merged {
                Ok(document) => document,
                Err(faults) => {
                    let first = faults.into_iter().next();
                    let none = || RulesFault::Shape { reason: format!("release policy `{name}` does not read") };
                    return Err(first.map_or_else(none, fault));
                }
            };
            Ok((name.clone(), document.policy().map_err(fault)?))
        };
        let policies = rules.policies.iter().map(policy).collect::<Result<_, _>>()?;
        Ok(Self { rules, policies })
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    fn read(&self, query: &Query, found: &Found, scale: &Scale<'_>) -> Result<ReleaseReading, Box<Fault>> {
        let question = Question::of(query)?;
        let invalid = |error| Fault::new(BROUGHT_INVALID, format!("{error}"));
        let brought = Brought::read(&found.value).map_err(invalid)?;
        let (name, policy) = self.policy(&question)?;
        let subject = scale.occasion.subject.ok_or_else(|| {
            Fault::new(SUBJECT_MISSING, "a release is of an artifact, and the run does not say which one it is about")
        })?;
        let environment = self.environment(&question, scale)?;
        let Timestamp::UnixMillis(at) = scale.occasion.at else {
            return Err(Fault::new(TIME_LOGICAL, "release gates judge in wall-clock time").into());
        };
        let (rules, provider) = (&self.rules, &query.provider_id);
        let sifted = Sieve { rules, keys: scale.keys, provider, subject, at: scale.occasion.at }.sift(&brought);
        let asked = question.asked.or(&brought.asked);
        let tenant = self.rules.tenant(scale.occasion.tenant);
        let identity = Identity { subject: subject.clone(), purls: self.rules.purls_of(subject) };
        let history = History::of(&brought, &identity, &sifted, &self.rules.issuers, tenant, at);
        let of = |trust| self.release(trust, &sifted, &identity, &history, environment, tenant, &asked, at);
        let release = of(Lane::Asserted);
        let decision = chain::evaluate(policy, &release);
        let judged = answer::Judged {
            what: question.what,
            name,
            requested: asked.requested_status,
            decision: &decision,
            turns: &outlook::turns(policy, &release, &decision.rows),
            sifted: &sifted,
            seen: &marks::of(&history.seen.clone().max(history.now.clone()), subject),
        };
        // What is only asserted counts for the lane where without it the answer would be another.
        let firm = chain::evaluate(policy, &of(Lane::Verified));
        let lane = if judged.truth() == judged.truth_of(&firm) { Lane::Verified } else { Lane::Asserted };
        let view = view::of(&judged, lane, &chain::precheck(policy, &release));
        Ok(judged.reading(found, lane, view))
    }

    fn policy(&self, question: &Question) -> Result<(&str, &ReleasePolicy), Box<Fault>> {
        let named = question.policy.as_deref();
        let known = || self.policies.keys().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let found = self.policies.iter().find(|(name, _)| self.rules.policy_name(named) == Some(name.as_str()));
        let (name, policy) = found.ok_or_else(|| {
            let message = match named {
                Some(name) => {
                    let name: String = name.chars().take(80).collect();
                    format!("there is no release policy `{name}`: {}", known())
                }
                None if self.policies.is_empty() => "no release policy is configured".to_owned(),
                None => format!("there are several release policies, and none is named: {}", known()),
            };
            Fault::new(POLICY_UNKNOWN, message)
        })?;
        Ok((name, policy))
    }

    /// Where the release is to go: the run's environment, and nothing else where the run says it.
    fn environment<'a>(&self, question: &'a Question, scale: &Scale<'a>) -> Result<&'a EnvironmentName, Box<Fault>> {
        let environment = match (&question.environment, scale.occasion.environment) {
            (Some(asked), Some(run)) if asked != run => {
                let message = format!("the question is about `{asked}`, and the run goes to `{run}`");
                return Err(Fault::new(ENVIRONMENT_MISMATCH, message).into());
            }
            (Some(it), _) | (None, Some(it)) => it,
            (None, None) => {
                let message = "a release goes to an environment, and neither the run nor the question says which";
                return Err(Fault::new(ENVIRONMENT_MISSING, message).into());
            }
        };
        if self.rules.environments.contains(environment) {
            return Ok(environment);
        }
        let message = format!("`{environment}` is not a declared environment");
        Err(Fault::new(ENVIRONMENT_UNKNOWN, message).into())
    }

    /// The release as far as it is known, counting what has at least this lane.
    #[expect(clippy::too_many_arguments, reason = "one call, and each argument is one fact about the release")]
    fn release(
        &self,
        least: Lane,
        sifted: &Sifted,
        identity: &Identity,
        history: &History,
        environment: &EnvironmentName,
        tenant: Option<&str>,
        asked: &Asked,
        at: i64,
    ) -> ReleaseContext {
        let documents = sifted.documents.iter().filter(|it| least == Lane::Asserted || !it.signers().is_empty());
        let documents: Vec<_> = documents.cloned().collect();
        let issuers = &self.rules.issuers;
        let claims = assess(identity, &documents, issuers, tenant, &sifted.outcomes, &history.seen, at);
        let silence = history.seen.silence(&history.now, identity, issuers, tenant, at);
        let vex = VexInput::new(claims, silence, &VexTrustConfidenceFactorProvider::default(), at);
        ReleaseContext {
            tenant: tenant.map(str::to_owned),
            requested_status: asked.requested_status,
            declared_environments: self.rules.environments.iter().map(ToString::to_string).collect(),
            attestations: sifted.attestations.iter().filter(|it| it.lane() >= least).cloned().collect(),
            rejected: sifted.rejected.iter().cloned().collect(),
            vex: Some(vex),
            metadata: if least == Lane::Asserted { asked.metadata.clone() } else { BTreeMap::new() },
            ..ReleaseContext::new(environment.clone(), identity.subject.clone(), at)
        }
    }
}

/// How far VEX sources have come.
struct History {
    /// Before, as the ledger says.
    seen: Seen,
    /// In what was brought.
    now: Seen,
}

impl History {
    fn of(
        brought: &Brought,
        identity: &Identity,
        sifted: &Sifted,
        issuers: &IssuerDirectory,
        tenant: Option<&str>,
        at: i64,
    ) -> Self {
        let seen = marks::read(&brought.seen, &identity.subject);
        Self { seen, now: Seen::of(identity, &sifted.documents, issuers, tenant, &sifted.outcomes, at) }
    }
}

impl ReleaseJudge for Judge {
    fn judge(&self, query: &Query, brought: &Answer, scale: &Scale<'_>) -> ReleaseReading {
        let unjudged = |answer| ReleaseReading {
            answer,
            lane: Lane::Asserted,
            by: ReleasedBy { signers: Vec::new(), envelopes: Vec::new() },
            judgement: None,
        };
        match brought {
            Answer::Fault(_) | Answer::Absent { .. } => unjudged(brought.clone()),
            Answer::Found(found) => self.read(query, found, scale).unwrap_or_else(|fault| {
                unjudged(Answer::Fault(Fault { anchor: fault.anchor.or_else(|| found.anchor.clone()), ..*fault }))
            }),
        }
    }

    fn key(&self, id: &KeyId) -> Option<&TrustedKey> {
        self.rules.issuers.keyring().get(id)
    }
}

/// Envelopes, sorted, and the distinct keys that signed them.
pub(super) fn rests_on(sifted: &Sifted, envelopes: BTreeSet<decision_gate_core::digest::Digest>) -> ReleasedBy {
    let signers = envelopes.iter().filter_map(|it| sifted.signers.get(it)).flatten().cloned();
    let signers: BTreeSet<_> = signers.collect();
    ReleasedBy { signers: signers.into_iter().collect(), envelopes: envelopes.into_iter().collect() }
}
