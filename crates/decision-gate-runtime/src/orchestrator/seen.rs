//! What release decisions of a shelf have seen, held against what is brought later.
//!
//! A decision says how far its VEX sources have come; the store keeps the highest of each, raised in the transaction of
//! the decision's event. Where the store knows more than a decision was made by, that is added to the answer that is
//! kept, and it is decided again: a replay starts from the same answer and comes to the same bytes. No caller and no
//! source is asked for any of it.

use std::collections::BTreeMap;

use decision_gate_core::engine::SaltedAnswer;
use decision_gate_core::evidence::{Answer, Subject};
use decision_gate_core::ledger::{Body, Event, EvidenceEntry};
use decision_gate_core::trust::Height;
use decision_gate_policy::release::{Brought, marks};

use super::Orchestrator;
use crate::error::RuntimeError;
use crate::ports::{Mark, Scope};

/// Takes out of an answer what only the ledger may say.
pub(super) fn forget(answer: &mut Answer) {
    if let Answer::Found(found) = answer {
        Brought::forget(&mut found.value);
    }
}

/// How far things have come that an event was decided by.
pub(crate) fn marks_of(event: &Event) -> Vec<Mark> {
    let mut marks: BTreeMap<&String, Height> = BTreeMap::new();
    for (name, height) in evidence(event).iter().filter_map(|it| it.release.as_ref()).flat_map(|it| &it.seen) {
        let best = marks.entry(name).or_default();
        *best = (*best).max(*height);
    }
    marks.into_iter().map(|(name, height)| Mark { name: name.clone(), height }).collect()
}

fn evidence(event: &Event) -> &[EvidenceEntry] {
    match &event.body {
        Body::StepDecided(body) => &body.evidence,
        Body::ScenarioDefined(_)
        | Body::RunStarted(_)
        | Body::Submitted(_)
        | Body::PolicyActivated(_)
        | Body::SchemaRegistered(_) => &[],
    }
}

impl Orchestrator {
    /// Adds to the answers what the shelf has seen beyond what a decision was made by. Whether there was any of it.
    pub(super) async fn remember(
        &self,
        scope: Scope,
        subject: Option<&Subject>,
        event: &Event,
        answers: &mut [SaltedAnswer],
    ) -> Result<bool, RuntimeError> {
        let Some(subject) = subject else { return Ok(false) };
        let released: Vec<_> = evidence(event).iter().filter_map(|it| Some((it, it.release.as_ref()?))).collect();
        if released.is_empty() {
            return Ok(false);
        }
        let names: Vec<String> = released.iter().flat_map(|(_, it)| marks::names(&it.seen)).collect();
        let known = self.known(scope, &names, &marks::below(subject)).await?;
        let mut news = false;
        for (entry, record) in released {
            let beyond = known.iter().filter(|(name, height)| record.seen.get(*name).is_none_or(|it| it < height));
            let beyond: BTreeMap<String, Height> = beyond.map(|(name, height)| (name.clone(), *height)).collect();
            for salted in answers.iter_mut().filter(|it| it.condition_id == entry.condition_id) {
                if let Answer::Found(found) = &mut salted.answer
                    && !beyond.is_empty()
                {
                    news |= Brought::remember(&mut found.value, &beyond);
                }
            }
        }
        Ok(news)
    }

    /// Marks of the ledger, and of the one that is only asked.
    async fn known(
        &self,
        scope: Scope,
        names: &[String],
        below: &[String],
    ) -> Result<BTreeMap<String, Height>, RuntimeError> {
        let mut known = BTreeMap::new();
        for store in [Some(&self.parts.store), self.parts.history.as_ref()].into_iter().flatten() {
            for Mark { name, height } in store.marks(scope, names, below).await? {
                let best = known.entry(name).or_insert(height);
                *best = height.max(*best);
            }
        }
        Ok(known)
    }
}
