//! When a decision was made: taken once, after the last answer has come in (DESIGN section 2, "Time").

use crate::at::{MixedTimes, Timestamp};

/// The clock stands before the run's latest event by more than the allowed skew. Nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockRegressed {
    /// It went back too far.
    #[error("the clock ({clock}) is behind the run's latest event ({last}) by more than {max_skew_ms} ms")]
    TooFar {
        /// What the clock says.
        clock: Timestamp,
        /// When the latest event was.
        last: Timestamp,
        /// How far it may be off.
        max_skew_ms: u64,
    },
    /// A logical and a wall clock were mixed in one run.
    #[error(transparent)]
    Mixed(#[from] MixedTimes),
}

impl ClockRegressed {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFar { .. } => "clock_regressed",
            Self::Mixed(_) => "time_kind_mismatch",
        }
    }
}

/// The later of the clock and the run's latest event.
///
/// # Errors
/// [`ClockRegressed`] when the clock is behind that event by more than `max_skew_ms`.
pub fn evaluation_time(
    clock: Timestamp,
    last: Option<Timestamp>,
    max_skew_ms: u64,
) -> Result<Timestamp, ClockRegressed> {
    let Some(last) = last else {
        return Ok(clock);
    };
    let later = clock.later(last)?;
    let tolerated = !last.is_after_by(clock, max_skew_ms.saturating_add(1))?;
    if tolerated { Ok(later) } else { Err(ClockRegressed::TooFar { clock, last, max_skew_ms }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_lag_by_the_skew_and_no_more() {
        let ms = Timestamp::UnixMillis;
        assert_eq!(evaluation_time(ms(10), None, 0), Ok(ms(10)));
        assert_eq!(evaluation_time(ms(1_000), Some(ms(900)), 0), Ok(ms(1_000)));
        assert_eq!(evaluation_time(ms(1_000), Some(ms(1_300)), 300), Ok(ms(1_300)));
        assert_eq!(evaluation_time(ms(1_000), Some(ms(1_301)), 300).unwrap_err().code(), "clock_regressed");
        assert_eq!(evaluation_time(ms(1), Some(Timestamp::Logical(1)), 300).unwrap_err().code(), "time_kind_mismatch");
    }
}
