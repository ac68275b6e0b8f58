//! The files of a pack as the caller found them: core reads no directory.

use std::collections::BTreeMap;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackFile {
    /// A regular file.
    Bytes(Vec<u8>),
    /// A symbolic link, a device, a pipe or anything else that is not a regular file. It was not opened.
    NotRegular,
    /// It could not be read.
    Unreadable {
        /// Why not.
        reason: String,
    },
    /// Over the reader's size limit. It was not read.
    TooLarge {
        /// Its size in bytes.
        actual: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

/// Everything below a pack's directory, by path relative to it, parts separated by `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackFiles(BTreeMap<String, PackFile>);

impl PackFiles {
    /// Adds what lies at `path`.
    pub fn insert(&mut self, path: impl Into<String>, file: PackFile) {
        self.0.insert(path.into(), file);
    }

    /// Takes what lies at `path` away.
    pub fn remove(&mut self, path: &str) -> Option<PackFile> {
        self.0.remove(path)
    }

    /// What lies at `path`.
    pub fn get(&self, path: &str) -> Option<&PackFile> {
        self.0.get(path)
    }

    /// The bytes at `path`, when it is a regular file that was read.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        match self.0.get(path)? {
            PackFile::Bytes(bytes) => Some(bytes),
            PackFile::NotRegular | PackFile::Unreadable { .. } | PackFile::TooLarge { .. } => None,
        }
    }

    /// All, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PackFile)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }
}

impl FromIterator<(String, Vec<u8>)> for PackFiles {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(files: I) -> Self {
        Self(files.into_iter().map(|(path, bytes)| (path, PackFile::Bytes(bytes))).collect())
    }
}
