//! An explanation as a few lines: why, what to do, what comes by itself.

use super::model::{Explanation, NextActions, Smallest, Then};

impl Explanation {
    /// The lines that an agent or a person reads. Texts of others stand in them as they are: faces spell them out.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for gate in &self.gates {
            lines.push(format!("gate {} is {}: it requires {}", gate.gate_id, gate.status, gate.requires));
        }
        for why in &self.evidence {
            lines
                .push(format!("  {} {} ({} at {}): {}", why.condition_id, why.status, why.code, why.step, why.message));
            for gate in &why.release_gates {
                lines.push(format!("    release gate {} ({}): {}", gate.gate, gate.code, gate.message));
            }
        }
        lines.extend(self.next_actions.lines());
        if let Some(next) = self.upcoming.first() {
            lines.push(format!("soon: {} at {}: {}", next.of, next.at, next.then));
        }
        lines.extend(self.left_out_line());
        lines
    }

    fn left_out_line(&self) -> Option<String> {
        let it = self.left_out;
        let counts = [
            (it.gates, "gates"),
            (it.evidence, "pieces of evidence"),
            (it.near_misses, "near misses"),
            (it.changes, "changes"),
            (it.upcoming, "times"),
        ];
        let told: Vec<_> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!told.is_empty()).then(|| format!("not shown here: {}", told.join(", ")))
    }
}

impl NextActions {
    /// One line for each change, and what they lead to.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.changes.iter().map(|change| format!("next: {}", change.text)).collect();
        lines.extend(self.outcome().map(|outcome| format!("then: {outcome}")));
        lines.extend(self.note.iter().map(|note| format!("next: {note}")));
        lines
    }

    /// What the changes lead to, in a few words.
    pub fn outcome(&self) -> Option<String> {
        let what = match self.then.as_ref()? {
            Then::Advance { to_stage } => format!("the run advances to stage {to_stage}"),
            Then::Complete => "the run completes".to_owned(),
        };
        let sure = match self.smallest {
            Smallest::Proved => "no smaller set of changes does it",
            Smallest::NotProved | Smallest::NothingHelps | Smallest::NotFound => "no part of these changes does it",
        };
        Some(format!("{what} ({sure})"))
    }
}
