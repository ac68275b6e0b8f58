//! YAML 1.2 with its core schema, as far as it is JSON.
//!
//! The text is rewritten as JSON while it is parsed, and the strict JSON reader reads that: so there is one answer to
//! what a number is and which numbers are exact, whatever a file is written in. What JSON does not have is refused by
//! its name, and so is what readers of YAML disagree about.

mod error;
mod rewrite;
mod scalar;
#[cfg(test)]
mod tests;

use decision_gate_core::json::{self, JsonError, Limits, Parsed, Position};
use granit_parser::Parser;

pub(super) use self::error::{Place, YamlFault};
use self::rewrite::Rewrite;

/// Most bytes that the aliases of a short file may repeat; those of a longer one as many as it has.
const MIN_ALIAS_LIMIT: usize = 64 * 1024;

/// Reads the one document of a YAML text.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, YamlFault> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let Position { line, column, .. } = Position::of(bytes, error.valid_up_to());
        YamlFault::InvalidUtf8 { at: Place { line, column } }
    })?;
    let mut options = granit_parser::options! {
        strict_indentation: true,
        flow_nesting_limit: Limits::EVIDENCE_DEPTH,
        block_nesting_limit: Limits::EVIDENCE_DEPTH,
    };
    options.set_emit_comments(false);
    let mut rewrite = Rewrite::new(bytes.len().max(MIN_ALIAS_LIMIT));
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| YamlFault::of_scan(&error))?;
        rewrite.event(event, Place::of(&span.start))?;
    }
    let written = rewrite.finish()?;
    json::parse(&written, &Limits::evidence(written.len())).map_err(|error| match error {
        JsonError::NumberOutOfRange { pointer, .. } => YamlFault::NumberOutOfRange { pointer },
        JsonError::TooDeep { limit, .. } => YamlFault::TooDeep { at: None, limit },
        JsonError::TooLarge { .. }
        | JsonError::InvalidUtf8 { .. }
        | JsonError::Syntax { .. }
        | JsonError::DuplicateKey { .. }
        | JsonError::LoneSurrogate { .. }
        | JsonError::ValueOutOfRange { .. }
        | JsonError::NoJsonForm { .. } => YamlFault::NoJson,
    })
}
