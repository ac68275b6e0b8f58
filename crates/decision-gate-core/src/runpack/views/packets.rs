//! `packets.json`: what was issued, from the scenario and the run's targets.

use super::Views;
use crate::engine::{DecisionRecord, Issuing};
use crate::json::canonical;
use crate::ledger::IssuedPacket;
use crate::runpack::array::Output;
use crate::runpack::trail::Trail;

impl<O: Output> Views<O> {
    pub(super) fn push_packets(&mut self, trail: &Trail, decision: &DecisionRecord, issued: &[IssuedPacket]) {
        let issuing =
            Issuing { scenario: &trail.scenario, run: &trail.run, targets: &trail.started.dispatch_targets, decision };
        for record in issued.iter().filter_map(|packet| issuing.record(packet)) {
            self.packets.push(&canonical::of(&record).unwrap_or_default());
        }
    }
}
