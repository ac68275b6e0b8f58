//! Saying that a test checks nothing here.

use std::io::Write as _;

/// Says on standard error that a test checks nothing here, and why.
pub fn skip(why: &str) {
    // A test whose standard error is closed has nobody to tell.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
