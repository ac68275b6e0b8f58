//! Runpack storage in a folder: a pack appears whole under its name, or not at all.
//!
//! A pack is written under a temporary name, synchronised, and renamed. Names are relative to the root, which is
//! held by handle; nothing is ever overwritten and no symbolic link is followed.

#[cfg(feature = "object-store")]
mod bucket;

use std::io::{self, Read as _, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

#[cfg(feature = "object-store")]
pub use self::bucket::{BucketSettings, Credentials, PackAddress, PackBucket, Uploaded};

/// A temporary folder that is so old belongs to an export that broke off.
const ABANDONED: Duration = Duration::from_hours(1);

/// Why a pack could not be written, or a name is no name of a pack.
#[derive(Debug, thiserror::Error)]
pub enum PackStoreError {
    /// Not a plain name.
    #[error("`{name}` is not a name for a pack (letters, digits and `._-`, at most 128, first a letter or digit)")]
    Name {
        /// As given.
        name: String,
    },
    /// Something of that name is there.
    #[error("`{name}` exists already")]
    Exists {
        /// The name.
        name: String,
    },
    /// There is no such pack.
    #[error("there is no pack `{name}`")]
    NotFound {
        /// The name.
        name: String,
    },
    /// The root can't be used.
    #[error("the runpack folder `{root}` can't be used: {reason}")]
    Root {
        /// The folder.
        root: String,
        /// Why not.
        reason: String,
    },
    /// Not an address of a pack in a bucket.
    #[error("`{address}` is not the address of a pack: `s3://bucket/name`, or with folders between the two")]
    Address {
        /// As given.
        address: String,
    },
    /// Nobody says who asks.
    #[error("the variable `{variable}` is not set")]
    Credentials {
        /// Which.
        variable: &'static str,
    },
    /// A bucket can't be used.
    #[error("the bucket `{place}` can't be used: {reason}")]
    Bucket {
        /// Where it is.
        place: String,
        /// Why not.
        reason: String,
    },
    /// A pack in a bucket is not the one that was written.
    #[error("the pack `{name}` is damaged: {what}")]
    Damaged {
        /// Which.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file can't be written.
    #[error("`{path}` can't be written: {reason}")]
    Write {
        /// The file, relative to the root.
        path: String,
        /// Why not.
        reason: String,
    },
}

impl PackStoreError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "pack_name_invalid",
            Self::Exists { .. } => "pack_exists",
            Self::NotFound { .. } => "pack_not_found",
            Self::Root { .. } => "pack_root_unusable",
            Self::Address { .. } => "pack_address_invalid",
            Self::Credentials { .. } => "pack_store_credentials",
            Self::Bucket { .. } => "pack_store_unavailable",
            Self::Damaged { .. } => "pack_damaged",
            Self::Write { .. } => "pack_write_failed",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Name { .. } => "give a plain name; packs lie under `runpacks.root` of the configuration",
            Self::Exists { .. } => "choose another name; packs are never overwritten",
            Self::NotFound { .. } => "packs lie under `runpacks.root` of the configuration",
            Self::Root { .. } => "check `runpacks.root` and its permissions",
            Self::Address { .. } => "each part is of letters, digits and `._-`, first a letter or digit",
            Self::Credentials { .. } => "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; no file has them",
            Self::Bucket { .. } => {
                "check the bucket, its region and endpoint, and what the credentials may do; call again to go on"
            }
            Self::Damaged { .. } => "keep it as it is; export the run again under another name",
            Self::Write { .. } => "free some space or check permissions; no half pack was left behind",
        }
    }
}

/// A folder of packs, held by handle.
#[derive(Debug)]
pub struct PackFolder {
    dir: Dir,
}

impl PackFolder {
    /// Opens the folder at `root`, and makes it (for this user only) when it is not there.
    ///
    /// # Errors
    /// [`PackStoreError::Root`] when it can't be made or opened.
    pub fn open(root: &Path) -> Result<Self, PackStoreError> {
        let unusable = |error: &io::Error| PackStoreError::Root {
            root: root.display().to_string(),
            reason: error.kind().to_string(),
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(root).map_err(|error| unusable(&error))?;
        let dir = Dir::open_ambient_dir(root, ambient_authority()).map_err(|error| unusable(&error))?;
        Ok(Self { dir })
    }

    /// Writes a pack under `name`, whole or not at all.
    ///
    /// # Errors
    /// [`PackStoreError`]; nothing of the pack is left behind then.
    pub fn write<'a>(
        &self,
        name: &str,
        files: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), PackStoreError> {
        check_name(name)?;
        if self.dir.symlink_metadata(name).is_ok() {
            return Err(PackStoreError::Exists { name: name.to_owned() });
        }
        crate::file_limit::fail_beyond();
        self.clear_away(name);
        let temporary = format!(".{name}.{}.part", std::process::id());
        let written = self.write_files(&temporary, files).and_then(|()| self.publish(&temporary, name));
        if written.is_err() {
            // The first error is what matters; a leftover is hidden and never taken for a pack.
            drop(self.dir.remove_dir_all(&temporary));
        }
        written
    }

