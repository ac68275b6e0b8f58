//! A release as it was heard: what counts of what was brought, and what the gates see of it on one occasion.
//!
//! Nothing here depends on a release policy, so that several policies can judge one hearing: live evaluation and
//! replays with the policy in force, backtests with that and a candidate.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_attest::issuers::IssuerDirectory;
use decision_gate_attest::vex::VexEvidence;
use decision_gate_attest::vex_trust::{Identity, Seen, assess};
use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::keys::{Keyring, TrustedKey};
use decision_gate_core::name::{EnvironmentName, ProviderId};
use decision_gate_core::trust::Lane;

use super::brought::{Asked, Brought};
use super::files::{Files, Under};
use super::marks;
use super::question::What;
use super::rules::Rules;
use super::sift::{Sieve, Sifted};
use super::why::counting;
use crate::attested::Attested;
use crate::chain::{self, ReleaseDecision};
use crate::context::ReleaseContext;
use crate::policy::ReleasePolicy;
use crate::result::Telling;
use crate::vex_trust::{VexInput, VexTrustConfidenceFactorProvider};

/// What counts of what was brought for one artifact.
#[derive(Debug)]
pub(crate) struct Hearing {
    pub(crate) sifted: Sifted,
    /// The documents that somebody signed, where that is not all of them.
    signed: Option<Vec<VexEvidence>>,
    identity: Identity,
    seen: BTreeMap<String, decision_gate_core::trust::Height>,
}

/// Where a release is to go, for whom, when, what is asked about it, and what the answer must be believed by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Going<'a> {
    /// What is verified is looked at by itself only where this is more than [`Lane::Asserted`].
    pub(crate) need: Lane,
    pub(crate) environment: &'a EnvironmentName,
    pub(crate) tenant: Option<&'a str>,
    pub(crate) asked: &'a Asked,
    pub(crate) at: i64,
}

/// How far VEX sources have come.
#[derive(Debug)]
pub(crate) struct History {
    /// Before, as the ledger says.
    pub(crate) seen: Seen,
    /// In what was brought.
    pub(crate) now: Seen,
}

/// What the gates see: all of it, and where that is less, what is verified.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) all: ReleaseContext,
    firm: Option<ReleaseContext>,
}

impl Hearing {
    /// Sifts what was brought. Its result changes with time only where a key's window begins or ends ([`epoch`]).
    pub(crate) fn of(
        rules: &Rules,
        keys: &Keyring,
        provider: &ProviderId,
        subject: &Subject,
        at: Timestamp,
        brought: &Brought,
    ) -> Self {
        Self::sifted(rules, subject, brought, Sieve { rules, keys, provider, subject, at }.sift(brought))
    }

    /// The same, where the same files may have been sifted before.
    pub(crate) fn again(
        rules: &Rules,
        keys: &Keyring,
        at: Timestamp,
        brought: &Brought,
        files: &mut Files,
        under: &Under<'_>,
    ) -> Self {
        let sieve = Sieve { rules, keys, provider: under.provider, subject: under.subject, at };
        Self::sifted(rules, under.subject, brought, sieve.sift_again(brought, files, under))
    }

    fn sifted(rules: &Rules, subject: &Subject, brought: &Brought, sifted: Sifted) -> Self {
        let identity = Identity { subject: subject.clone(), purls: rules.purls_of(subject) };
        let is_signed = |it: &&VexEvidence| !it.signers().is_empty();
        let signed = sifted.documents.iter().filter(is_signed);
        let signed = (!sifted.documents.iter().all(|it| is_signed(&it))).then(|| signed.cloned().collect());
        Self { sifted, signed, identity, seen: brought.seen.clone() }
    }

    pub(crate) fn subject(&self) -> &Subject {
        &self.identity.subject
    }

    pub(crate) fn history(&self, issuers: &IssuerDirectory, going: &Going<'_>) -> History {
        let now =
            Seen::of(&self.identity, &self.sifted.documents, issuers, going.tenant, &self.sifted.outcomes, going.at);
        History { seen: marks::read(&self.seen, &self.identity.subject), now }
    }

