//! One `evidence_query` at a time over stdio, in both eras, against the bare server's echo of as many reply bytes.

use serde_json::json;

use crate::compare::Blocks;
use crate::fault::Fault;
use crate::server::Era;
use crate::setup::{Folder, Setup};
use crate::table::{Bar, Row};

use super::exchange::{Exchange, against_the_floor};

const BLOCKS: Blocks = Blocks { pairs: 100, calls: 200 };

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let arguments = json!({"query": {"provider_id": "time", "check_id": "now"}});
    let mut rows = Vec::new();
    for era in [Era::Legacy, Era::Modern] {
        let folder = Folder::new()?;
        let what = format!("`evidence_query` of `time`, p50, {}", era.revision());
        let exchange = Exchange { what, era, tool: "evidence_query", arguments: &arguments, blocks: BLOCKS };
        rows.extend(against_the_floor(setup, &folder, &exchange, Bar::AtMost(1.5))?);
    }
    Ok(rows)
}