    /// Opens a pack for reading.
    ///
    /// # Errors
    /// [`PackStoreError::NotFound`] when there is none of that name.
    pub fn pack(&self, name: &str) -> Result<Dir, PackStoreError> {
        check_name(name)?;
        self.dir.open_dir_nofollow(name).map_err(|_| PackStoreError::NotFound { name: name.to_owned() })
    }

    /// Names of packs after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`PackStoreError::Root`] when the folder can't be read.
    pub fn names(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, PackStoreError> {
        let unusable =
            |error: io::Error| PackStoreError::Root { root: ".".to_owned(), reason: error.kind().to_string() };
        let mut names = std::collections::BTreeSet::new();
        for entry in self.dir.entries().map_err(unusable)? {
            let entry = entry.map_err(unusable)?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let Some(name) = entry.file_name().into_string().ok().filter(|name| is_folder && check_name(name).is_ok())
            else {
                continue;
            };
            if after.is_none_or(|after| name.as_str() > after) {
                names.insert(name);
            }
            if names.len() > limit {
                names.pop_last();
            }
        }
        Ok(names.into_iter().collect())
    }

    /// One file of a pack, if it is there and has at most `limit` bytes.
    ///
    /// # Errors
    /// [`PackStoreError::NotFound`] when there is no pack of that name.
    pub fn file(&self, name: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, PackStoreError> {
        let folder = self.pack(name)?;
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let Ok(file) = folder.open_with(path, &options) else { return Ok(None) };
        // Looked at on the open handle: the name may have been swapped meanwhile.
        if !file.metadata().is_ok_and(|seen| seen.is_file() && seen.len() <= limit) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        let whole = read.is_ok_and(|length| u64::try_from(length).is_ok_and(|it| it <= limit));
        Ok(whole.then_some(bytes))
    }

    /// Removes what exports of this name left behind that broke off. Whether their process still runs can't be told: its
    /// number may be another's by now, or be of another machine. None takes as long as it must be old.
    fn clear_away(&self, name: &str) {
        let Ok(entries) = self.dir.entries() else { return };
        for entry in entries.filter_map(Result::ok) {
            let Ok(found) = entry.file_name().into_string() else { continue };
            let is_old = || {
                let modified = entry.metadata().ok()?.modified().ok()?.into_std();
                SystemTime::now().duration_since(modified).ok()
            };
            if unfinished(&found) == Some(name) && is_old().is_some_and(|age| age >= ABANDONED) {
                // What can't be removed is in nobody's way.
                drop(self.dir.remove_dir_all(&found));
            }
        }
    }

    fn write_files<'a>(
        &self,
        temporary: &str,
        files: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), PackStoreError> {
        let failed = |path: &str, error: &io::Error| PackStoreError::Write {
            path: path.to_owned(),
            reason: error.kind().to_string(),
        };
        drop(self.dir.remove_dir_all(temporary));
        self.dir.create_dir(temporary).map_err(|error| failed(temporary, &error))?;
        let folder = self.dir.open_dir_nofollow(temporary).map_err(|error| failed(temporary, &error))?;
        for (path, bytes) in files {
            write_file(&folder, path, bytes).map_err(|error| failed(path, &error))?;
        }
        sync(&folder).map_err(|error| failed(temporary, &error))
    }

    fn publish(&self, temporary: &str, name: &str) -> Result<(), PackStoreError> {
        let failed =
            |error: &io::Error| PackStoreError::Write { path: name.to_owned(), reason: error.kind().to_string() };
        match self.dir.rename(temporary, &self.dir, name) {
            Ok(()) => sync(&self.dir).map_err(|error| failed(&error)),
            // A folder can't be renamed onto a pack that somebody made meanwhile.
            Err(_) if self.dir.symlink_metadata(name).is_ok() => Err(PackStoreError::Exists { name: name.to_owned() }),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// The name of the pack whose export a temporary folder of this name is of.
pub fn unfinished(folder: &str) -> Option<&str> {
    let (name, process) = folder.strip_prefix('.')?.strip_suffix(".part")?.rsplit_once('.')?;
    let is_number = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && check_name(name).is_ok()).then_some(name)
}

fn check_name(name: &str) -> Result<(), PackStoreError> {
    let plain = name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if plain { Ok(()) } else { Err(PackStoreError::Name { name: name.chars().take(160).collect() }) }
}

fn write_file(folder: &Dir, path: &str, bytes: &[u8]) -> io::Result<()> {
    if let Some((parent, _)) = path.rsplit_once('/') {
        folder.create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = folder.open_with(path, &options)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    if let Some((parent, _)) = path.rsplit_once('/') {
        sync(&folder.open_dir(parent)?)?;
    }
    Ok(())
}

/// Makes the entries of a folder durable, where the system can.
fn sync(folder: &Dir) -> io::Result<()> {
    #[cfg(unix)]
    folder.open(".")?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests;
