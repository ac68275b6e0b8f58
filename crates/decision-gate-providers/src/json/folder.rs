//! A root that was opened once, and the one way to read a file in it.
//!
//! Each part of a path is opened relative to the one before and never through a symbolic link, so that nobody can lead
//! a reader out by swapping a part while it is on the way. What a name stands for is looked at before it is opened, since
//! opening a device may do something, and again on the open handle, since that is what is read.

use std::io::{self, Read};

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, FileType, Metadata, OpenOptions};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::relative::RelativePath;
use super::settings::Root;
use crate::BuildError;
use crate::refusal::{Refusal, facts};

/// An open root.
#[derive(Debug)]
pub(crate) struct Folder(Dir);

/// Why a file can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum FileFault {
    #[error("the file does not exist")]
    NotFound,
    #[error("`{part}` is a symbolic link")]
    Symlink { part: String },
    #[error("the path leads to {kind}, not to a regular file")]
    NotRegular { kind: &'static str },
    #[error("the file has `{actual}` bytes, the limit is `{limit}`")]
    TooLarge { limit: usize, actual: u64 },
    #[error("the file can't be read: {reason}")]
    Unreadable { reason: String },
    #[error("the file changed while it was read")]
    Changed,
}

impl Folder {
    pub(crate) fn open(root: &Root) -> Result<Self, BuildError> {
        let (root_id, path) = (root.root_id.clone(), root.path.clone());
        Dir::open_ambient_dir(&path, ambient_authority()).map(Self).map_err(|error| {
            let kind = error.kind();
            if kind == io::ErrorKind::NotFound {
                BuildError::RootMissing { root_id, path }
            } else if kind == io::ErrorKind::NotADirectory {
                BuildError::RootNotFolder { root_id, path }
            } else {
                BuildError::RootUnreadable { root_id, path, reason: kind.to_string() }
            }
        })
    }

    /// The bytes of a regular file of at most `limit` bytes. Blocks for as long as the file system does.
    pub(crate) fn read(&self, path: &RelativePath, limit: usize) -> Result<Vec<u8>, FileFault> {
        let mut entered = None;
        for part in path.folders() {
            let here = entered.as_ref().unwrap_or(&self.0);
            entered = Some(enter(here, part)?);
        }
        let here = entered.as_ref().unwrap_or(&self.0);
        look(here, path.name())?;
        read(open(here, path.name())?, limit)
    }
}

impl Folder {
    /// The names in a folder, sorted, without those that begin with a dot and without folders; the root itself where no
    /// path is given. More than `most` are not listed: the number is then one more.
    pub(crate) fn list(&self, path: Option<&RelativePath>, most: usize) -> Result<Vec<String>, FileFault> {
        let mut entered = None;
        for part in path.into_iter().flat_map(|path| path.folders().iter().map(String::as_str).chain([path.name()])) {
            let here = entered.as_ref().unwrap_or(&self.0);
            entered = Some(enter(here, part)?);
        }
        let here = entered.as_ref().unwrap_or(&self.0);
        let mut names = Vec::new();
        for entry in here.entries().map_err(|error| unreadable(&error))? {
            let entry = entry.map_err(|error| unreadable(&error))?;
            let folder = entry.file_type().map_err(|error| unreadable(&error))?.is_dir();
            let name = entry.file_name().into_string();
            match name {
                _ if folder => {}
                Ok(name) if name.starts_with('.') => {}
                Ok(name) => names.push(name),
                Err(_) => return Err(FileFault::Unreadable { reason: "a name is no UTF-8".to_owned() }),
            }
            if names.len() > most {
                break;
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Opens a folder that is no symbolic link.
fn enter(here: &Dir, part: &str) -> Result<Dir, FileFault> {
    here.open_dir_nofollow(part).map_err(|error| explain(here, part, &error))
}

/// Checks that a name stands for a regular file, as far as that can be seen from outside.
pub(crate) fn look(here: &Dir, name: &str) -> Result<(), FileFault> {
    let seen = here.symlink_metadata(name).map_err(|error| unreadable(&error))?;
    if seen.is_symlink() {
        return Err(FileFault::Symlink { part: name.to_owned() });
    }
    regular(seen.file_type())
}

/// Opens a regular file without following a symbolic link and without waiting for the other end of a pipe.
pub(crate) fn open(here: &Dir, name: &str) -> Result<File, FileFault> {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let file = here.open_with(name, &options).map_err(|error| explain(here, name, &error))?;
    regular(metadata(&file)?.file_type())?;
    Ok(file)
}

/// Reads an open file, up to a limit that holds whatever its size was said to be.
pub(crate) fn read(mut file: File, limit: usize) -> Result<Vec<u8>, FileFault> {
    let before = metadata(&file)?;
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if before.len() > most {
        return Err(FileFault::TooLarge { limit, actual: before.len() });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0));
    (&mut file).take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() > limit {
        return Err(FileFault::TooLarge { limit, actual: u64::try_from(bytes.len()).unwrap_or(u64::MAX) });
    }
    if same(&before, &metadata(&file)?, bytes.len()) { Ok(bytes) } else { Err(FileFault::Changed) }
}

/// Whether `length` bytes are all of a file that nobody wrote to meanwhile, as far as the file system tells.
fn same(before: &Metadata, after: &Metadata, length: usize) -> bool {
    let whole = u64::try_from(length).is_ok_and(|length| length == before.len() && length == after.len());
    whole && before.modified().ok() == after.modified().ok()
}

fn metadata(file: &File) -> Result<Metadata, FileFault> {
    file.metadata().map_err(|error| unreadable(&error))
}

fn regular(kind: FileType) -> Result<(), FileFault> {
    if kind.is_file() {
        return Ok(());
    }
    let kind = if kind.is_dir() { "a folder" } else { "a pipe, a socket or a device" };
    Err(FileFault::NotRegular { kind })
}

/// Why a name can't be opened: systems say it in many ways, so the name is looked at again.
fn explain(here: &Dir, part: &str, error: &io::Error) -> FileFault {
    match here.symlink_metadata(part) {
        Ok(seen) if seen.is_symlink() => FileFault::Symlink { part: part.to_owned() },
        _ => unreadable(error),
    }
}

fn unreadable(error: &io::Error) -> FileFault {
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
        FileFault::NotFound
    } else {
        FileFault::Unreadable { reason: kind.to_string() }
    }
}

impl Refusal for FileFault {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "file_not_found",
            Self::Symlink { .. } => "symlink_forbidden",
            Self::NotRegular { .. } => "not_regular_file",
            Self::TooLarge { .. } => "evidence_too_large",
            Self::Unreadable { .. } => "file_unreadable",
            Self::Changed => "file_changed",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::NotFound => "run the step that writes the file, or correct its path",
            Self::Symlink { .. } => "put the file itself under the root",
            Self::NotRegular { .. } => "name a file",
            Self::TooLarge { .. } => "write a smaller file, or raise `max_bytes`",
            Self::Unreadable { .. } => "let the server's user read the file",
            Self::Changed => "write to another name and rename it, then ask again",
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            Self::TooLarge { limit, actual } => facts([("max_bytes", json!(limit)), ("actual_bytes", json!(actual))]),
            Self::NotFound
            | Self::Symlink { .. }
            | Self::NotRegular { .. }
            | Self::Unreadable { .. }
            | Self::Changed => Map::new(),
        }
    }
}
