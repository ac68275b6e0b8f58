//! Why bytes are no note, or no key of one.

use crate::keys::KeyReadError;

/// Why bytes are no note, or why it does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Far more than any note.
    #[error("the note has `{length}` bytes, the limit is `{limit}`")]
    TooLarge {
        /// Its size in bytes.
        length: usize,
        /// The most that is read.
        limit: usize,
    },
    /// Not the text of a note.
    #[error("the text of the note is not utf-8 without control characters that ends with a line feed")]
    Text,
    /// No blank line with signatures behind it.
    #[error("the note has no blank line with signature lines behind it")]
    NoSignatures,
    /// More lines than a note may have.
    #[error("the note has more than `{limit}` signature lines")]
    TooManySignatures {
        /// The most that are read.
        limit: usize,
    },
    /// A line that is no signature.
    #[error("signature line {number} is not `— name base64`")]
    SignatureLine {
        /// Which, from 1.
        number: usize,
    },
    /// A known key is named, and did not sign this.
    #[error("the signature of `{name}` does not hold")]
    Signature {
        /// The name of the key.
        name: String,
    },
    /// A signature that can't be checked.
    #[error("the signature of `{name}` can't be checked: no key of that name and id is known")]
    Unknown {
        /// Whose, as the line says.
        name: String,
    },
    /// Nobody signed who is known.
    #[error("none of the known keys signed the note")]
    Unsigned,
}

impl NoteError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. }
            | Self::Text
            | Self::NoSignatures
            | Self::TooManySignatures { .. }
            | Self::SignatureLine { .. } => "note_malformed",
            Self::Signature { .. } => "note_signature_invalid",
            Self::Unknown { .. } => "note_signer_unknown",
            Self::Unsigned => "note_unsigned",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge { .. }
            | Self::Text
            | Self::NoSignatures
            | Self::TooManySignatures { .. }
            | Self::SignatureLine { .. } => "give the note byte for byte as it was published (c2sp signed-note)",
            Self::Signature { .. } => "the note was changed, or is by another key of that name: ask for it again",
            Self::Unknown { .. } => "name the witness in `ledger.witness_policy`, or give `--witness-policy FILE`",
            Self::Unsigned => "give the verifier key of this very log: its name is the first line of the checkpoint",
        }
    }
}

/// Why a text is no verifier key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifierKeyError {
    /// Not of the form.
    #[error("a verifier key is written `name+hash+base64`")]
    Form,
    /// The name can't be one.
    #[error("the name of a verifier key is not empty and has neither white space nor `+`")]
    Name,
    /// The hash is another one's.
    #[error("the hash of the verifier key is not that of its name and key")]
    Hash,
    /// A kind of key that is not checked here.
    #[error("verifier keys of type {kind} are not checked here (1: ed25519, 4: ed25519 cosignatures)")]
    Unsupported {
        /// Its first byte.
        kind: u8,
    },
    /// The key itself.
    #[error("the verifier key can't be used: {0}")]
    Key(#[source] KeyReadError),
}

impl VerifierKeyError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form | Self::Name | Self::Hash | Self::Key(_) => "verifier_key_malformed",
            Self::Unsupported { .. } => "verifier_key_unsupported",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Form | Self::Name | Self::Hash | Self::Key(_) => {
                "take it from `decision-gate ledger checkpoint`, or from whoever runs the log or witness, unchanged"
            }
            Self::Unsupported { .. } => "use an ed25519 key",
        }
    }
}
