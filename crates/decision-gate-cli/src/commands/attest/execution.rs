//! `attest execution`: signed execution evidence from a trace. The same trace, key and options give the same bytes.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use decision_gate_attest::builders::{
    BuildFault, ExecutionOptions, HotCut, HotMeasure, Limits, TraceFormat, execution_evidence,
};
use decision_gate_attest::execution_evidence::PREDICATE_TYPE;
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

/// Arguments of `attest execution`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExecutionArguments {
    /// The trace; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    trace: PathBuf,
    /// What the trace is written in.
    #[arg(long, value_enum, default_value_t)]
    trace_format: FormatChoice,
    /// How it was traced (`ebpf`, `etw`, `dyld`, `perf`, `pprof`), where the format leaves that open.
    #[arg(long, value_name = "SOURCE")]
    trace_source: Option<String>,
    /// Where it ran.
    #[arg(long, value_name = "NAME", value_parser = environment)]
    environment: EnvironmentName,
    /// When watching began (RFC 3339); needed unless the trace says so.
    #[arg(long, value_name = "TIME", value_parser = time, requires = "end")]
    start: Option<Timestamp>,
    /// When watching ended (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time, requires = "start")]
    end: Option<Timestamp>,
    /// When this is stated (RFC 3339); when watching ended, if left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    hot: HotArguments,
    #[command(flatten)]
    pub(super) seal: SealArguments,
}

/// Which symbols are hot.
#[derive(Clone, Copy, Debug, Args)]
struct HotArguments {
    /// Whose samples make a symbol hot: those in which it is innermost, or all in which it is on the path.
    #[arg(long, value_enum, default_value = "self", value_name = "MEASURE")]
    hot_measure: MeasureChoice,
    /// Hot is a symbol with at least so many samples.
    #[arg(long, value_name = "N", default_value_t = HotCut::DEFAULT.min_samples)]
    hot_min_samples: u64,
    /// And with at least so many thousandths of all samples.
    #[arg(long, value_name = "N", default_value_t = HotCut::DEFAULT.min_permille)]
    hot_min_permille: u64,
    /// At most so many, the hottest first.
    #[arg(long, value_name = "N", default_value_t = HotCut::DEFAULT.max_symbols)]
    hot_max_symbols: usize,
}

/// A format, or the one that the trace looks to be in.
#[derive(Clone, Copy, Debug, Default)]
struct FormatChoice(Option<TraceFormat>);

/// A measure, for the command line.
#[derive(Clone, Copy, Debug)]
struct MeasureChoice(HotMeasure);

impl ValueEnum for FormatChoice {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [FormatChoice; 5] = [
            FormatChoice(None),
            FormatChoice(Some(TraceFormat::Folded)),
            FormatChoice(Some(TraceFormat::PerfScript)),
            FormatChoice(Some(TraceFormat::Bpftrace)),
            FormatChoice(Some(TraceFormat::Pprof)),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self.0 {
            None => PossibleValue::new("auto"),
            Some(TraceFormat::PerfScript) => PossibleValue::new(TraceFormat::PerfScript.name()).alias("perf"),
            Some(format) => PossibleValue::new(format.name()),
        })
    }
}

impl ValueEnum for MeasureChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(HotMeasure::SelfSamples), Self(HotMeasure::TotalSamples)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

const EXAMPLES: &str = "\
Examples:
  perf record -g --pid 1234 -- sleep 60 && perf script > trace.txt
  decision-gate attest execution --trace trace.txt --environment staging \\
    --start 2026-01-01T12:00:00Z --end 2026-01-01T12:01:00Z \\
    --subject sha256:$(sha256sum app.tar | cut -c1-64) \\
    --key ci-2026.pem --key-id ci-2026 --out execution.dsse.json
  decision-gate attest execution --trace app.pprof.gz --environment staging \\
    --subject sha256:$(sha256sum app.tar | cut -c1-64) --key ci-2026.pem > execution.dsse.json";

/// Makes the predicate, signs it, and gives the envelope or says where it lies.
pub(crate) fn run(arguments: &ExecutionArguments, output: Output) -> Result<Ending, Fault> {
    let path = &arguments.trace;
    let trace = input::read(path, Limits::DEFAULT.bytes).map_err(AttestFault::from)?;
    let failed = |error| AttestFault::Build { path: path.clone(), error };
    let unclear =
        BuildFault::OptionNeeded { option: "trace_format", reason: "the input does not show what it is written in" };
    let format = arguments.trace_format.0.or_else(|| TraceFormat::detect(&trace)).ok_or(unclear).map_err(failed)?;
    let hot = arguments.hot;
    let options = ExecutionOptions {
        artifact_id: arguments.seal.artifact_id(),
        environment_id: arguments.environment.to_string(),
        trace_source: arguments.trace_source.clone(),
        window: millis(arguments.start).zip(millis(arguments.end)),
        timestamp: millis(arguments.at),
        hot: HotCut {
            measure: hot.hot_measure.0,
            min_samples: hot.hot_min_samples,
            min_permille: hot.hot_min_permille,
            max_symbols: hot.hot_max_symbols,
        },
        limits: Limits::DEFAULT,
    };
    let built = execution_evidence(&trace, format, &options).map_err(failed)?;
    arguments.seal.seal(path, PREDICATE_TYPE, &built, output)
}
