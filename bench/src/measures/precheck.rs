//! One `precheck` of a scenario with 100 conditions at a time over stdio, against the bare server's echo of as many
//! reply bytes.

use serde_json::{Map, Value, json};

use crate::compare::Blocks;
use crate::fault::Fault;
use crate::server::Era;
use crate::setup::{Folder, Setup, scenario};
use crate::table::{Bar, Row};

use super::exchange::{Exchange, against_the_floor};

const BLOCKS: Blocks = Blocks { pairs: 60, calls: 60 };
const CONDITIONS: usize = 100;
/// Seconds.
const BAR: f64 = 0.3e-3;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let folder = Folder::new()?;
    let spec = scenario("bench", CONDITIONS, "greater_than");
    setup.ours(Era::Legacy, &folder)?.call("scenario_define", &json!({"spec": spec}))?;
    let payload: Map<String, Value> =
        (0..CONDITIONS).map(|number| (format!("c{number:03}"), Value::from(number))).collect();
    let arguments = json!({"scenario_id": "bench", "payload": payload});
    let what = format!("`precheck`, {CONDITIONS} conditions, p50");
    let exchange = Exchange { what, era: Era::Legacy, tool: "precheck", arguments: &arguments, blocks: BLOCKS };
    against_the_floor(setup, &folder, &exchange, Bar::Above(BAR))
}
