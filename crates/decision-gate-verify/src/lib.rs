//! The one reader of pack folders. What it finds it hands to `decision_gate_core::runpack`, which judges it.
//!
//! A folder is opened once and read by handle: symbolic links are not followed, pipes and devices are not opened,
//! sizes and counts are bounded. Whatever is not a regular file is reported, never skipped. Envelopes are judged in
//! [`attestation`], files of many in [`bundle`].

pub mod attestation;
pub mod bundle;
pub mod keyring;

use std::io::{self, Read};
use std::path::Path;

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use decision_gate_core::runpack::{PackFile, PackFiles};

/// The most bytes of one file of a pack.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// The most files of a pack.
pub const MAX_FILES: usize = 10_000;

/// How deep folders of a pack may stand within one another.
pub const MAX_DEPTH: usize = 8;

/// Why a pack folder can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// There is no such folder.
    #[error("`{path}` does not exist")]
    NotFound {
        /// The folder.
        path: String,
    },
    /// It is something else.
    #[error("`{path}` is not a folder")]
    NotFolder {
        /// The path.
        path: String,
    },
    /// It can't be read.
    #[error("`{path}` can't be read: {reason}")]
    Unreadable {
        /// The folder.
        path: String,
        /// Why not.
        reason: String,
    },
    /// It is a folder, and no pack.
    #[error("`{path}` has no `{manifest}`, so it is no pack")]
    NoManifest {
        /// The folder.
        path: String,
        /// What the manifest would be called.
        manifest: String,
    },
    /// More files than a pack may have.
    #[error("`{path}` has more than {MAX_FILES} files")]
    TooMany {
        /// The folder.
        path: String,
    },
}

impl FolderFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "pack_not_found",
            Self::NotFolder { .. } => "pack_not_folder",
            Self::Unreadable { .. } => "pack_unreadable",
            Self::NoManifest { .. } => "pack_manifest_missing",
            Self::TooMany { .. } => "pack_too_many_files",
        }
    }

    fn of(path: &str, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::NotADirectory => Self::NotFolder { path },
            kind => Self::Unreadable { path, reason: kind.to_string() },
        }
    }
}

/// Reads the pack folder at `path`, wherever it lies.
///
/// # Errors
/// [`FolderFault`] when there is nothing to judge.
pub fn read_at(path: &Path) -> Result<PackFiles, FolderFault> {
    let shown = path.display().to_string();
    let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| FolderFault::of(&shown, &error))?;
    read_open(&folder, &shown)
}

/// Reads a pack folder by handle; `shown` is what messages call it.
///
/// # Errors
/// [`FolderFault`] when there is nothing to judge.
pub fn read_open(folder: &Dir, shown: &str) -> Result<PackFiles, FolderFault> {
    let mut files = PackFiles::default();
    let mut count = 0;
    walk(folder, "", 0, &mut count, &mut files).map_err(|stop| match stop {
        Stop::Io(error) => FolderFault::of(shown, &error),
        Stop::TooMany => FolderFault::TooMany { path: shown.to_owned() },
    })?;
    Ok(files)
}

enum Stop {
    Io(io::Error),
    TooMany,
}

fn walk(folder: &Dir, prefix: &str, depth: usize, count: &mut usize, files: &mut PackFiles) -> Result<(), Stop> {
    for entry in folder.entries().map_err(Stop::Io)? {
        let entry = entry.map_err(Stop::Io)?;
        *count += 1;
        if *count > MAX_FILES {
            return Err(Stop::TooMany);
        }
        let Ok(name) = entry.file_name().into_string() else {
            files.insert(format!("{prefix}?"), PackFile::Unreadable { reason: "its name is not UTF-8".into() });
            continue;
        };
        let path = format!("{prefix}{name}");
        let kind = folder.symlink_metadata(&name).map_err(Stop::Io)?.file_type();
        if kind.is_dir() && depth < MAX_DEPTH {
            match folder.open_dir_nofollow(&name) {
                Ok(inner) => walk(&inner, &format!("{path}/"), depth + 1, count, files)?,
                Err(error) => files.insert(path, PackFile::Unreadable { reason: error.kind().to_string() }),
            }
        } else if kind.is_file() {
            files.insert(path, read_file(folder, &name));
        } else {
            files.insert(path, PackFile::NotRegular);
        }
    }
    Ok(())
}

fn read_file(folder: &Dir, name: &str) -> PackFile {
    let unreadable = |error: &io::Error| PackFile::Unreadable { reason: error.kind().to_string() };
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let file = match folder.open_with(name, &options) {
        Ok(file) => file,
        Err(error) => return unreadable(&error),
    };
    // Looked at again on the open handle: the name may have been swapped meanwhile.
    let size = match file.metadata() {
        Ok(seen) if seen.is_file() => seen.len(),
        Ok(_) => return PackFile::NotRegular,
        Err(error) => return unreadable(&error),
    };
    if size > MAX_FILE_BYTES {
        return PackFile::TooLarge { actual: size, limit: MAX_FILE_BYTES };
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    match file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes) {
        Ok(_) => PackFile::Bytes(bytes),
        Err(error) => unreadable(&error),
    }
}
