//! Unpacks gzip within a limit: what a small file unpacks to may be very large.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::Limits;
use crate::builders::fault::{TraceFault, Where};

/// The bytes of a profile, unpacked where they are packed.
pub(super) fn unpack(input: &[u8], limits: &Limits) -> Result<Vec<u8>, TraceFault> {
    if !input.starts_with(&[0x1f, 0x8b]) {
        return Ok(input.to_vec());
    }
    let limit = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(input).take(limit.saturating_add(1)).read_to_end(&mut bytes);
    let at = Where::Byte(bytes.len());
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(TraceFault::CutOff { at, expected: "the end of the gzip stream" })
        }
        Err(_) => Err(TraceFault::Malformed { at, expected: "a gzip stream" }),
        Ok(_) if bytes.len() > limits.bytes => Err(TraceFault::TooLarge { at, what: "bytes", limit }),
        Ok(_) => Ok(bytes),
    }
}