    /// What the gates see on this occasion.
    pub(crate) fn bench(&self, rules: &Rules, history: &History, going: &Going<'_>) -> Bench {
        let of = |least| {
            let mut context = self.context(rules, least, going);
            self.turn(&mut context, rules, history, least, going);
            context
        };
        Bench { all: of(Lane::Asserted), firm: self.has_firm(going).then(|| of(Lane::Verified)) }
    }

    /// The same bench on another occasion.
    pub(crate) fn turn_bench(&self, bench: &mut Bench, rules: &Rules, going: &Going<'_>) {
        let history = self.history(&rules.issuers, going);
        self.turn(&mut bench.all, rules, &history, Lane::Asserted, going);
        bench.firm = match bench.firm.take() {
            _ if !self.has_firm(going) => None,
            Some(mut firm) => {
                self.turn(&mut firm, rules, &history, Lane::Verified, going);
                Some(firm)
            }
            None => {
                let mut firm = self.context(rules, Lane::Verified, going);
                self.turn(&mut firm, rules, &history, Lane::Verified, going);
                Some(firm)
            }
        };
    }

    /// Whether what is verified is looked at by itself: somebody needs it, and anything is only asserted. Where nothing is,
    /// what is verified is all.
    fn has_firm(&self, going: &Going<'_>) -> bool {
        let is_asserted = |it: &Attested| it.lane() < Lane::Verified;
        going.need > Lane::Asserted
            && (!going.asked.metadata.is_empty()
                || self.sifted.attestations.iter().any(is_asserted)
                || self.signed.is_some())
    }

    /// What does not depend on the occasion.
    fn context(&self, rules: &Rules, least: Lane, going: &Going<'_>) -> ReleaseContext {
        ReleaseContext {
            declared_environments: rules.environments.iter().map(ToString::to_string).collect(),
            attestations: self.sifted.attestations.iter().filter(|it| it.lane() >= least).cloned().collect(),
            rejected: self.sifted.rejected.iter().cloned().collect(),
            ..ReleaseContext::new(going.environment.clone(), self.identity.subject.clone(), going.at)
        }
    }

    /// What does, counting what has at least this lane.
    fn turn(&self, context: &mut ReleaseContext, rules: &Rules, history: &History, least: Lane, going: &Going<'_>) {
        let Going { environment, tenant, asked, at, need: _ } = *going;
        let documents = match (&self.signed, least) {
            (Some(signed), Lane::Verified) => signed,
            (Some(_), Lane::Asserted) | (None, _) => &self.sifted.documents,
        };
        let claims =
            assess(&self.identity, documents, &rules.issuers, tenant, &self.sifted.outcomes, &history.seen, at);
        let silence = history.seen.silence(&history.now, &self.identity, &rules.issuers, tenant, at);
        context.vex = Some(VexInput::new(claims, silence, &VexTrustConfidenceFactorProvider::default(), at));
        if context.environment != *environment {
            context.environment = environment.clone();
        }
        context.tenant = tenant.map(str::to_owned);
        context.requested_status = asked.requested_status;
        context.at = at;
        context.metadata = if least == Lane::Asserted { asked.metadata.clone() } else { BTreeMap::new() };
    }
}

impl Bench {
    /// What the gates come to.
    pub(crate) fn decide(&self, policy: &ReleasePolicy, telling: Telling) -> ReleaseDecision {
        chain::told(policy, &self.all, telling)
    }

    /// What they come to under another policy than the one that they were told by, as far as that decides.
    pub(crate) fn decide_again(
        &self,
        policy: &ReleasePolicy,
        told: (&ReleasePolicy, &ReleaseDecision),
    ) -> ReleaseDecision {
        chain::told_again(policy, &self.all, told)
    }

    /// How far a decision can be believed, as far as is needed: what is only asserted counts for the lane where without it the
    /// answer would be another.
    pub(crate) fn lane(&self, policy: &ReleasePolicy, what: What, decision: &ReleaseDecision) -> Lane {
        let firm = self.firm.as_ref().map(|firm| chain::told(policy, firm, Telling::Bare));
        let asserted = firm.is_some_and(|firm| truth_of(what, &firm) != truth_of(what, decision));
        if asserted { Lane::Asserted } else { Lane::Verified }
    }

