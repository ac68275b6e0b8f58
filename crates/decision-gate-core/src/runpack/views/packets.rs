//! `packets.json`: what was issued, from the scenario and the run's targets.

use super::{Views, bytes_of};
use crate::engine::{DecisionRecord, Issuing};
use crate::ledger::IssuedPacket;

impl Views<'_> {
    pub(super) fn push_packets(&mut self, decision: &DecisionRecord, issued: &[IssuedPacket]) {
        let issuing = Issuing {
            scenario: &self.trail.scenario,
            run: &self.trail.run,
            targets: &self.trail.started.dispatch_targets,
            decision,
        };
        for record in issued.iter().filter_map(|packet| issuing.record(packet)) {
            self.packets.push(&bytes_of(&record));
        }
    }
}
