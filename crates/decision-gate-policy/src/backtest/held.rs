//! Rows held against their hashes, several at a time: which event a row is, and which value an event commits to.
//!
//! Hashes are made of many rows together, which is faster than one by one: first those of all events, then those of the values
//! that will surely be asked for. A value that is asked for besides is hashed then. Nothing is taken over from a row to
//! another, and nothing is believed that does not have its hash.

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{Commitment, EventKind, Preimage, Salt};

use super::refusal::Refusal;
use super::row::{Entry, Record, Row};
use super::stored::{Filter, StoredRow, StoredValue, ValueContent};

/// Rows one after the other, and what was hashed of them.
pub(super) struct Window<'w, 'a> {
    rows: &'w [StoredRow<'a>],
    /// By row and by place among its values.
    commitments: Vec<((usize, usize), Digest)>,
}

/// A row, and what was hashed of its values.
pub(super) struct Held<'w, 'a> {
    pub(super) stored: &'w StoredRow<'a>,
    commitments: &'w [((usize, usize), Digest)],
}

/// What a row reads as; nothing where its tenant is not meant.
type Read<'a> = Option<Result<Row<'a>, Refusal>>;

impl<'w, 'a> Window<'w, 'a> {
    /// The rows, and what each of them reads as.
    pub(super) fn of(rows: &'w [StoredRow<'a>], filter: &Filter) -> (Self, Vec<Read<'a>>) {
        let is_meant = |it: &&StoredRow<'_>| filter.takes_tenant(it.tenant);
        let leaves = rows.iter().filter(is_meant).filter(|it| it.leaf.is_some());
        let leaves: Vec<_> = leaves.map(|it| Preimage::Leaf(it.bytes)).collect();
        let mut leaves = Preimage::digests(&leaves).into_iter();
        let mut has_leaf = |leaf: &[u8]| leaves.next().is_some_and(|made| made.as_bytes() == leaf);
        let mut checked = |stored: &StoredRow<'a>| {
            if stored.leaf.is_none_or(&mut has_leaf) { read(stored) } else { Err(Refusal::EventChanged) }
        };
        let read: Vec<_> = rows.iter().map(|it| is_meant(&it).then(|| checked(it))).collect();
        let (places, wanted): (Vec<_>, Vec<_>) = rows
            .iter()
            .zip(&read)
            .enumerate()
            .flat_map(|(at, (stored, read))| {
                let row = read.as_ref().and_then(|it| it.as_ref().ok());
                wanted(stored, row, filter).map(move |(place, preimage)| ((at, place), preimage))
            })
            .unzip();
        let commitments = places.into_iter().zip(Preimage::digests(&wanted)).collect();
        (Self { rows, commitments }, read)
    }

    /// One row after the other.
    pub(super) fn iter(&self) -> impl Iterator<Item = Held<'_, 'a>> {
        self.rows.iter().enumerate().map(|(at, stored)| {
            let own = self.commitments.partition_point(|((row, _), _)| *row < at);
            let end = self.commitments.partition_point(|((row, _), _)| *row <= at);
            Held { stored, commitments: self.commitments.get(own..end).unwrap_or_default() }
        })
    }
}

impl<'a> Held<'_, 'a> {
    /// The canonical bytes of the answer, if they are those that the event commits to.
    pub(super) fn value(&self, entry: &Entry<'_>) -> Result<&'a [u8], Refusal> {
        let Some(commitment) = entry.answer else {
            let gap = entry.gap.as_ref().map_or("no_answer", |it| it.0.as_ref());
            return Err(Refusal::Unanswered(gap.to_owned().into()));
        };
        let found = own(self.stored, entry);
        match found.map(|(place, it)| (place, it.content)) {
            None | Some((_, ValueContent::Pruned)) => Err(Refusal::Pruned),
            Some((_, ValueContent::Redacted)) => Err(Refusal::Redacted),
            Some((place, ValueContent::Whole { salt, canonical })) => {
                let made = self.commitments.iter().find(|((_, it), _)| *it == place).map(|(_, made)| *made);
                let alone = || read_salt(salt).map(|salt| Commitment::to(&salt, canonical).digest());
                let holds = made.or_else(alone) == Some(commitment.digest());
                if holds { Ok(canonical) } else { Err(Refusal::ValueChanged) }
            }
        }
    }
}

/// The event, if it is the one that was written there.
fn read<'a>(stored: &StoredRow<'a>) -> Result<Row<'a>, Refusal> {
    let row = Row::read(stored.bytes).ok_or(Refusal::EventInvalid)?;
    let is_here = row.tenant == stored.tenant
        && row.namespace == stored.namespace
        && row.run.as_ref().is_some_and(|it| it.is(stored.run))
        && row.seq == stored.seq
        && row.kind.word() == stored.kind;
    if is_here { Ok(row) } else { Err(Refusal::EventMisplaced) }
}

/// The values that are asked for whatever else is found: those of the release decisions that the filter means.
fn wanted<'a>(
    stored: &StoredRow<'a>,
    row: Option<&Row<'_>>,
    filter: &Filter,
) -> impl Iterator<Item = (usize, Preimage<'a>)> {
    let takes_time = |row: &&Row<'_>| !matches!(row.at, Timestamp::UnixMillis(at) if !filter.takes_time(at));
    let step = row.filter(|row| row.kind == EventKind::StepDecided).filter(takes_time);
    let entries = step.map_or(&[][..], |row| &row.body.evidence);
    let is_meant = |entry: &&Entry<'_>| {
        let is_right =
            |it: &Record<'_>| filter.takes_environment(&it.environment.0) && filter.takes_policy(&it.policy.0);
        entry.answer.is_some() && entry.release.as_ref().is_some_and(is_right)
    };
    entries.iter().filter(is_meant).filter_map(|entry| {
        let (place, value) = own(stored, entry)?;
        let ValueContent::Whole { salt, canonical } = value.content else { return None };
        Some((place, Preimage::Value { salt: read_salt(salt)?, canonical }))
    })
}

/// The value beside an event that belongs to an entry, and its place among them.
fn own<'s, 'a>(stored: &'s StoredRow<'a>, entry: &Entry<'_>) -> Option<(usize, &'s StoredValue<'a>)> {
    let is_own = |it: &StoredValue<'_>| it.slot.strip_prefix("evidence:") == Some(entry.condition_id.0.as_ref());
    stored.values.iter().enumerate().find(|(_, it)| is_own(it))
}

fn read_salt(salt: &[u8]) -> Option<Salt> {
    <[u8; 32]>::try_from(salt).ok().map(Salt::new)
}
