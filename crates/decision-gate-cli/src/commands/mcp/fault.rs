//! Why a client's file can't be changed.

use std::path::PathBuf;

use crate::input::InputFault;

/// Why a client's file can't be changed. It is as it was then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientFault {
    /// The client has no file there, or nobody knows the user's folders.
    #[error("there is no {place} file of `{client}` on this system")]
    NoFile {
        /// Which client.
        client: &'static str,
        /// Whose file.
        place: &'static str,
    },
    /// It can't be read.
    #[error(transparent)]
    Input(#[from] InputFault),
    /// It is not what the client reads.
    #[error("`{}` can't be read as {form}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What it should be.
        form: &'static str,
        /// What is wrong, and where.
        problem: String,
    },
    /// It is written in a way that can't be changed without touching the rest.
    #[error("`{}` can't be changed without touching the rest of it", path.display())]
    Entangled {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else changes it.
    #[error("`{}` is being changed: another command holds `{}`", path.display(), lock.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        lock: PathBuf,
    },
}

impl ClientFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoFile { .. } => "client_file_unknown",
            Self::Input(fault) => fault.code(),
            Self::Invalid { .. } => "client_file_invalid",
            Self::Entangled { .. } => "client_file_entangled",
            Self::Busy { .. } => "client_file_busy",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NoFile { .. } => "name the file with `--file`, or leave `--write` out and copy what is printed",
            Self::Input(fault) => fault.hint(),
            Self::Invalid { .. } => {
                "mend the file, or leave `--write` out and copy what is printed; nothing was written"
            }
            Self::Entangled { .. } => "leave `--write` out and copy what is printed; nothing was written",
            Self::Busy { .. } => "run the command again; nothing was written",
        }
    }
}
