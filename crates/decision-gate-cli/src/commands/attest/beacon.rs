//! `attest beacon`: signed beacon attestations from a log. The same log, key and options give the same bytes.

use std::path::PathBuf;

use clap::Args;
use decision_gate_attest::beacon::PREDICATE_TYPE;
use decision_gate_attest::builders::{BeaconOptions, MAX_LOG_BYTES, beacon_attestations};
use decision_gate_core::at::Timestamp;
use decision_gate_core::name::EnvironmentName;

use super::seal::SealArguments;
use super::{AttestFault, millis};
use crate::commands::Ending;
use crate::commands::check::environment;
use crate::commands::keys::time;
use crate::fault::Fault;
use crate::input;
use crate::output::Output;

/// Arguments of `attest beacon`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BeaconArguments {
    /// The log (JSON Lines: `sequence`, `nonce`, `time`, `function`); `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    log: PathBuf,
    /// How the beacons were watched (`ebpf_uprobe`, `etw_dynamic`, `dyld_interpose`).
    #[arg(long, value_name = "SOURCE")]
    beacon_source: String,
    /// Which function; needed where the log has several.
    #[arg(long, value_name = "NAME")]
    beacon_function: Option<String>,
    /// Where it ran.
    #[arg(long, value_name = "NAME", value_parser = environment)]
    environment: EnvironmentName,
    /// When watching began (RFC 3339); with the first beacon, if left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    start: Option<Timestamp>,
    /// When watching ended (RFC 3339); with the last beacon, if left out, and the silence after it is not seen.
    #[arg(long, value_name = "TIME", value_parser = time)]
    end: Option<Timestamp>,
    /// An attestation for each window of so many milliseconds; one for the whole log, if left out.
    #[arg(long, value_name = "N")]
    window_millis: Option<u64>,
    /// How often the beacon should come, in milliseconds; as often as it did on the whole, if left out.
    #[arg(long, value_name = "N")]
    period_millis: Option<u64>,
    /// When this is stated (RFC 3339); when watching ended, if left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    pub(super) seal: SealArguments,
}

const EXAMPLES: &str = "\
Several windows give several envelopes, one a line: the provider `attestation` reads such files.

Examples:
  decision-gate attest beacon --log beacons.jsonl --beacon-source ebpf_uprobe --environment staging \\
    --start 2026-01-01T12:00:00Z --end 2026-01-01T13:00:00Z --window-millis 300000 \\
    --subject sha256:$(sha256sum app.tar | cut -c1-64) \\
    --key ci-2026.pem --key-id ci-2026 --out beacons.intoto.jsonl";

/// Makes the predicates, signs each, and gives the envelopes or says where they lie.
pub(crate) fn run(arguments: &BeaconArguments, output: Output) -> Result<Ending, Fault> {
    let path = &arguments.log;
    let log = input::read(path, MAX_LOG_BYTES).map_err(AttestFault::from)?;
    let options = BeaconOptions {
        artifact_id: arguments.seal.artifact_id(),
        environment_id: arguments.environment.to_string(),
        beacon_source: arguments.beacon_source.clone(),
        beacon_function: arguments.beacon_function.clone(),
        start: millis(arguments.start),
        end: millis(arguments.end),
        window_millis: arguments.window_millis,
        period_millis: arguments.period_millis,
        timestamp: millis(arguments.at),
    };
    let built = beacon_attestations(&log, &options);
    let built = built.map_err(|error| AttestFault::Build { path: path.clone(), error })?;
    arguments.seal.seal(path, PREDICATE_TYPE, &built, output)
}
