//! How long a value is as JSON, without writing it anywhere.

use std::io;

use serde::Serialize;

/// The bytes of a value as compact JSON; none of a value that has no form as JSON, which is refused where it is written.
pub fn size(value: &impl Serialize) -> usize {
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).map_or(0, |()| count.0)
}

/// Counts what is written.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