    /// The contexts that an answer must hold in to be believed.
    pub(crate) fn contexts(&self) -> impl Iterator<Item = &ReleaseContext> {
        std::iter::once(&self.all).chain(&self.firm)
    }
}

/// What was asked for; nothing where the gate proved nothing.
pub(crate) fn truth_of(what: What, decision: &ReleaseDecision) -> Option<Truth> {
    match what {
        What::Chain => Some(decision.truth),
        What::Gate(id) => decision.rows.iter().find(|row| row.gate == id).and_then(counting),
    }
}

/// The instants at which a key begins or ceases to count: between two of them the same signatures hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Epochs(BTreeSet<i64>);

impl Epochs {
    pub(crate) fn of(rules: &Rules, keys: &Keyring) -> Self {
        let instants = |key: &TrustedKey| {
            let revoked = key.revocation().map(|it| it.at);
            [key.not_before(), key.not_after(), revoked].into_iter().flatten().filter_map(|it| match it {
                Timestamp::UnixMillis(at) => Some(at),
                // No window of wall-clock time: it holds at no instant.
                Timestamp::Logical(_) => None,
            })
        };
        let all = keys.iter().chain(rules.issuers.keyring().iter());
        // Whether an end belongs to its window or not, nothing changes between these.
        Self(all.flat_map(instants).flat_map(|at| [at, at.saturating_add(1)]).collect())
    }

    /// Which stretch of time an instant is in.
    pub(crate) fn epoch(&self, at: i64) -> usize {
        self.0.range(..=at).count()
    }
}

/// Envelopes, sorted, and the distinct keys that signed them.
pub(super) fn rests_on(sifted: &Sifted, envelopes: BTreeSet<Digest>) -> decision_gate_core::trust::ReleasedBy {
    let signers = envelopes.iter().filter_map(|it| sifted.signers.get(it)).flat_map(|it| it.iter().cloned());
    let signers: BTreeSet<_> = signers.collect();
    decision_gate_core::trust::ReleasedBy {
        signers: signers.into_iter().collect(),
        envelopes: envelopes.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::{NOW, policy, subject};

    /// What the first occasion did not need is there on the second that does.
    #[test]
    fn t213_what_is_verified_is_looked_at_wherever_it_is_needed() {
        let environment: EnvironmentName = "production".parse().unwrap();
        let rules = Rules { environments: [environment.clone()].into(), ..Rules::default() };
        let said = [("has_execution_evidence", "true"), ("execution_evidence_hot_symbol_count", "9")];
        let said = said.into_iter().chain([("execution_evidence_unique_call_paths", "9")]);
        let metadata = said.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let asked = Asked { metadata, ..Asked::default() };
        let (provider, keys) = ("release".try_into().unwrap(), Keyring::new([]).unwrap());
        let at = Timestamp::UnixMillis(NOW);
        let hearing = Hearing::of(&rules, &keys, &provider, &subject(), at, &Brought::default());
        let options = json!({ "Enabled": true, "MissingEvidenceAction": "Block", "MinLane": "Asserted" });
        let policy = policy(&json!({ "ExecutionEvidence": options }));
        let going = |need| Going { need, environment: &environment, tenant: None, asked: &asked, at: NOW };

        let history = hearing.history(&rules.issuers, &going(Lane::Asserted));
        let mut bench = hearing.bench(&rules, &history, &going(Lane::Asserted));
        assert_eq!(bench.contexts().count(), 1);
        let decision = bench.decide(&policy, Telling::Bare);
        assert_eq!(decision.truth, Truth::True);
        hearing.turn_bench(&mut bench, &rules, &going(Lane::Verified));
        assert_eq!(bench.contexts().count(), 2);
        assert_eq!(bench.lane(&policy, What::Chain, &decision), Lane::Asserted);
        hearing.turn_bench(&mut bench, &rules, &going(Lane::Asserted));
        assert_eq!(bench.contexts().count(), 1);
    }
}
