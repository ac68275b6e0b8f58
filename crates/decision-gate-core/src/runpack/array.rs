//! Arrays as files: written item by item and cut into segments, read back with the place of every item.

use std::ops::Range;

use serde_json::Value;

use super::files::PackFiles;
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

/// Where the bytes of segments go.
pub(crate) trait Output {
    /// How many bytes the open segment has.
    fn length(&self) -> usize;

    /// Appends to the open segment.
    fn put(&mut self, bytes: &[u8]);

    /// Closes the open segment and opens the next.
    fn cut(&mut self);
}

/// Segments that are made.
#[derive(Debug, Default)]
pub(crate) struct Making {
    closed: Vec<Vec<u8>>,
    open: Vec<u8>,
}

/// Segments that are there, and that what is written must be equal to.
#[derive(Debug)]
pub(crate) struct Matching<'f> {
    files: &'f PackFiles,
    base: &'static str,
    segment: usize,
    open: &'f [u8],
    at: usize,
    same: bool,
}

/// An array of canonical items on its way into one or more files.
#[derive(Debug)]
pub(crate) struct Array<O> {
    base: &'static str,
    kind: ArtifactKind,
    output: O,
    /// How many items each closed segment has, and the open one.
    counts: Vec<usize>,
    count: usize,
}

impl Output for Making {
    fn length(&self) -> usize {
        self.open.len()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.open.extend_from_slice(bytes);
    }

    fn cut(&mut self) {
        self.closed.push(std::mem::take(&mut self.open));
    }
}

impl<'f> Matching<'f> {
    fn new(base: &'static str, files: &'f PackFiles) -> Self {
        let found = files.bytes(base);
        Self { files, base, segment: 0, open: found.unwrap_or_default(), at: 0, same: found.is_some() }
    }

    fn is_at_end(&self) -> bool {
        self.same && self.at == self.open.len()
    }
}

impl Output for Matching<'_> {
    fn length(&self) -> usize {
        self.at
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len();
        self.same &= self.open.get(self.at..end) == Some(bytes);
        self.at = end;
    }

    fn cut(&mut self) {
        self.segment += 1;
        let found = self.files.bytes(&segment_path(self.base, self.segment));
        self.same = self.is_at_end() && found.is_some();
        (self.open, self.at) = (found.unwrap_or_default(), 0);
    }
}

impl<O: Output> Array<O> {
    fn on(base: &'static str, kind: ArtifactKind, mut output: O) -> Self {
        output.put(b"[");
        Self { base, kind, output, counts: Vec::new(), count: 0 }
    }

    /// Appends an item that is canonical JSON.
    pub(crate) fn push(&mut self, item: &[u8]) {
        let length = self.output.length();
        if length > 1 {
            if length + item.len() + 2 > SEGMENT_BYTES {
                self.output.put(b"]");
                self.output.cut();
                self.output.put(b"[");
                self.counts.push(std::mem::take(&mut self.count));
            } else {
                self.output.put(b",");
            }
        }
        self.output.put(item);
        self.count += 1;
    }
}

impl Array<Making> {
    /// An empty array at `base`.
    pub(crate) fn new(base: &'static str, kind: ArtifactKind) -> Self {
        Self::on(base, kind, Making::default())
    }

    /// The files, in order: `base`, then `base` with `.2`, `.3` … before its extension.
    pub(crate) fn finish(mut self) -> Vec<Made> {
        self.output.put(b"]");
        self.output.cut();
        let made = |(index, bytes)| Made { path: segment_path(self.base, index), kind: self.kind, bytes };
        self.output.closed.into_iter().enumerate().map(made).collect()
    }
}

impl<'f> Array<Matching<'f>> {
    /// An array that must be the one at `base`.
    pub(crate) fn matching(base: &'static str, kind: ArtifactKind, files: &'f PackFiles) -> Self {
        Self::on(base, kind, Matching::new(base, files))
    }

    /// Whether it is, so far.
    pub(crate) fn is_same(&self) -> bool {
        self.output.same
    }

    /// The files that it fills exactly, each with the number of its items; `None` when one of them is another.
    pub(crate) fn matched(mut self) -> Option<Vec<Matched>> {
        self.output.put(b"]");
        self.counts.push(self.count);
        let matched = |(index, count)| Matched { path: segment_path(self.base, index), kind: self.kind, count };
        self.output.is_at_end().then(|| self.counts.into_iter().enumerate().map(matched).collect())
    }
}

/// A file of a pack that is what was made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    pub(crate) path: String,
    pub(crate) kind: ArtifactKind,
    pub(crate) count: usize,
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
    fn what_is_written_must_be_what_the_segments_have() {
        let base = "artifacts/triggers.json";
        let item = |letter: &str| format!("\"{}\"", letter.repeat(SEGMENT_BYTES / 3));
        let items = ["a", "b", "c", "d", "e"].map(item);
        let mut array = Array::new(base, ArtifactKind::TriggerLog);
        items.iter().for_each(|it| array.push(it.as_bytes()));
        let files: PackFiles = array.finish().into_iter().map(|it| (it.path, it.bytes)).collect();
        let counts = |files: &PackFiles, items: &[String]| {
            let mut array = Array::matching(base, ArtifactKind::TriggerLog, files);
            items.iter().for_each(|it| array.push(it.as_bytes()));
            array.matched().map(|all| all.into_iter().map(|it| it.count).collect::<Vec<_>>())
        };
        assert_eq!(counts(&files, &items), Some(vec![2, 2, 1]));
        // A segment that is left over is listed in no manifest that is made from these.
        assert_eq!(counts(&files, &items[..4]), Some(vec![2, 2]));
        assert_eq!(counts(&files, &items[..3]), None);
        assert_eq!(counts(&files, &[&items[..], &items[..1]].concat()), None);
        assert_eq!(counts(&files, &["a", "b", "c", "d", "x"].map(item)), None);
        for path in ["artifacts/triggers.json", "artifacts/triggers.2.json", "artifacts/triggers.3.json"] {
            let mut fewer = files.clone();
            fewer.remove(path);
            assert_eq!(counts(&fewer, &items), None, "{path}");
            let mut longer = files.clone();
            longer.insert(path, crate::runpack::PackFile::Bytes([files.bytes(path).unwrap(), b" "].concat()));
            assert_eq!(counts(&longer, &items), None, "{path}");
        }
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
