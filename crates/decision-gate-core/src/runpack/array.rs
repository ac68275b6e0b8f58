//! Arrays as files: written item by item and cut into segments, read back with the place of every item.

use std::ops::Range;

use serde_json::Value;

use super::manifest::ArtifactKind;
use crate::json::{self, JsonError, canonical};

/// A segment is closed before it would grow over this, so that readers with a limit of 16 MiB take it.
pub(crate) const SEGMENT_BYTES: usize = 8 << 20;

/// The most bytes of one JSON file that are read.
const MAX_FILE_BYTES: usize = 1 << 30;

/// A file of a pack that was made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) path: String,
    pub(crate) kind: ArtifactKind,
    pub(crate) bytes: Vec<u8>,
}

/// An array of canonical items on its way into one or more files.
#[derive(Debug)]
pub(crate) struct Array {
    base: &'static str,
    kind: ArtifactKind,
    closed: Vec<Vec<u8>>,
    open: Vec<u8>,
}

impl Array {
    /// An empty array at `base`.
    pub(crate) fn new(base: &'static str, kind: ArtifactKind) -> Self {
        Self { base, kind, closed: Vec::new(), open: vec![b'['] }
    }

    /// Appends an item that is canonical JSON.
    pub(crate) fn push(&mut self, item: &[u8]) {
        if self.open.len() > 1 {
            if self.open.len() + item.len() + 2 > SEGMENT_BYTES {
                self.open.push(b']');
                self.closed.push(std::mem::replace(&mut self.open, vec![b'[']));
            } else {
                self.open.push(b',');
            }
        }
        self.open.extend_from_slice(item);
    }

    /// The files, in order: `base`, then `base` with `.2`, `.3` … before its extension.
    pub(crate) fn finish(mut self) -> Vec<Made> {
        self.open.push(b']');
        self.closed.push(self.open);
        let made = |(index, bytes)| Made { path: segment_path(self.base, index), kind: self.kind, bytes };
        self.closed.into_iter().enumerate().map(made).collect()
    }
}

/// The path of a segment, from 0.
pub(crate) fn segment_path(base: &str, index: usize) -> String {
    match base.strip_suffix(".json") {
        Some(stem) if index > 0 => format!("{stem}.{}.json", index + 1),
        Some(_) | None => base.to_owned(),
    }
}

/// Why a file is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadFault {
    /// Not strict JSON.
    #[error("the file is not strict json: {0}")]
    Json(#[source] JsonError),
    /// Strict JSON in another form than the canonical one.
    #[error("the file is not in canonical form")]
    NotCanonical,
    /// Canonical, and something else than an array.
    #[error("the file is not an array")]
    NotArray,
}

/// A canonical document.
pub(crate) fn read_value(bytes: &[u8]) -> Result<Value, ReadFault> {
    let value = json::parse_exact(bytes, &json::Limits::message(MAX_FILE_BYTES)).map_err(ReadFault::Json)?;
    if canonical::to_vec(&value) == bytes { Ok(value) } else { Err(ReadFault::NotCanonical) }
}

/// The items of a canonical array, each with its place in `bytes`.
pub(crate) fn read_array(bytes: &[u8]) -> Result<Vec<(Value, Range<usize>)>, ReadFault> {
    let value = json::parse_exact(bytes, &json::Limits::message(MAX_FILE_BYTES)).map_err(ReadFault::Json)?;
    let Value::Array(items) = value else {
        return Err(ReadFault::NotArray);
    };
    let mut written = Vec::with_capacity(bytes.len());
    let mut found = Vec::with_capacity(items.len());
    written.push(b'[');
    for item in items {
        if !found.is_empty() {
            written.push(b',');
        }
        let start = written.len();
        canonical::write(&item, &mut written);
        found.push((item, start..written.len()));
    }
    written.push(b']');
    if written == bytes { Ok(found) } else { Err(ReadFault::NotCanonical) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_cut_between_items_and_reads_back() {
        let mut array = Array::new("artifacts/triggers.json", ArtifactKind::TriggerLog);
        let item = format!("\"{}\"", "x".repeat(SEGMENT_BYTES / 3));
        (0..5).for_each(|_| array.push(item.as_bytes()));
        let files = array.finish();
        let paths: Vec<_> = files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["artifacts/triggers.json", "artifacts/triggers.2.json", "artifacts/triggers.3.json"]);
        let counts: Vec<_> = files.iter().map(|it| read_array(&it.bytes).unwrap().len()).collect();
        assert_eq!(counts, [2, 2, 1]);
        assert!(files.iter().all(|it| it.bytes.len() <= SEGMENT_BYTES));
    }

    #[test]
    fn only_the_canonical_form_reads() {
        assert_eq!(read_array(b"[]").unwrap().len(), 0);
        let items = read_array(b"[1,{\"a\":2}]").unwrap();
        assert_eq!(items[1].1, 3..10);
        for (text, fault) in
            [("[ ]", ReadFault::NotCanonical), ("{}", ReadFault::NotArray), ("[1.0]", ReadFault::NotCanonical)]
        {
            assert_eq!(read_array(text.as_bytes()).unwrap_err(), fault);
        }
        assert!(matches!(read_array(b"[1,]"), Err(ReadFault::Json(_))));
    }
}
