//! Records of pruning against what is missing: values go when their run has ended, all up to an event, and are counted.
//!
//! A record that does not fit excuses nothing: it is found at the first event whose value is gone.

use std::collections::VecDeque;

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::{RunState, RunStatus};

use super::error::LedgerError;
use super::finding::{Findings, LedgerFindingCode as Code};
use super::rows::{Pages, Row, of_stream};
use crate::ports::{Store, Stream, Table};

/// The records of a stream on the way through its events.
#[derive(Debug, Default)]
pub(super) struct Prunings {
    /// Those that were not reached, by position.
    ahead: VecDeque<Record>,
    /// How many values of the events since the last record are gone.
    gone: u64,
    /// Of which event the first.
    first: Option<u64>,
    /// How many the records say.
    pub(super) stated: u64,
}

#[derive(Debug)]
struct Record {
    through: u64,
    values: u64,
}

impl Prunings {
    /// Reads them.
    pub(super) async fn of(store: &dyn Store, stream: &Stream, found: &mut Findings) -> Result<Self, LedgerError> {
        let mut prunings = Self::default();
        let mut pages = Pages::new(store, Table::Prunings, of_stream(stream));
        while let Some(page) = pages.next().await? {
            for cells in &page {
                match record(Row { table: Table::Prunings, cells }) {
                    Ok(record) => {
                        prunings.stated = prunings.stated.saturating_add(record.values);
                        prunings.ahead.push_back(record);
                    }
                    Err(unread) => found.add(Code::RowMalformed, stream, None, unread),
                }
            }
        }
        Ok(prunings)
    }

    /// Whether a record says that values of this event are gone. If it does, takes note of one.
    pub(super) fn excuses(&mut self, seq: u64) -> bool {
        let covered = self.ahead.back().is_some_and(|last| seq <= last.through);
        if covered {
            self.gone += 1;
            self.first.get_or_insert(seq);
        }
        covered
    }

    /// Judges the record that ends at this event, if one does. `state` is the run's after it; without one, as where events
    /// are missing before it, only the count is not judged.
    pub(super) fn reach(
        &mut self,
        seq: u64,
        state: Option<&RunState>,
        whole: bool,
        stream: &Stream,
        found: &mut Findings,
    ) {
        while let Some(record) = self.ahead.pop_front_if(|it| it.through <= seq) {
            let (gone, first) = (std::mem::take(&mut self.gone), self.first.take());
            let Record { through, values } = record;
            let said = format!("a record says that {values} values up to event {through} were pruned");
            let at = first.unwrap_or(through);
            if whole && state.is_none_or(|it| it.status == RunStatus::Active) {
                found.add(Code::PruningMismatch, stream, at, format!("{said}, and the run had not ended by then"));
            } else if whole && gone != values {
                found.add(Code::PruningMismatch, stream, at, format!("{said}, and {gone} are gone"));
            }
        }
    }

    /// Judges what is beyond the last event.
    pub(super) fn end(mut self, last: u64, stream: &Stream, found: &mut Findings) {
        let at = self.first.take();
        for Record { through, values } in self.ahead {
            let said = format!("a record says that {values} values up to event {through} were pruned");
            found.add(Code::PruningMismatch, stream, at, format!("{said}, and the stream has {last} events"));
        }
    }
}

fn record(row: Row<'_>) -> Result<Record, String> {
    let (through, values) = (row.number("through")?, row.number("pruned")?);
    if through == 0 {
        return Err(row.unread("through"));
    }
    if values == 0 {
        return Err(row.unread("pruned"));
    }
    serde_json::from_str::<Timestamp>(row.text("at")?).map_err(|_| row.unread("at"))?;
    Ok(Record { through, values })
}
