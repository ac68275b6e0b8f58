//! One release under one snapshot's rules: from what was brought to an answer, a lane and a record.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::{Answer, Fault, FaultCode, Found, Query, Subject};
use decision_gate_core::keys::{KeyId, TrustedKey};
use decision_gate_core::name::EnvironmentName;
use decision_gate_core::trust::{Lane, Occasion, ReleaseJudge, ReleaseReading, ReleasedBy, Scale};
use serde_json::Value;

use super::brought::{Asked, Brought};
use super::hearing::{Going, Hearing};
use super::question::Question;
use super::rules::{Rules, RulesFault};
use super::{answer, marks, view};
use crate::chain;
use crate::outlook;
use crate::policy::ReleasePolicy;
use crate::result::Telling;

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
        let brought = brought(found)?;
        let (name, policy) = self.policy(&question)?;
        let place = self.place(&question, &scale.occasion)?;
        let hearing =
            Hearing::of(&self.rules, scale.keys, &query.provider_id, place.subject, scale.occasion.at, &brought);
        let asked = question.asked.or(&brought.asked);
        let going = place.going(&asked, Lane::Verified);
        let history = hearing.history(&self.rules.issuers, &going);
        let bench = hearing.bench(&self.rules, &history, &going);
        let decision = bench.decide(policy, Telling::Whole);
        let lane = bench.lane(policy, question.what, &decision);
        let judged = answer::Judged {
            what: question.what,
            name,
            requested: asked.requested_status,
            decision: &decision,
            turns: &outlook::turns(policy, &bench.all, &decision.rows),
            sifted: &hearing.sifted,
            seen: &marks::of(&history.seen.clone().max(history.now.clone()), hearing.subject()),
        };
        let view = view::of(&judged, lane, &chain::precheck(policy, &bench.all));
        Ok(judged.reading(found, lane, view))
    }

    /// The artifact, and where, for whom and when it is to go: of the run, and nothing else where the run says it.
    pub(crate) fn place<'a>(
        &'a self,
        question: &'a Question,
        occasion: &Occasion<'a>,
    ) -> Result<Place<'a>, Box<Fault>> {
        let subject = occasion.subject.ok_or_else(|| {
            Fault::new(SUBJECT_MISSING, "a release is of an artifact, and the run does not say which one it is about")
        })?;
        let environment = self.environment(question, occasion)?;
        let Timestamp::UnixMillis(at) = occasion.at else {
            return Err(Fault::new(TIME_LOGICAL, "release gates judge in wall-clock time").into());
        };
        Ok(Place { subject, environment, tenant: self.rules.tenant(occasion.tenant), at })
    }

    pub(crate) fn policy(&self, question: &Question) -> Result<(&str, &ReleasePolicy), Box<Fault>> {
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
    fn environment<'a>(
        &self,
        question: &'a Question,
        occasion: &Occasion<'a>,
    ) -> Result<&'a EnvironmentName, Box<Fault>> {
        let environment = match (&question.environment, occasion.environment) {
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
}

/// A release's artifact and its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) environment: &'a EnvironmentName,
    pub(crate) tenant: Option<&'a str>,
    pub(crate) at: i64,
}

impl<'a> Place<'a> {
    pub(crate) fn going(&self, asked: &'a Asked, need: Lane) -> Going<'a> {
        Going { environment: self.environment, tenant: self.tenant, asked, at: self.at, need }
    }
}

/// Reads what was brought out of the answer that was kept.
pub(crate) fn brought(found: &Found) -> Result<Brought, Box<Fault>> {
    Brought::read(&found.value).map_err(|error| Fault::new(BROUGHT_INVALID, format!("{error}")).into())
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
