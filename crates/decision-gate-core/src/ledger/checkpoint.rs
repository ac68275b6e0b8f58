//! C2SP `tlog-checkpoint`: what the text of a note says about a log.

use super::note::{Note, NoteError, NoteSignature, VerifierKeyError};
use crate::digest::Digest;
use crate::keys::{SigningKey, encoding};

/// The text of a checkpoint as C2SP has it: the root is of any length, and there may be more lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointBody {
    /// Names the log.
    pub origin: String,
    /// How many entries the log has.
    pub size: u64,
    /// The root over them.
    pub root: Vec<u8>,
    /// Further lines, of which nothing is known.
    pub extensions: Vec<String>,
}

/// What a checkpoint of one of our logs says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log.
    pub origin: String,
    /// How many entries the log has.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Digest,
}

/// Why a text is no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Too few lines, an empty one, or none that ends.
    #[error("a checkpoint has at least three lines, none empty, each ended by a line feed")]
    Lines,
    /// The second line.
    #[error("the size of a checkpoint is a decimal number without sign or leading zero")]
    Size,
    /// The third line.
    #[error("the root of a checkpoint is written in base64")]
    Root,
    /// The root is no SHA-256 hash.
    #[error("the root of the checkpoint has {length} bytes, a hash has 32")]
    RootLength {
        /// How many.
        length: usize,
    },
    /// Lines that nobody can audit.
    #[error("the checkpoint has extension lines, which our logs never write")]
    Extensions,
}

impl CheckpointError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lines | Self::Size | Self::Root | Self::RootLength { .. } | Self::Extensions => {
                "checkpoint_malformed"
            }
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lines | Self::Size | Self::Root | Self::RootLength { .. } | Self::Extensions => {
                "give a checkpoint as `decision-gate ledger checkpoint` prints it"
            }
        }
    }
}

/// A decimal number in its one spelling.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

impl CheckpointBody {
    /// Reads the text of a note.
    ///
    /// # Errors
    /// [`CheckpointError`] where it is not that of a checkpoint.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let mut line = || lines.next().filter(|it| !it.is_empty()).ok_or(CheckpointError::Lines);
        let origin = line()?.to_owned();
        let (size, root) = (line()?, line()?);
        let size = decimal(size).ok_or(CheckpointError::Size)?;
        let root = encoding::decode_standard(root).ok_or(CheckpointError::Root)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Lines);
        }
        Ok(Self { origin, size, root, extensions })
    }
}

impl Checkpoint {
    /// Reads the text of a note as a checkpoint of a log of ours.
    ///
    /// # Errors
    /// [`CheckpointError`] where it is not one.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = CheckpointBody::parse(text)?;
        if !body.extensions.is_empty() {
            return Err(CheckpointError::Extensions);
        }
        let length = body.root.len();
        let root = <[u8; 32]>::try_from(body.root).map_err(|_| CheckpointError::RootLength { length })?;
        Ok(Self { origin: body.origin, size: body.size, root: Digest::from_bytes(root) })
    }

    /// The text of its note.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, encoding::encode(self.root.as_bytes()))
    }

    /// The note, signed as the log that it names.
    ///
    /// # Errors
    /// [`VerifierKeyError`] where the origin can't be the name of a key.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, VerifierKeyError> {
        let text = self.to_text();
        let signature = NoteSignature::sign(&text, &self.origin, key)?;
        Note::new(text, vec![signature]).map_err(|_: NoteError| VerifierKeyError::Name)
    }
}
