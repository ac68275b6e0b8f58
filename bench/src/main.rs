//! `make bench`: measures the product side by side with a floor, in pairs within one run on one machine, and prints a
//! Markdown table of medians. A figure that stands alone is never printed.

mod compare;
mod fault;
mod machine;
mod measures;
mod server;
mod setup;
mod stats;
mod table;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use fault::Fault;
use measures::{ALL, Measure};
use setup::Setup;

/// What the command line asks for.
#[derive(Debug, Default)]
struct Asked {
    ours: Option<PathBuf>,
    floor: Option<PathBuf>,
    only: Vec<String>,
    quick: bool,
    strict: bool,
    events: Option<u64>,
}

/// The measure that writes a large ledger, and how many events that has: where nothing else is asked for, and else.
const LARGE: (&str, u64, u64) = ("ledger_scale", 10_000_000, 500_000);

impl Asked {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Fault> {
        let mut asked = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| Fault::Argument(argument.clone()));
            match argument.as_str() {
                "--ours" => asked.ours = Some(value()?.into()),
                "--floor" => asked.floor = Some(value()?.into()),
                "--only" => asked.only.push(value()?),
                "--quick" => asked.quick = true,
                "--strict" => asked.strict = true,
                "--events" => asked.events = Some(value()?.parse().map_err(|_| Fault::Argument(argument.clone()))?),
                _ => return Err(Fault::Argument(argument)),
            }
        }
        match asked.only.iter().find(|name| !ALL.iter().any(|measure| measure.name == **name)) {
            Some(unknown) => Err(Fault::Argument(format!("--only {unknown}"))),
            None => Ok(asked),
        }
    }

    /// How many events a large ledger has.
    fn events(&self) -> u64 {
        let (measure, alone, beside) = LARGE;
        let only = matches!(self.only.as_slice(), [one] if one == measure);
        self.events.unwrap_or(if only { alone } else { beside })
    }

    fn wants(&self, measure: &Measure) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == measure.name)
    }
}

fn main() -> ExitCode {
    match bench() {
        Ok(code) => code,
        Err(fault) => {
            say(&format!("bench: {fault}"));
            ExitCode::from(2)
        }
    }
}

/// Takes what is asked for; `--strict` makes a missed bar a failure.
fn bench() -> Result<ExitCode, Fault> {
    let asked = Asked::parse(std::env::args().skip(1))?;
    let setup = Setup::new(asked.ours.clone(), asked.floor.clone(), asked.quick, asked.events())?;
    let load_before = machine::load();
    let mut rows = Vec::new();
    for measure in ALL.iter().filter(|measure| asked.wants(measure)) {
        say(&format!("bench: {} …", measure.name));
        rows.extend((measure.run)(&setup)?);
    }
    let loads = format!("load {load_before} before, {} after", machine::load());
    let text = format!("{}\n{}\n{loads}; medians of pairs\n", table::markdown(&rows), machine::line());
    std::io::stdout().write_all(text.as_bytes()).map_err(Fault::io("write to", "standard output"))?;
    let missed = rows.iter().any(|row| row.holds() == Some(false));
    Ok(if asked.strict && missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Says how far it is, where nobody parses it.
fn say(line: &str) {
    // With standard error closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}
