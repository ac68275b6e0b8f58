//! The few things of protocol buffers that a profile needs: fields one after the other, borrowed from the input.

use crate::builders::fault::{TraceFault, Where};

/// The content of a field.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    Number(u64),
    Bytes(Message<'a>),
    /// Of a kind that no profile uses.
    Other,
}

/// A message, or a part of one, and where it begins in the whole.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Message<'a> {
    pub(super) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn at(&self) -> Where {
        Where::Byte(self.at)
    }

    fn cut_off(&self, expected: &'static str) -> TraceFault {
        TraceFault::CutOff { at: self.at(), expected }
    }

    /// Takes the next field; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Content<'a>)>, TraceFault> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let key = self.number()?;
        let content = match key & 7 {
            0 => Content::Number(self.number()?),
            1 => self.take(8).map(|_| Content::Other)?,
            2 => {
                let length = usize::try_from(self.number()?).map_err(|_| self.cut_off("the end of a field"))?;
                Content::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Content::Other)?,
            _ => return Err(TraceFault::Malformed { at: self.at(), expected: "a field of a protocol buffer" }),
        };
        Ok(Some((key >> 3, content)))
    }

    fn take(&mut self, length: usize) -> Result<Self, TraceFault> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(self.cut_off("the end of a field"))?;
        let taken = Self { bytes: taken, at: self.at };
        *self = Self { bytes: rest, at: self.at + length };
        Ok(taken)
    }

    /// A number in groups of seven bits.
    pub(super) fn number(&mut self) -> Result<u64, TraceFault> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.bytes.split_first().ok_or(self.cut_off("the end of a number"))?;
            *self = Self { bytes: rest, at: self.at + 1 };
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(TraceFault::Malformed { at: self.at(), expected: "a number of at most ten bytes" })
    }

    /// Numbers of a repeated field: one by itself, or packed.
    pub(super) fn numbers(content: Content<'a>, into: &mut Vec<u64>) -> Result<(), TraceFault> {
        match content {
            Content::Number(number) => into.push(number),
            Content::Bytes(mut packed) => {
                while !packed.bytes.is_empty() {
                    into.push(packed.number()?);
                }
            }
            Content::Other => {}
        }
        Ok(())
    }
}
