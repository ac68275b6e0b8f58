//! Evidence that was sifted, kept for the decisions that rest on the same.
//!
//! A release is mostly decided several times: held twice, then let through, then let into the next environment. What its
//! signatures come to changes only with the snapshot, the artifact, the bytes, and where a key's window begins or ends
//! in between; windows, ages and everything else that depends on the time are judged anew for each decision.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_gate_core::evidence::{Answer, Subject};
use decision_gate_core::json::{self, Limits};
use decision_gate_core::trust::Lane;
use serde::Deserialize as _;

use super::law::{Asking, Law, Source};
use super::refusal::Refusal;
use crate::release::Asked;
use crate::release::files::{Files, Under, mix};
use crate::release::hearing::{Bench, Going, Hearing};
use crate::release::judge::{self, Place};

/// How many bytes of evidence are kept before all are forgotten.
const MOST: usize = 64 << 20;
/// The most bytes of one answer.
const MAX_ANSWER: usize = 1 << 28;

/// Evidence that was sifted.
#[derive(Debug, Default)]
pub(super) struct Hearings {
    kept: BTreeMap<Key, Vec<Heard>>,
    bytes: usize,
    files: Files,
}

/// Where it is looked for. What is found there is compared byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    mix: u64,
    epoch: usize,
}

/// One release's evidence, on the bench.
#[derive(Debug)]
pub(super) struct Heard {
    law: Arc<Law>,
    subject: Subject,
    canonical: Vec<u8>,
    hearing: Hearing,
    bench: Option<Bench>,
    asked: Asked,
}

impl Hearings {
    /// The evidence of one decision.
    pub(super) fn hear(
        &mut self,
        law: &Arc<Law>,
        source: &Source,
        asking: &Asking,
        place: &Place<'_>,
        canonical: &[u8],
    ) -> Result<&mut Heard, Refusal> {
        let key = Key { mix: mix(canonical), epoch: source.epochs.epoch(place.at) };
        let is_same =
            |it: &Heard| Arc::ptr_eq(&it.law, law) && it.canonical == canonical && it.subject == *place.subject;
        let known = self.kept.get(&key).and_then(|it| it.iter().position(is_same));
        let index = match known {
            Some(index) => index,
            None => {
                let heard = Heard::new(law, source, asking, place, (canonical, key.epoch), &mut self.files)?;
                if self.bytes > MOST {
                    (self.kept, self.bytes) = (BTreeMap::new(), 0);
                }
                self.bytes += canonical.len();
                let same_place = self.kept.entry(key).or_default();
                same_place.push(heard);
                same_place.len() - 1
            }
        };
        let lost = Refusal::Unanswered("internal_error".into());
        self.kept.get_mut(&key).and_then(|it| it.get_mut(index)).ok_or(lost)
    }
}

impl Heard {
    fn new(
        law: &Arc<Law>,
        source: &Source,
        asking: &Asking,
        place: &Place<'_>,
        (canonical, epoch): (&[u8], usize),
        files: &mut Files,
    ) -> Result<Self, Refusal> {
        let read = json::parse_exact(canonical, &Limits::message(MAX_ANSWER)).ok();
        let answer = read.and_then(|value| Answer::deserialize(value).ok());
        let found = match answer.ok_or_else(|| Refusal::Unanswered("evidence_invalid".into()))? {
            Answer::Found(found) => found,
            Answer::Absent { .. } => return Err(Refusal::Unanswered("value_absent".into())),
            Answer::Fault(fault) => return Err(Refusal::Unanswered(fault.code.as_str().to_owned().into())),
        };
        let brought = judge::brought(&found);
        let brought = brought.map_err(|fault| Refusal::Unanswered(fault.code.as_str().to_owned().into()))?;
        let keys = &law.policy.snapshot().keys;
        let at = decision_gate_core::at::Timestamp::UnixMillis(place.at);
        let under =
            Under { law: law.policy.digest(), provider: &asking.query.provider_id, epoch, subject: place.subject };
        let hearing = Hearing::again(source.judge.rules(), keys, at, &brought, files, &under);
        Ok(Self {
            law: Arc::clone(law),
            subject: place.subject.clone(),
            canonical: canonical.to_owned(),
            hearing,
            bench: None,
            asked: brought.asked,
        })
    }

    /// What the gates see of it on one occasion.
    pub(super) fn on(&mut self, source: &Source, asking: &Asking, place: &Place<'_>, need: Lane) -> &Bench {
        let rules = source.judge.rules();
        let asked = asking.question.asked.or(&self.asked);
        let going: Going<'_> = place.going(&asked, need);
        let bench = match self.bench.take() {
            Some(mut bench) => {
                self.hearing.turn_bench(&mut bench, rules, &going);
                bench
            }
            None => self.hearing.bench(rules, &self.hearing.history(&rules.issuers, &going), &going),
        };
        self.bench.insert(bench)
    }
}
