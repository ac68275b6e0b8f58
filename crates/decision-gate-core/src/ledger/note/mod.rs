//! C2SP signed notes: a text, and signature lines of keys with names.
//!
//! Reading is strict: one spelling for one note, so that [`Note::to_bytes`] gives back what was read. Whoever verifies
//! brings the keys; lines by other keys are passed over, and one by a known key that does not hold spoils the note.

mod error;
mod key;
#[cfg(test)]
mod tests;

pub use error::{NoteError, VerifierKeyError};
pub use key::{KeyUse, NoteKeyId, VerifierKey};

use crate::keys::{SigningKey, encoding};

/// The longest note that is read.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// The most signature lines of a note.
const MAX_SIGNATURES: usize = 100;

/// How a signature line begins: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// A note as it was read. Nothing in it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: NoteKeyId,
    bytes: Vec<u8>,
}

/// A key that was given, and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// When it cosigned, in seconds since 1970; none for a key that signs plainly.
    pub seconds: Option<u64>,
}

impl NoteSignature {
    /// Signs a text as the log of this name.
    ///
    /// # Errors
    /// [`VerifierKeyError::Name`] where the name can't be one.
    pub fn sign(text: &str, name: &str, key: &SigningKey) -> Result<Self, VerifierKeyError> {
        let verifier = VerifierKey::new(name, KeyUse::Plain, key.public())?;
        Ok(Self { name: name.to_owned(), key_id: verifier.key_id(), bytes: key.sign(text.as_bytes()) })
    }

    /// Cosigns a text as the witness of this name, at this time.
    ///
    /// # Errors
    /// [`VerifierKeyError::Name`] where the name can't be one.
    pub fn cosign(text: &str, name: &str, key: &SigningKey, seconds: u64) -> Result<Self, VerifierKeyError> {
        let verifier = VerifierKey::new(name, KeyUse::Cosignature, key.public())?;
        let signature = key.sign(&cosigned(text, seconds));
        let bytes = [seconds.to_be_bytes().as_slice(), &signature].concat();
        Ok(Self { name: name.to_owned(), key_id: verifier.key_id(), bytes })
    }

    /// Reads a line, without its line feed.
    fn parse(line: &str) -> Option<Self> {
        let (name, body) = line.strip_prefix(MARK)?.split_once(' ')?;
        let bytes = encoding::decode_standard(body)?;
        let (key_id, bytes) = bytes.split_first_chunk::<4>()?;
        let is_whole = key::is_name(name) && !bytes.is_empty();
        is_whole.then(|| Self { name: name.to_owned(), key_id: NoteKeyId(*key_id), bytes: bytes.to_vec() })
    }

    /// The name that it claims.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.key_id == key.key_id()
    }

    fn line(&self) -> String {
        let body = encoding::encode(&[self.key_id.0.as_slice(), &self.bytes].concat());
        format!("{MARK}{} {body}\n", self.name)
    }
}

/// What a witness signs.
fn cosigned(text: &str, seconds: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

impl Note {
    /// A note of a text that ends with a line feed.
    ///
    /// # Errors
    /// [`NoteError::Text`] for any other text.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || text.chars().any(|it| it < ' ' && it != '\n') {
            return Err(NoteError::Text);
        }
        Ok(Self { text, signatures })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError`] where it is not written exactly as a note is.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge { length: bytes.len(), limit: MAX_NOTE_BYTES });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let mut signatures = Vec::new();
        for (index, line) in lines.split('\n').enumerate() {
            if index == MAX_SIGNATURES {
                return Err(NoteError::TooManySignatures { limit: MAX_SIGNATURES });
            }
            signatures.push(NoteSignature::parse(line).ok_or(NoteError::SignatureLine { number: index + 1 })?);
        }
        Self::new(format!("{text}\n"), signatures)
    }

    /// The note as text: what [`Note::parse`] reads.
    pub fn to_text(&self) -> String {
        let lines: String = self.signatures.iter().map(NoteSignature::line).collect();
        format!("{}\n{lines}", self.text)
    }

    /// The text that is signed. Nobody says yet that it is.
    pub fn claimed_text(&self) -> &str {
        &self.text
    }

    /// Its signature lines.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Puts signatures behind those that are there, each once.
    pub fn add(&mut self, signatures: impl IntoIterator<Item = NoteSignature>) {
        for signature in signatures {
            if !self.signatures.contains(&signature) {
                self.signatures.push(signature);
            }
        }
    }

    /// The same text with this signature alone.
    pub(super) fn with(&self, signature: NoteSignature) -> Self {
        Self { text: self.text.clone(), signatures: vec![signature] }
    }

    /// How many lines none of these keys is named in.
    pub fn unknown(&self, keys: &[&VerifierKey]) -> usize {
        let is_known = |it: &&NoteSignature| keys.iter().any(|key| it.is_by(key));
        self.signatures.len() - self.signatures.iter().filter(is_known).count()
    }

    /// Which of these keys signed, each once, in the order of the lines; of several cosignatures of one key the earliest.
    ///
    /// # Errors
    /// [`NoteError::Signature`] where a line that names one of them does not hold, [`NoteError::Unsigned`] where none
    /// signed.
    pub fn verify<'k>(&self, keys: impl IntoIterator<Item = &'k VerifierKey>) -> Result<Vec<Signed<'k>>, NoteError> {
        let keys: Vec<&VerifierKey> = keys.into_iter().collect();
        let mut signed: Vec<Signed<'k>> = Vec::new();
        for signature in &self.signatures {
            let mut known = keys.iter().copied().filter(|key| signature.is_by(key)).peekable();
            if known.peek().is_none() {
                continue;
            }
            let held = known.find_map(|key| self.holds(signature, key));
            let Some(held) = held else {
                return Err(NoteError::Signature { name: signature.name.clone() });
            };
            match signed.iter_mut().find(|it| it.key == held.key) {
                Some(known) => known.seconds = known.seconds.min(held.seconds),
                None => signed.push(held),
            }
        }
        if signed.is_empty() { Err(NoteError::Unsigned) } else { Ok(signed) }
    }

    /// The key, where a signature is one over the text by it, and when it was made if it says so.
    fn holds<'k>(&self, signature: &NoteSignature, key: &'k VerifierKey) -> Option<Signed<'k>> {
        match key.usage() {
            KeyUse::Plain => {
                let holds = key.public().verify(self.text.as_bytes(), &signature.bytes).is_ok();
                holds.then_some(Signed { key, seconds: None })
            }
            KeyUse::Cosignature => {
                let (seconds, bytes) = signature.bytes.split_first_chunk::<8>()?;
                let seconds = u64::from_be_bytes(*seconds);
                let is_a_time = seconds > 0 && i64::try_from(seconds).is_ok();
                let holds = key.public().verify(&cosigned(&self.text, seconds), bytes).is_ok();
                (is_a_time && holds).then_some(Signed { key, seconds: Some(seconds) })
            }
        }
    }
}
