//! The measurements, a file each. A new one is a file and a line in [`ALL`].

mod attestation;
mod canonical_json;
mod cold_start;
mod durable_step;
mod evidence_query;
mod exchange;
mod export_memory;
mod four_writers;
mod group_commit;
mod idle_memory;
mod ledger_growth;
mod ledger_scale;
mod postgres;
mod precheck;
mod raw_blobs;
mod release_chain;
mod runpack_verify;
mod step_growth;

use crate::fault::Fault;
use crate::setup::Setup;
use crate::table::Row;

/// One thing that is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Takes it.
    pub(crate) run: fn(&Setup) -> Result<Vec<Row>, Fault>,
}

/// Every measurement, in the order of the table.
pub(crate) const ALL: &[Measure] = &[
    Measure { name: "cold_start", run: cold_start::run },
    Measure { name: "idle_memory", run: idle_memory::run },
    Measure { name: "evidence_query", run: evidence_query::run },
    Measure { name: "precheck", run: precheck::run },
    Measure { name: "step_growth", run: step_growth::run },
    Measure { name: "ledger_growth", run: ledger_growth::run },
    Measure { name: "ledger_scale", run: ledger_scale::run },
    Measure { name: "postgres", run: postgres::run },
    Measure { name: "durable_step", run: durable_step::run },
    Measure { name: "group_commit", run: group_commit::run },
    Measure { name: "four_writers", run: four_writers::run },
    Measure { name: "runpack_verify", run: runpack_verify::run },
    Measure { name: "raw_blobs", run: raw_blobs::run },
    Measure { name: "export_memory", run: export_memory::run },
    Measure { name: "attestation", run: attestation::run },
    Measure { name: "release_chain", run: release_chain::run },
    Measure { name: "backtest", run: release_chain::backtest::run },
    Measure { name: "canonical_json", run: canonical_json::run },
];
