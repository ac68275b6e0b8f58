//! The files: the directory, and the records of outcomes, each read strictly and changed as a whole.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::Path;

use decision_gate_attest::issuers::{IssuerDirectory, MAX_DIRECTORY_BYTES, Outcomes, read_directory};
use decision_gate_core::dsse::{Envelope, Verified, verify_judged};
use decision_gate_core::intoto::Statement;
use decision_gate_core::keys::{KeyId, Keyring};

use super::IssuersFault;
use crate::commands::replace::{Readers, ReplaceFault, Replacement};
use crate::fault::Fault;
use crate::input;

/// Some ten thousand records.
const MAX_RECORDS_BYTES: usize = 64 << 20;

/// Reads a directory that must be there.
pub(crate) fn directory(path: &Path) -> Result<IssuerDirectory, IssuersFault> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(IssuersFault::NoDirectory { path: path.to_owned() }),
        Ok(_) | Err(_) => parse(path, path),
    }
}

/// Reads a directory that nobody else changes meanwhile; an empty one if there is none yet.
pub(super) fn locked_directory(file: &Replacement) -> Result<IssuerDirectory, IssuersFault> {
    file.current().map_or_else(|| Ok(IssuerDirectory::default()), |current| parse(current, file.shown()))
}

fn parse(path: &Path, shown: &Path) -> Result<IssuerDirectory, IssuersFault> {
    let bytes = input::read_file(path, MAX_DIRECTORY_BYTES)?;
    read_directory(&bytes).map_err(|fault| IssuersFault::Directory { path: shown.to_owned(), fault })
}

/// Locks a file of either kind.
pub(super) fn lock(path: &Path) -> Result<Replacement, Fault> {
    Replacement::begin(path, Readers::Owner).map_err(|fault| match fault {
        ReplaceFault::Busy { lock, age_s } => Fault::Issuers(IssuersFault::Busy { path: path.to_owned(), lock, age_s }),
        ReplaceFault::Write(fault) => fault,
    })
}

/// The records of a file, as text and as what they come to.
#[derive(Default)]
pub(crate) struct Records {
    pub(super) text: String,
    pub(crate) outcomes: Outcomes,
}

impl Records {
    /// Reads a file that may be missing. A line that is not what it should be is an error: the numbers would be wrong.
    pub(super) fn read(path: &Path, recorders: &Recorders<'_>) -> Result<Self, IssuersFault> {
        if path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Ok(Self::default());
        }
        let mut records = Self::default();
        records.take(path, recorders)?;
        Ok(records)
    }

    /// Takes in a file.
    pub(crate) fn take(&mut self, path: &Path, recorders: &Recorders<'_>) -> Result<(), IssuersFault> {
        let bytes = input::read_file(path, MAX_RECORDS_BYTES)?;
        self.text.push_str(&String::from_utf8_lossy(&bytes));
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if !line.trim_ascii().is_empty() {
                self.add(path, index + 1, line, recorders)?;
            }
        }
        Ok(())
    }

    /// Takes in a line.
    pub(super) fn add(
        &mut self,
        path: &Path,
        line: usize,
        envelope: &[u8],
        recorders: &Recorders<'_>,
    ) -> Result<(), IssuersFault> {
        let path = || path.to_owned();
        let envelope = Envelope::parse(envelope);
        let envelope = envelope.map_err(|error| IssuersFault::Envelope { path: path(), line, error })?;
        // What a key signed before it expired keeps its number.
        let payload = verify_judged(&envelope, recorders.keyring.iter(), NonZeroUsize::MIN, |_| Ok(()));
        let payload = payload.map_err(|error| IssuersFault::Signature { path: path(), line, error })?;
        let statement: Result<Verified<Statement>, _> = payload.into_statement();
        let statement = statement.map_err(|error| IssuersFault::Statement { path: path(), line, error })?;
        let added = self.outcomes.add(&statement, recorders.directory, &recorders.ids());
        added.map_err(|fault| IssuersFault::Record { path: path(), line, fault })
    }
}

/// Who may record, about whom.
#[derive(Clone, Copy)]
pub(crate) struct Recorders<'a> {
    pub(crate) keyring: &'a Keyring,
    pub(crate) directory: &'a IssuerDirectory,
}

impl Recorders<'_> {
    fn ids(&self) -> BTreeSet<KeyId> {
        self.keyring.iter().map(|key| key.key_id().clone()).collect()
    }
}
