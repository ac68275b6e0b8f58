//! Server-sent events: from bytes, however they are cut, to the data of one event after the other.
//!
//! Of an event only `data`, `id` and `retry` mean anything here; one of another name than `message` is passed over. An
//! event whose data is longer than the limit is none, and ends the reading.

use std::collections::VecDeque;
use std::time::Duration;

/// The wait before a stream is asked for again, where the server does not say.
const USUAL_RETRY: Duration = Duration::from_secs(1);
/// Longest wait that a server can ask for.
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// Most bytes of an id.
const MAX_ID: usize = 512;
/// Most bytes of what stands before the data on a line.
const MAX_FIELD: usize = 64;

/// The reader of one stream.
#[derive(Debug)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    foreign: bool,
    after_return: bool,
    begun: bool,
    last_id: Option<String>,
    retry: Duration,
    whole: VecDeque<Vec<u8>>,
    limit: usize,
}

/// An event is longer than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong(pub(super) u64);

impl Events {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            data: None,
            foreign: false,
            after_return: false,
            begun: false,
            last_id: None,
            retry: USUAL_RETRY,
            whole: VecDeque::new(),
            limit,
        }
    }

    /// Takes in more bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        for byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => self.end_line()?,
                byte => {
                    self.line.push(*byte);
                    if self.line.len() > self.limit.saturating_add(MAX_FIELD) {
                        return Err(self.too_long());
                    }
                }
            }
        }
        Ok(())
    }

    /// The data of the next whole event.
    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.whole.pop_front()
    }

    /// The id of the last event that had one: the stream can be asked for from there on.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// How long to wait before it is.
    pub(super) fn retry(&self) -> Duration {
        self.retry
    }

    /// The stream ended and is read on from a new one: what was cut off there is dropped.
    pub(super) fn restart(&mut self) {
        self.line.clear();
        self.data = None;
        (self.foreign, self.after_return, self.begun) = (false, false, false);
    }

    fn too_long(&self) -> TooLong {
        let length = self.line.len().saturating_add(self.data.as_ref().map_or(0, Vec::len));
        TooLong(u64::try_from(length).unwrap_or(u64::MAX))
    }

    fn end_line(&mut self) -> Result<(), TooLong> {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.begun, true) && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if line.is_empty() {
            self.end_event();
            return Ok(());
        }
        let at = line.iter().position(|byte| *byte == b':');
        let (field, value) = match at {
            Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default()),
            None => (line.as_slice(), &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                match &mut self.data {
                    Some(data) => {
                        data.push(b'\n');
                        data.extend_from_slice(value);
                    }
                    None => self.data = Some(value.to_vec()),
                }
                if self.data.as_ref().is_some_and(|data| data.len() > self.limit) {
                    return Err(self.too_long());
                }
            }
            b"event" => self.foreign = !value.is_empty() && value != b"message",
            b"id" if value.len() <= MAX_ID => self.note_id(value),
            b"retry" => self.note_retry(value),
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self) {
        let foreign = std::mem::take(&mut self.foreign);
        // An event without data only says from where to go on.
        let data = self.data.take().filter(|data| !data.is_empty() && !foreign);
        self.whole.extend(data);
    }

    /// An id that could not be sent back in a header is none.
    fn note_id(&mut self, value: &[u8]) {
        if value.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            self.last_id = String::from_utf8(value.to_vec()).ok().filter(|id| !id.is_empty());
        }
    }

    fn note_retry(&mut self, value: &[u8]) {
        let millis = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|it| it.is_ascii_digit()));
        if let Some(millis) = millis.and_then(|text| text.parse().ok()) {
            self.retry = Duration::from_millis(millis).min(LONGEST_RETRY);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(parts: &[&[u8]]) -> (Vec<String>, Option<String>) {
        let mut events = Events::new(64);
        for part in parts {
            events.push(part).unwrap();
        }
        let whole = std::iter::from_fn(|| events.pop()).map(|it| String::from_utf8(it).unwrap()).collect();
        (whole, events.last_id().map(str::to_owned))
    }

    const STREAM: &str = "\u{FEFF}: hello\nid: 1\nretry: 9\ndata:\n\nevent: message\r\ndata: {\"a\":\rdata:1}\r\r\
                          event: other\ndata: no\n\nid: 2\ndata: b\n\ndata: cut off";

    #[test]
    fn events_are_their_data_and_what_is_cut_off_is_none() {
        assert_eq!(read(&[STREAM.as_bytes()]), (vec!["{\"a\":\n1}".to_owned(), "b".to_owned()], Some("2".to_owned())));
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_means_nothing(cuts in proptest::collection::vec(0..STREAM.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.push(STREAM.len());
            cuts.sort_unstable();
            let mut from = 0;
            let parts: Vec<&[u8]> = cuts.iter().map(|to| {
                let part = &STREAM.as_bytes()[from..*to];
                from = *to;
                part
            }).collect();
            prop_assert_eq!(read(&parts), read(&[STREAM.as_bytes()]));
        }
    }

    #[test]
    fn an_event_longer_than_the_limit_ends_the_reading() {
        let long = format!("data: {}", "x".repeat(200));
        assert!(Events::new(64).push(long.as_bytes()).is_err());
        let lines = "data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(3);
        assert!(Events::new(64).push(lines.as_bytes()).is_err());
    }
}
