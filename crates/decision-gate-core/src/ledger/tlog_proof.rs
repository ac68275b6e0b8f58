//! C2SP `tlog-proof`: an inclusion proof and its checkpoint as one text.

use super::checkpoint::decimal;
use super::proof::MAX_PROOF_HASHES;
use crate::digest::Digest;
use crate::keys::encoding;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof with the checkpoint that it leads to. Nothing in it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// What stands beside the proof. Nobody signed it.
    pub extra: Option<Vec<u8>>,
    /// Position of the entry in the log, from 0.
    pub index: u64,
    /// The proof, the leaf's sibling first.
    pub path: Vec<Digest>,
    /// The checkpoint, a note.
    pub checkpoint: String,
}

/// Why a text is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Another first line.
    #[error("the first line of a proof is `{HEADER}`")]
    Header,
    /// The line of what stands beside it.
    #[error("the `extra` line of the proof is not base64 of something")]
    Extra,
    /// The line of the position, or of the older size.
    #[error("the proof has no line `index`, or `old`, with a decimal number")]
    Index,
    /// A hash.
    #[error("hash {number} of the proof is not base64 of 32 bytes")]
    Hash {
        /// Which, from 1.
        number: usize,
    },
    /// More hashes than any proof has.
    #[error("the proof has more hashes than any tree is high")]
    TooLong,
    /// No checkpoint behind a blank line.
    #[error("the proof has no checkpoint behind a blank line")]
    Checkpoint,
}

impl TlogProofError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Header | Self::Extra | Self::Index | Self::Hash { .. } | Self::TooLong | Self::Checkpoint => {
                "tlog_proof_malformed"
            }
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Header | Self::Extra | Self::Index | Self::Hash { .. } | Self::TooLong | Self::Checkpoint => {
                "give a proof as `decision-gate ledger prove` writes it (c2sp tlog-proof)"
            }
        }
    }
}

impl TlogProof {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`TlogProofError`] where it is not written as one.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(TlogProofError::Checkpoint)?;
        if !checkpoint.ends_with('\n') {
            return Err(TlogProofError::Checkpoint);
        }
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(TlogProofError::Header);
        }
        let extra = match lines.next_if(|line| line.starts_with("extra")) {
            Some(line) => Some(read_extra(line).ok_or(TlogProofError::Extra)?),
            None => None,
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(TlogProofError::Index)?;
        Ok(Self { extra, index, path: read_path(lines)?, checkpoint: checkpoint.to_owned() })
    }

    /// The proof as text: what [`TlogProof::parse`] reads.
    pub fn to_text(&self) -> String {
        let extra = self.extra.as_ref().map_or_else(String::new, |it| format!("extra {}\n", encoding::encode(it)));
        let path = path_lines(&self.path);
        format!("{HEADER}\n{extra}index {}\n{path}\n{}", self.index, self.checkpoint)
    }
}

/// A consistency proof with the newer checkpoint, as C2SP `tlog-witness` hands it to a witness: `old <size>`, a hash a
/// line, a blank line, the checkpoint. Nothing in it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// How many entries the older log had.
    pub old: u64,
    /// The proof.
    pub path: Vec<Digest>,
    /// The newer checkpoint, a note.
    pub checkpoint: String,
}

impl ConsistencyProof {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`TlogProofError`] where it is not written as one.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(TlogProofError::Checkpoint)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let old = old.ok_or(TlogProofError::Index)?;
        Ok(Self { old, path: read_path(lines)?, checkpoint: checkpoint.to_owned() })
    }

    /// The proof as text: what [`ConsistencyProof::parse`] reads.
    pub fn to_text(&self) -> String {
        format!("old {}\n{}\n{}", self.old, path_lines(&self.path), self.checkpoint)
    }
}

fn read_path<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Vec<Digest>, TlogProofError> {
    let mut path = Vec::new();
    for (number, line) in (1..).zip(lines) {
        if number > MAX_PROOF_HASHES {
            return Err(TlogProofError::TooLong);
        }
        let hash = encoding::decode_standard(line).and_then(|it| <[u8; 32]>::try_from(it).ok());
        path.push(Digest::from_bytes(hash.ok_or(TlogProofError::Hash { number })?));
    }
    Ok(path)
}

fn path_lines(path: &[Digest]) -> String {
    path.iter().map(|it| encoding::encode(it.as_bytes()) + "\n").collect()
}

fn read_extra(line: &str) -> Option<Vec<u8>> {
    encoding::decode_standard(line.strip_prefix("extra ")?).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_reads_back_as_it_was_written() {
        for extra in [None, Some(b"{}".to_vec())] {
            let path = vec![Digest::of(b"1"), Digest::of(b"2")];
            let proof = TlogProof { extra, index: 7, path, checkpoint: "origin\n9\nAAAA\n\n— x AAAAAAA=\n".into() };
            assert_eq!(TlogProof::parse(&proof.to_text()), Ok(proof));
        }
    }

    #[test]
    fn a_consistency_proof_reads_back_as_it_was_written() {
        let path = vec![Digest::of(b"1")];
        let proof = ConsistencyProof { old: 3, path, checkpoint: "origin\n9\nAAAA\n\n— x AAAAAAA=\n".into() };
        assert_eq!(ConsistencyProof::parse(&proof.to_text()), Ok(proof));
        assert_eq!(ConsistencyProof::parse("old 03\n\nx\n"), Err(TlogProofError::Index));
    }

    #[test]
    fn what_is_no_proof_is_refused() {
        for (text, error) in [
            ("", TlogProofError::Checkpoint),
            ("c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", TlogProofError::Header),
            ("c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx\n", TlogProofError::Extra),
            ("c2sp.org/tlog-proof@v1\nindex 01\n\nx\n", TlogProofError::Index),
            ("c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx\n", TlogProofError::Hash { number: 1 }),
            ("c2sp.org/tlog-proof@v1\nindex 1\n\nx", TlogProofError::Checkpoint),
        ] {
            assert_eq!(TlogProof::parse(text), Err(error), "{text:?}");
        }
    }
}
