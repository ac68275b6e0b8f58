//! Reading what a command line names: a file or stdin, up to a limit, and nothing that would block or never end.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why an input can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputFault {
    /// It can't be opened or read, or is no file.
    #[error("`{}` can't be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is over the limit.
    #[error("`{}` has more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
}

impl InputFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "input_unreadable",
            Self::TooLarge { .. } => "input_too_large",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "check the path and its permissions",
            Self::TooLarge { .. } => "name the right file; what belongs there is smaller",
        }
    }
}

/// Whether a path means stdin.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a file, or stdin for `-`.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, InputFault> {
    let unreadable = |error| InputFault::Unreadable { path: path.to_owned(), error };
    let bytes = match bounded(path, u64::try_from(limit).unwrap_or(u64::MAX)) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(InputFault::TooLarge { path: path.to_owned(), limit }),
        Err(error) => return Err(unreadable(error)),
    };
    Ok(bytes)
}

/// Reads a file that the program keeps, such as a keyring: never a pipe, which would wait for its writer.
pub(crate) fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, InputFault> {
    let unreadable = |error| InputFault::Unreadable { path: path.to_owned(), error };
    if !is_stdin(path) && !path.metadata().map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    read(path, limit)
}

/// Reads a file, or stdin for `-`; nothing where there is more than the limit.
pub(crate) fn bounded(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let source: Box<dyn Read> =
        if is_stdin(path) { Box::new(io::stdin().lock()) } else { Box::new(std::fs::File::open(path)?) };
    let mut bytes = Vec::new();
    source.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(u64::try_from(bytes.len()).is_ok_and(|length| length <= limit).then_some(bytes))
}
