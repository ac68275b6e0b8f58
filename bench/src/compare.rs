//! Two servers against each other: pairs of blocks of calls, and what makes a pair fair.

use serde_json::json;

use crate::fault::Fault;
use crate::server::Server;
use crate::setup::Setup;
use crate::stats::{Pair, median_time};

/// A server and the request to send it over and over.
pub(crate) type Side<'a> = (&'a mut Server, &'a str);

/// How often something is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    /// How many pairs of blocks.
    pub(crate) pairs: usize,
    /// How many calls in a block.
    pub(crate) calls: usize,
}

impl Setup {
    /// Takes pairs of blocks of calls, in turn one side first and then the other; a pair is its two blocks' medians.
    ///
    /// Each pair has two new processes: a scheduler gives a process a place and leaves it there, and a good place or a
    /// bad one makes more difference than anything that is measured here. Over many pairs both sides get as many good
    /// ones.
    pub(crate) fn blocks(
        &self,
        blocks: Blocks,
        ours: impl Fn() -> Result<(Server, String), Fault>,
        floor: impl Fn() -> Result<(Server, String), Fault>,
    ) -> Result<Vec<Pair>, Fault> {
        let block = |(server, request): &mut (Server, String)| {
            for _ in 0..blocks.calls / 4 {
                server.exchange(request)?;
            }
            let times: Result<Vec<_>, Fault> = (0..blocks.calls).map(|_| server.time(request)).collect();
            times.map(median_time)
        };
        (0..self.pairs(blocks.pairs))
            .map(|number| {
                let (mine, bare);
                if number % 2 == 0 {
                    mine = block(&mut ours()?)?;
                    bare = block(&mut floor()?)?;
                } else {
                    bare = block(&mut floor()?)?;
                    mine = block(&mut ours()?)?;
                }
                Ok(Pair::of_times(mine, bare))
            })
            .collect()
    }
}

/// The request that makes the echo answer as many bytes as `ours` does to `to_ours`, and how many those are.
pub(crate) fn echo_as_long_as((ours, to_ours): Side<'_>, floor: &mut Server) -> Result<(String, usize), Fault> {
    let wanted = ours.exchange(to_ours)?.len();
    let mut length = wanted / 2;
    // The text comes back twice; three rounds settle the rest of the line.
    for _ in 0..4 {
        let request = floor.request("echo", &json!({"text": "e".repeat(length)}));
        let got = floor.exchange(&request)?.len();
        if got.abs_diff(wanted) <= 2 {
            return Ok((request, wanted));
        }
        length = (length + wanted / 2).saturating_sub(got / 2);
    }
    Err(Fault::NotComparable(format!("the echo can't answer {wanted} bytes")))
}

/// Refuses a comparison in which the fixed reply is not as long as ours.
pub(crate) fn same_bytes((ours, to_ours): Side<'_>, (floor, to_floor): Side<'_>) -> Result<(), Fault> {
    let mine = ours.exchange(to_ours)?.len();
    let bare = floor.exchange(to_floor)?.len();
    // A time or an id in the reply may have gained a digit since it was recorded.
    if mine.abs_diff(bare) <= mine / 50 {
        return Ok(());
    }
    Err(Fault::NotComparable(format!("ours answers {mine} bytes and the bare server {bare}")))
}
