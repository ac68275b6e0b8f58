//! The marks of a shelf against its events: each stands exactly where the highest event that raised it leaves it.
//!
//! Who lowers a mark, or takes it away, makes room for an older document; who raises one keeps honest documents out.

use std::collections::BTreeMap;

use decision_gate_core::ledger::Event;
use decision_gate_core::trust::Height;

use super::error::LedgerError;
use super::finding::{Findings, LedgerFindingCode as Code};
use super::rows::{Pages, Row, of_shelf};
use crate::orchestrator::seen::marks_of;
use crate::ports::{Mark, Scope, Store, Stream, Table};

/// How far events have raised the marks of a shelf.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeMap<String, Raised>);

/// How far a mark was raised, and by which event first.
#[derive(Debug)]
struct Raised {
    height: Height,
    stream: Stream,
    seq: u64,
}

impl Marks {
    /// Takes what an event raises.
    pub(super) fn take(&mut self, stream: &Stream, seq: u64, event: &Event) {
        for Mark { name, height } in marks_of(event) {
            if self.0.get(&name).is_none_or(|known| known.height < height) {
                self.0.insert(name, Raised { height, stream: stream.clone(), seq });
            }
        }
    }

    /// Compares the marks of a shelf with what its events have raised.
    pub(super) async fn check(
        mut self,
        store: &dyn Store,
        scope: Scope,
        findings: &mut Findings,
    ) -> Result<(), LedgerError> {
        let (table, mut unknown) = (Table::Marks, Vec::new());
        let mut pages = Pages::new(store, table, of_shelf(scope));
        while let Some(page) = pages.next().await? {
            unknown.extend(page.iter().filter_map(|cells| self.compare(Row { table, cells }, findings)));
        }
        for (name, Raised { height, stream, seq }) in self.0 {
            let reason = format!("the event raised the mark `{name}` to {height}, and there is no such mark");
            findings.add(Code::MarkMismatch, &stream, seq, reason);
        }
        let shelf = Stream { scope, run: None };
        unknown.into_iter().for_each(|(code, reason)| findings.add(code, &shelf, None, reason));
        Ok(())
    }

    /// Compares a mark with what its event says; of one that no event raised, what to say of it once those are told.
    fn compare(&mut self, row: Row<'_>, findings: &mut Findings) -> Option<(Code, String)> {
        let (name, stored) = match row.text("name").and_then(|name| Ok((name, row.bytes("height")?))) {
            Ok(read) => read,
            Err(unread) => return Some((Code::RowMalformed, unread)),
        };
        let stands = || match Height::from_bytes(stored) {
            Some(height) => format!("at {height}"),
            None => "at no height".to_owned(),
        };
        match self.0.remove(name) {
            Some(raised) if stored == raised.height.to_bytes() => None,
            Some(Raised { height, stream, seq }) => {
                let reason = format!("the event raised the mark `{name}` to {height}, and it stands {}", stands());
                findings.add(Code::MarkMismatch, &stream, seq, reason);
                None
            }
            None => {
                let reason = format!("the mark `{name}` stands {}, and no event raised it", stands());
                Some((Code::MarkMismatch, reason))
            }
        }
    }
}
