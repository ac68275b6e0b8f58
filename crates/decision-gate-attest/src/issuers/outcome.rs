//! How often an issuer was right, from records that somebody else signed.
//!
//! Records of one issuer are numbered from 1. A number that is missing, or fewer than the ledger has seen, make the
//! accuracy unknown: leaving out what speaks against an issuer never helps it. Nobody records about himself.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use decision_gate_core::keys::KeyId;
use serde_json::{Value, json};

use super::directory::IssuerDirectory;
use crate::predicate::{Members, PredicateFault};
use crate::rate::Rate;
use crate::vex_status::VexStatus;

/// Predicate type of a record.
pub const OUTCOME_PREDICATE_TYPE: &str = "urn:decision-gate:vex-outcome:v1";

/// How a statement turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was right.
    Confirmed,
    /// It was wrong.
    Refuted,
}

impl Outcome {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Refuted => "refuted",
        }
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeRecord {
    /// Whose statement it was.
    pub issuer: String,
    /// Its number among the issuer's records, from 1.
    pub sequence: u64,
    /// About which vulnerability.
    pub vulnerability: String,
    /// What was claimed.
    pub claimed: VexStatus,
    /// How it turned out.
    pub outcome: Outcome,
    /// When it was recorded, in milliseconds since 1970.
    pub recorded_at: i64,
}

impl OutcomeRecord {
    /// Reads the predicate of a record.
    ///
    /// # Errors
    /// [`PredicateFault`].
    pub fn read(predicate: &Value) -> Result<Self, PredicateFault> {
        let members = Members::of(predicate)?;
        let word = members.text("claimed_status")?;
        let claimed = VexStatus::ALL.into_iter().find(|it| it.word() == word);
        let outcome = match members.text("outcome")? {
            "confirmed" => Outcome::Confirmed,
            "refuted" => Outcome::Refuted,
            _ => return Err(members.malformed("outcome", "`confirmed` or `refuted`")),
        };
        let sequence = members.count("sequence")?;
        if sequence == 0 {
            return Err(members.malformed("sequence", "a whole number of 1 or more"));
        }
        Ok(Self {
            issuer: members.text("issuer_id")?.to_owned(),
            sequence,
            vulnerability: members.text("vulnerability")?.to_owned(),
            claimed: claimed.ok_or_else(|| members.malformed("claimed_status", "one of the four VEX statuses"))?,
            outcome,
            recorded_at: members.time("recorded_at")?,
        })
    }
}

/// The predicate of a record, to be signed. `recorded_at` is RFC 3339.
pub fn outcome_predicate(
    issuer: &str,
    sequence: u64,
    vulnerability: &str,
    claimed: VexStatus,
    outcome: Outcome,
    recorded_at: &str,
) -> Value {
    json!({
        "issuer_id": issuer,
        "sequence": sequence,
        "vulnerability": vulnerability,
        "claimed_status": claimed.word(),
        "outcome": outcome.word(),
        "recorded_at": recorded_at,
    })
}

/// Why an accuracy is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccuracyGap {
    /// Nothing was recorded, or too little.
    TooFew,
    /// Records are missing, or say two things under one number.
    Incomplete,
}

/// How often an issuer was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accuracy {
    /// So often.
    Known(Rate),
    /// Nobody can tell.
    Unknown(AccuracyGap),
}

/// What was recorded about one issuer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeTally {
    confirmed: u64,
    refuted: u64,
    incomplete: u64,
}

impl OutcomeTally {
    /// The accuracy, if at least so many were recorded.
    pub fn accuracy(self, least: u64) -> Accuracy {
        let all = self.confirmed.saturating_add(self.refuted);
        if self.incomplete > 0 {
            return Accuracy::Unknown(AccuracyGap::Incomplete);
        }
        match Rate::of(self.confirmed, all) {
            Some(rate) if all >= least => Accuracy::Known(rate),
            _ => Accuracy::Unknown(AccuracyGap::TooFew),
        }
    }

    /// How many were recorded.
    pub fn count(self) -> u64 {
        self.confirmed.saturating_add(self.refuted)
    }
}

/// Records of all issuers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    records: BTreeMap<String, BTreeMap<u64, OutcomeRecord>>,
    doubtful: BTreeSet<String>,
}

impl Outcomes {
    /// Takes in a signed record. `recorders` are the keys that may sign them.
    ///
    /// # Errors
    /// [`PredicateFault`]; also where the issuer itself signed it.
    pub fn add(
        &mut self,
        statement: &Verified<Statement>,
        directory: &IssuerDirectory,
        recorders: &BTreeSet<KeyId>,
    ) -> Result<(), PredicateFault> {
        let inner = statement.get();
        let refused = |expected| PredicateFault::Malformed { field: "signers".into(), expected };
        if inner.predicate_type() != OUTCOME_PREDICATE_TYPE {
            return Err(PredicateFault::Malformed { field: "predicateType".into(), expected: OUTCOME_PREDICATE_TYPE });
        }
        let record = OutcomeRecord::read(inner.predicate())?;
        if statement.signers().iter().all(|it| !recorders.contains(it)) {
            return Err(refused("keys that may record outcomes"));
        }
        let own = |key: &KeyId| {
            let key = directory.get(&record.issuer).and_then(|issuer| issuer.keys.iter().find(|it| it.key_id() == key));
            key.is_some()
        };
        if statement.signers().iter().any(own) {
            return Err(refused("keys of somebody else than the issuer"));
        }
        self.insert(record);
        Ok(())
    }

    fn insert(&mut self, record: OutcomeRecord) {
        let issuer = record.issuer.clone();
        let numbered = self.records.entry(issuer.clone()).or_default();
        let same = numbered.get(&record.sequence).is_none_or(|before| *before == record);
        if same {
            numbered.insert(record.sequence, record);
        } else {
            self.doubtful.insert(issuer);
        }
    }

    /// The number that the next record about an issuer gets.
    pub fn next_sequence(&self, issuer: &str) -> u64 {
        let last = self.records.get(issuer).and_then(|it| it.keys().next_back());
        last.map_or(1, |it| it.saturating_add(1))
    }

    /// The highest number of a record about each issuer.
    pub fn heights(&self) -> BTreeMap<String, u64> {
        let last =
            |(issuer, records): (&String, &BTreeMap<u64, _>)| Some((issuer.clone(), *records.keys().next_back()?));
        self.records.iter().filter_map(last).collect()
    }

    /// What is known of an issuer, where the ledger has seen records up to the number `seen`.
    pub fn tally(&self, issuer: &str, seen: u64) -> OutcomeTally {
        let Some(records) = self.records.get(issuer) else {
            return OutcomeTally { incomplete: seen, ..OutcomeTally::default() };
        };
        let last = records.keys().next_back().copied().unwrap_or(0).max(seen);
        let count = |outcome| u64::try_from(records.values().filter(|it| it.outcome == outcome).count()).unwrap_or(0);
        let (confirmed, refuted) = (count(Outcome::Confirmed), count(Outcome::Refuted));
        let missing = last.saturating_sub(confirmed.saturating_add(refuted));
        OutcomeTally { confirmed, refuted, incomplete: missing + u64::from(self.doubtful.contains(issuer)) }
    }
}
