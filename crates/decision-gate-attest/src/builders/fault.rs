//! Why no predicate can be made: where in the input, or which option.

use std::fmt;

use decision_gate_core::json::JsonError;

use crate::predicate::PredicateFault;

/// Where in an input something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// A line of a text, from 1.
    Line(usize),
    /// A byte of a profile after it was unpacked, from 0.
    Byte(usize),
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}

/// Why a trace can't be read; a log of beacons may be cut off or too large as well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceFault {
    /// Something is not as its format says.
    #[error("{at}: expected {expected}")]
    Malformed {
        /// Where.
        at: Where,
        /// What would do.
        expected: &'static str,
    },
    /// The input ends in the midst of something.
    #[error("{at}: the input ends before {expected}")]
    CutOff {
        /// Where.
        at: Where,
        /// What is missing.
        expected: &'static str,
    },
    /// There is more than is taken.
    #[error("{at}: more than {limit} {what}")]
    TooLarge {
        /// Where.
        at: Where,
        /// Of what.
        what: &'static str,
        /// How many are taken.
        limit: u64,
    },
    /// There is no sample.
    #[error("the trace has no samples")]
    Empty,
}

impl TraceFault {
    pub(crate) fn malformed(line: usize, expected: &'static str) -> Self {
        Self::Malformed { at: Where::Line(line), expected }
    }

    pub(crate) fn cut_off(line: usize, expected: &'static str) -> Self {
        Self::CutOff { at: Where::Line(line), expected }
    }

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "trace_malformed",
            Self::CutOff { .. } => "input_cut_off",
            Self::TooLarge { .. } => "input_too_large",
            Self::Empty => "trace_empty",
        }
    }
}

/// Why no predicate can be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildFault {
    /// The trace can't be read.
    #[error(transparent)]
    Trace(#[from] TraceFault),
    /// A line of a log is not strict JSON.
    #[error("line {line}: {error}")]
    Json {
        /// Which line, from 1.
        line: usize,
        /// Why not.
        error: JsonError,
    },
    /// A member of a line of a log does not do.
    #[error("line {line}: {fault}")]
    Event {
        /// Which line, from 1.
        line: usize,
        /// Which member, and why not.
        fault: PredicateFault,
    },
    /// An option is missing that the input does not answer.
    #[error("`{option}` is needed: {reason}")]
    OptionNeeded {
        /// Which.
        option: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// An option is out of range.
    #[error("`{option}` must be {expected}")]
    OptionRange {
        /// Which.
        option: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// The log is of several functions, and none was chosen.
    #[error("the log has beacons of {}", functions.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "))]
    Functions {
        /// The first few of them.
        functions: Vec<String>,
    },
    /// There is no beacon in the log, or none of the function, or none can be expected.
    #[error("the log has no beacon of `{function}` within the window, and none can be expected")]
    NoBeacons {
        /// Of which function.
        function: String,
    },
    /// What was made contradicts itself: an option does not fit the input.
    #[error("the options make a predicate that no gate takes: {0}")]
    Predicate(PredicateFault),
}

impl BuildFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trace(fault) => fault.code(),
            Self::Json { .. } => "beacon_log_not_json",
            Self::Event { .. } => "beacon_log_malformed",
            Self::OptionNeeded { .. } => "attest_option_needed",
            Self::OptionRange { .. } => "attest_option_range",
            Self::Functions { .. } => "beacon_function_ambiguous",
            Self::NoBeacons { .. } => "beacon_log_empty",
            Self::Predicate(fault) => fault.code(),
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Trace(TraceFault::Malformed { .. }) => {
                "check that the format is the one that the input has, and write the trace anew"
            }
            Self::Trace(TraceFault::CutOff { .. }) | Self::Json { .. } => {
                "write the input anew and wait until its writer has ended"
            }
            Self::Trace(TraceFault::TooLarge { .. }) => "record for a shorter time or with a lower frequency",
            Self::Trace(TraceFault::Empty) => {
                "record while the program is at work, for longer or at a higher frequency"
            }
            Self::Event { .. } => "a beacon has `sequence`, `nonce`, `time` and `function`",
            Self::OptionNeeded { .. } | Self::OptionRange { .. } => "state it and try again",
            Self::Functions { .. } => "choose one, and make an attestation for each",
            Self::NoBeacons { .. } => "check the function and the window",
            Self::Predicate(_) => "correct the option that stands behind the field",
        }
    }
}
