//! What is kept of a line that is too long: enough to read its `id`, wherever in the line it stands.
//!
//! Some clients write the id first, some last. So all of the line is looked at, but only the top level of its object
//! is kept, long texts cut and made unreadable; what is left is a small text that the ordinary envelope scan reads.

use decision_gate_core::json::{Envelope, scan_envelope};

/// Most bytes that are kept; after that the rest of the line counts as unreadable.
const KEPT: usize = 4 * 1024;
/// Most bytes of one text that are kept; no id that we answer is longer.
const TEXT: usize = 512;
/// Stands in a cut text and makes it invalid, so that its beginning never passes for the whole.
const CUT: u8 = 0x00;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The top level of a line.
#[derive(Debug, Default)]
pub(crate) struct Skeleton {
    kept: Vec<u8>,
    length: u64,
    depth: usize,
    text: Option<Text>,
}

/// A text that is being read.
#[derive(Debug, Default)]
struct Text {
    length: usize,
    escaped: bool,
}

impl Skeleton {
    /// Bytes of the line so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Takes the next bytes of the line.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        for byte in bytes {
            self.take(*byte);
        }
    }

    /// What could be read of the message.
    pub(crate) fn envelope(&self) -> Envelope {
        scan_envelope(self.kept.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.kept))
    }

    fn take(&mut self, byte: u8) {
        if let Some(text) = &mut self.text {
            text.length += 1;
            let ends = byte == b'"' && !text.escaped;
            text.escaped = byte == b'\\' && !text.escaped;
            let kept = match text.length {
                _ if ends => Some(byte),
                ..=TEXT => Some(byte),
                length if length == TEXT + 1 => Some(CUT),
                _ => None,
            };
            if ends {
                self.text = None;
            }
            if let Some(kept) = kept {
                self.keep(kept);
            }
            return;
        }
        match byte {
            b'"' => {
                self.text = Some(Text::default());
                self.keep(byte);
            }
            b'{' | b'[' => {
                self.keep(byte);
                self.depth = self.depth.saturating_add(1);
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.keep(byte);
            }
            b' ' | b'\t' | b'\r' => {}
            _ => self.keep(byte),
        }
    }

    /// Keeps a byte of the top level, brackets of the second one included.
    fn keep(&mut self, byte: u8) {
        if self.depth <= 1 && self.kept.len() < KEPT {
            self.kept.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use decision_gate_core::json::IdSite;
    use proptest::prelude::*;

    use super::*;

    fn check(line: &str, pieces: usize) -> IdSite {
        let mut skeleton = Skeleton::default();
        line.as_bytes().chunks(pieces).for_each(|piece| skeleton.feed(piece));
        assert!(skeleton.kept.len() <= KEPT);
        assert_eq!(skeleton.length(), line.len() as u64);
        skeleton.envelope().id
    }

    #[test]
    fn the_id_is_read_wherever_it_stands() {
        let long = "x\\\"{[".repeat(10_000);
        let nested = format!(r#"{{"a":[{{"id":7}},"{long}"],"id":8}}"#);
        for pieces in [1, 7, 4096] {
            let first = format!(r#"{{"jsonrpc":"2.0","id":1,"params":{nested}}}"#);
            assert_eq!(check(&first, pieces), IdSite::Number(1));
            let last = format!(r#"{{"method":"m","params":{nested}, "jsonrpc":"2.0", "id" : "a\"b" }}"#);
            assert_eq!(check(&last, pieces), IdSite::String("a\"b".to_owned()));
            assert_eq!(check(&format!(r#"{{"params":{nested}}}"#), pieces), IdSite::Absent);
            assert_eq!(check(&format!(r#"{{"id":"{}","params":1}}"#, "i".repeat(600)), pieces), IdSite::Invalid);
            assert_eq!(check(&format!("[{nested}]"), pieces), IdSite::Absent);
        }
    }

    proptest! {
        /// Whatever of a message is kept, its id is the one that the whole message has.
        #[test]
        fn the_skeleton_has_the_id_of_the_line(id in "[a-z\"\\\\{}\\[\\],:é]{0,8}", text in "[ -~é]{0,700}", last in any::<bool>()) {
            let id = serde_json::Value::String(id);
            let params = serde_json::json!({ "id": 3, "text": text, "deep": [[{ "id": 4 }]] });
            let line = if last { format!(r#"{{"params":{params},"id":{id}}}"#) } else { format!(r#"{{"id":{id},"params":{params}}}"#) };
            prop_assert_eq!(check(&line, 16), scan_envelope(line.as_bytes()).id);
        }
    }
}
