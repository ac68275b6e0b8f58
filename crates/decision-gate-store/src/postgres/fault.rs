//! What goes wrong inside, before it is known which database it went wrong in.

use std::error::Error as _;
use std::io;

use decision_gate_runtime::ports::StoreError;

use crate::sqlite::Fault as Shared;

/// Why a piece of work failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The rules of the ledger say no, or the database did in a way that every call can give.
    Refused(StoreError),
    /// What is stored is not what should be stored.
    Damaged(String),
    /// The schema is no ledger of ours, or a newer one.
    Version(String),
    /// It was made by an older version, and is only to be read.
    Older {
        /// The version of its tables.
        version: i32,
        /// The version that is read here.
        known: i32,
    },
    /// The role may not do it.
    Denied(String),
    /// The server can't be reached, or does not want us.
    Unavailable(String),
    /// The connection was lost; whether the last write counts is not known.
    Lost(String),
    /// Two writers were in each other's way, and nothing of this one counts.
    Clash,
    /// Another writer holds what is needed for longer than the time limit.
    Locked,
    /// No room.
    Full,
    /// The server takes no writes.
    ReadOnly,
}

impl From<Shared> for Fault {
    fn from(fault: Shared) -> Self {
        match fault {
            Shared::Refused(error) => Self::Refused(error),
            Shared::Damaged(what) => Self::Damaged(what),
            Shared::Version(what) => Self::Version(what),
            Shared::Older { version, known } => Self::Older { version, known },
            Shared::ReadOnly => Self::ReadOnly,
            Shared::Busy => Self::Locked,
            Shared::Full => Self::Full,
            Shared::Unavailable(what) => Self::Unavailable(what),
            // Not reached: no statement of this store is SQLite's.
            Shared::Sqlite(error) => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(said) = error.as_db_error() {
            return of_state(said.code().code(), said.message());
        }
        let what = words(&error);
        if error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<io::Error>) {
            return Self::Lost(what);
        }
        // A column of another type or number than the schema says: not written by this store.
        Self::Damaged(what)
    }
}

impl Fault {
    /// Of a connection that was never made: nothing was asked on it.
    pub(crate) fn of_connecting(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => match of_state(said.code().code(), said.message()) {
                // The server is starting or stopping: it may be worth another try.
                lost @ Self::Lost(_) => lost,
                Self::Refused(_) | Self::Damaged(_) | Self::Clash | Self::Locked => {
                    Self::Unavailable(said.message().to_owned())
                }
                other => other,
            },
            None => Self::Unavailable(words(error)),
        }
    }

    /// The error for the caller of the store at `place`.
    pub(crate) fn at(self, place: &str) -> StoreError {
        let place = place.to_owned();
        match self {
            Self::Refused(error) => error,
            Self::Damaged(what) => StoreError::Corrupt { place, what },
            Self::Version(what) => StoreError::Version { place, what },
            Self::Older { version, known } => StoreError::Older { place, version, known },
            Self::Denied(what) => StoreError::Denied { place, what },
            Self::Unavailable(what) | Self::Lost(what) => StoreError::Unavailable { place, what },
            Self::Clash | Self::Locked => StoreError::Locked { place },
            Self::Full => StoreError::Full { place },
            Self::ReadOnly => StoreError::ReadOnly { place },
        }
    }
}

/// Whether a unique key was there already.
pub(crate) fn is_taken(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|state| state.code() == "23505")
}

/// What a state of the SQL standard and PostgreSQL's own (its appendix A) means here.
fn of_state(state: &str, message: &str) -> Fault {
    let what = || format!("{message} (SQLSTATE `{state}`)");
    match (state.get(..2).unwrap_or_default(), state) {
        // The last two are of two servers that make the tables at once.
        (_, "40001" | "40P01" | "42P06" | "42P07") => Fault::Clash,
        (_, "55P03") => Fault::Locked,
        (_, "25006") => Fault::ReadOnly,
        (_, "42501") => Fault::Denied(what()),
        (_, "53100") => Fault::Full,
        (_, "57P01" | "57P02" | "57P03" | "57P05" | "25P03") | ("08", _) => Fault::Lost(what()),
        // Missing tables and columns, broken references and rows: the schema is not the one that this store wrote.
        (_, "42P01" | "42703" | "42P10" | "42804") | ("23" | "XX" | "22", _) => Fault::Damaged(what()),
        _ => Fault::Unavailable(what()),
    }
}

/// An error with what caused it; the outer words alone say little.
fn words(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_the_server_has_one_code() {
        for (state, expected) in [
            ("40001", "store_locked"),
            ("40P01", "store_locked"),
            ("55P03", "store_locked"),
            ("53100", "store_full"),
            ("25006", "store_read_only"),
            ("42P01", "store_corrupt"),
            ("23503", "store_corrupt"),
            ("XX001", "store_corrupt"),
            ("57P01", "store_unavailable"),
            ("57P03", "store_unavailable"),
            ("57014", "store_unavailable"),
            ("53300", "store_unavailable"),
            ("28P01", "store_unavailable"),
            ("3D000", "store_unavailable"),
            ("42501", "store_denied"),
            ("08006", "store_unavailable"),
        ] {
            assert_eq!(of_state(state, "it says").at("here").code(), expected, "{state}");
        }
    }

    #[test]
    fn only_a_clash_is_known_to_have_left_nothing() {
        for state in ["40001", "40P01"] {
            assert!(matches!(of_state(state, ""), Fault::Clash), "{state}");
        }
        for state in ["57P01", "57P02", "57P03", "08006", "08003"] {
            assert!(matches!(of_state(state, ""), Fault::Lost(_)), "{state}");
        }
    }
}
