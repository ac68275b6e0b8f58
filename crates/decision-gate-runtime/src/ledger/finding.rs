//! What a check of the ledger finds: a code, a place and a reason.

use std::fmt;

use decision_gate_core::name::RunId;

use crate::ports::{Scope, Stream};

/// The most findings that a report lists; the rest is counted.
const MAX_FINDINGS: usize = 100;

/// One thing that is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFinding {
    /// Which kind.
    pub code: LedgerFindingCode,
    /// On which shelf; `None` for what is of none.
    pub scope: Option<Scope>,
    /// Of which run; `None` for the shelf's own stream, and for its log.
    pub run: Option<RunId>,
    /// Which event, if it is about one.
    pub seq: Option<u64>,
    /// For people.
    pub reason: String,
}

impl fmt::Display for LedgerFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(Scope { tenant, namespace }) = self.scope {
            write!(f, " tenant {tenant}, namespace {namespace}")?;
        }
        if let Some(run) = &self.run {
            write!(f, ", run {run}")?;
        }
        if let Some(seq) = self.seq {
            write!(f, ", event {seq}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Every way in which a ledger can be wrong. Codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerFindingCode {
    /// A position has no row.
    EventMissing,
    /// The bytes do not have the hash that was kept of them.
    EventChanged,
    /// The bytes are no event in canonical form.
    EventInvalid,
    /// The event is of another stream, position, kind or key than its row.
    EventMisplaced,
    /// The event does not follow the one before it, or names another state than the fold.
    StateMismatch,
    /// A value is not what its event commits to.
    ValueChanged,
    /// An event commits to a value that is not there and was not pruned.
    ValueMissing,
    /// A value to which no event commits.
    ValueUnexpected,
    /// A record of pruning does not say what is gone, or is of a run that had not ended.
    PruningMismatch,
    /// A scenario, policy or data shape is not what the events make it, is gone, or was made by none; or a run started from
    /// what no event defined.
    DocumentMismatch,
    /// The stream's head does not follow from its events, or is not there.
    HeadMismatch,
    /// The stream has grown beyond its last head in the log, and is not among those that the log takes next.
    HeadNotPending,
    /// A mark is not where the events that raised it leave it, is gone, or was raised by none.
    MarkMismatch,
    /// The log does not follow from the streams, or its tree and tiles not from its entries.
    LogMismatch,
    /// The log at the size of a checkpoint has another root, or a kept one is not what was signed.
    CheckpointMismatch,
    /// The log is smaller than a checkpoint.
    LogTruncated,
    /// A cell of a row is not of the kind that its column holds.
    RowMalformed,
    /// A row that follows from no event.
    RowUnexpected,
    /// The tables, indexes or triggers are not those of this version.
    SchemaChanged,
}

impl LedgerFindingCode {
    /// All, in the order in which they are looked for.
    pub const ALL: &[Self] = &[
        Self::EventMissing,
        Self::EventChanged,
        Self::EventInvalid,
        Self::EventMisplaced,
        Self::StateMismatch,
        Self::ValueChanged,
        Self::ValueMissing,
        Self::ValueUnexpected,
        Self::PruningMismatch,
        Self::DocumentMismatch,
        Self::HeadMismatch,
        Self::HeadNotPending,
        Self::MarkMismatch,
        Self::LogMismatch,
        Self::CheckpointMismatch,
        Self::LogTruncated,
        Self::RowMalformed,
        Self::RowUnexpected,
        Self::SchemaChanged,
    ];

    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::EventMissing => "event_missing",
            Self::EventChanged => "event_changed",
            Self::EventInvalid => "event_invalid",
            Self::EventMisplaced => "event_misplaced",
            Self::StateMismatch => "state_mismatch",
            Self::ValueChanged => "value_changed",
            Self::ValueMissing => "value_missing",
            Self::ValueUnexpected => "value_unexpected",
            Self::PruningMismatch => "pruning_mismatch",
            Self::DocumentMismatch => "document_mismatch",
            Self::HeadMismatch => "head_mismatch",
            Self::HeadNotPending => "head_not_pending",
            Self::MarkMismatch => "mark_mismatch",
            Self::LogMismatch => "log_mismatch",
            Self::CheckpointMismatch => "checkpoint_mismatch",
            Self::LogTruncated => "log_truncated",
            Self::RowMalformed => "row_malformed",
            Self::RowUnexpected => "row_unexpected",
            Self::SchemaChanged => "schema_changed",
        }
    }
}

impl fmt::Display for LedgerFindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Findings on their way into a report.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<LedgerFinding>,
    omitted: u64,
}

impl Findings {
    pub(super) fn add(
        &mut self,
        code: LedgerFindingCode,
        stream: &Stream,
        seq: impl Into<Option<u64>>,
        reason: impl fmt::Display,
    ) {
        let (scope, run, seq, reason) = (Some(stream.scope), stream.run.clone(), seq.into(), reason.to_string());
        self.push(LedgerFinding { code, scope, run, seq, reason });
    }

    /// Adds what is of no shelf.
    pub(super) fn of_all(&mut self, code: LedgerFindingCode, reason: impl fmt::Display) {
        self.push(LedgerFinding { code, scope: None, run: None, seq: None, reason: reason.to_string() });
    }

    fn push(&mut self, finding: LedgerFinding) {
        if self.list.len() >= MAX_FINDINGS {
            self.omitted += 1;
        } else {
            self.list.push(finding);
        }
    }

    /// Takes over what was found of one stream, the first event first.
    pub(super) fn take(&mut self, mut found: Self) {
        found.list.sort_by_key(|it| (it.seq.unwrap_or(u64::MAX), it.code));
        let room = MAX_FINDINGS.saturating_sub(self.list.len());
        self.omitted += found.omitted + u64::try_from(found.list.len().saturating_sub(room)).unwrap_or(u64::MAX);
        self.list.extend(found.list.into_iter().take(room));
    }

    pub(super) fn into_parts(self) -> (Vec<LedgerFinding>, u64) {
        (self.list, self.omitted)
    }
}
