//! Where the public test vectors are: the folder that `DECISION_GATE_VECTORS` names, else `shared/vectors` beside the
//! project. Without them the suites that need them say so and pass, unless `DECISION_GATE_REQUIRE_VECTORS=1`.

use std::io::Write as _;
use std::path::PathBuf;

use crate::{Fault, project_root};

/// The folder of the vectors, or `None` when there is none and none is required.
///
/// # Errors
/// When there is none and `DECISION_GATE_REQUIRE_VECTORS=1`.
pub fn vectors() -> Result<Option<PathBuf>, Fault> {
    let folder = std::env::var_os("DECISION_GATE_VECTORS").map_or_else(beside_the_project, PathBuf::from);
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    if std::env::var_os("DECISION_GATE_REQUIRE_VECTORS").is_some_and(|value| value == "1") {
        return Err(Fault::NoVectors(folder));
    }
    skip("no vectors");
    Ok(None)
}

/// Says on standard error that a test checks nothing here, and why.
pub fn skip(why: &str) {
    // A test whose standard error is closed has nobody to tell.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn beside_the_project() -> PathBuf {
    let root = project_root();
    root.parent().unwrap_or(&root).join("shared").join("vectors")
}
