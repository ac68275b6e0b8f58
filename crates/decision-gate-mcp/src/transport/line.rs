//! Cuts the input into lines, and skips those that are too long without keeping them.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::skeleton::Skeleton;

/// What is read at once.
const CHUNK: usize = 16 * 1024;
/// A buffer that a long line has grown beyond this is given back.
const KEPT: usize = 256 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line, without its end and without a byte order mark.
#[derive(Debug)]
pub(crate) enum Line {
    /// All of it.
    Whole(BytesMut),
    /// It was over the limit; this is what is left of it.
    TooLong(Skeleton),
}

/// Reads lines. [`next`](Self::next) may be dropped at any time and loses nothing.
pub(crate) struct LineReader<R> {
    input: R,
    buffer: BytesMut,
    /// Bytes of the buffer that are known to hold no newline.
    searched: usize,
    limit: usize,
    skipping: Option<Skeleton>,
    ended: bool,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self { input, buffer: BytesMut::new(), searched: 0, limit, skipping: None, ended: false }
    }

    /// Whether there is nothing more to come.
    pub(super) fn ended(&self) -> bool {
        self.ended && self.buffer.is_empty() && self.skipping.is_none()
    }

    /// The next line, the last one also without a newline; nothing at the end of the input.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, io::Error> {
        loop {
            if let Some(line) = self.cut() {
                return Ok(Some(line));
            }
            if self.ended {
                return Ok(self.rest());
            }
            if self.buffer.is_empty() && self.buffer.capacity() > KEPT {
                self.buffer = BytesMut::new();
            }
            self.buffer.reserve(CHUNK);
            if self.input.read_buf(&mut self.buffer).await? == 0 {
                self.ended = true;
            }
        }
    }

    /// A line that is in the buffer with its end.
    fn cut(&mut self) -> Option<Line> {
        let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(found) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            if self.skipping.is_some() || self.buffer.len() > self.limit {
                self.skipping.get_or_insert_default().feed(&self.buffer);
                self.buffer.clear();
                self.searched = 0;
            }
            return None;
        };
        let mut line = self.buffer.split_to(self.searched + found + 1);
        line.truncate(line.len() - 1);
        self.searched = 0;
        Some(self.finish(line))
    }

    /// What stands after the last newline.
    fn rest(&mut self) -> Option<Line> {
        self.searched = 0;
        let line = self.buffer.split();
        (!line.is_empty() || self.skipping.is_some()).then(|| self.finish(line))
    }

    fn finish(&mut self, mut line: BytesMut) -> Line {
        match self.skipping.take() {
            Some(mut skeleton) => {
                skeleton.feed(&line);
                Line::TooLong(skeleton)
            }
            None if line.len() > self.limit => {
                let mut skeleton = Skeleton::default();
                skeleton.feed(&line);
                Line::TooLong(skeleton)
            }
            None => {
                if line.starts_with(BYTE_ORDER_MARK) {
                    drop(line.split_to(BYTE_ORDER_MARK.len()));
                }
                Line::Whole(line)
            }
        }
    }
}

#[cfg(test)]
mod tests;
