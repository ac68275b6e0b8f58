//! `pages`: completions for shells and manual pages, from the command line's own definition. Only `make dist` builds it.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;

use super::Ending;
use crate::arguments::Arguments;
use crate::fault::Fault;
use crate::output::Output;

/// Arguments of `pages`.
#[derive(Debug, Args)]
pub(crate) struct PagesArguments {
    /// The folder that `completions` and `man` are written to.
    out: PathBuf,
}

/// Writes them.
pub(crate) fn run(arguments: &PagesArguments, output: Output) -> Result<Ending, Fault> {
    let folder = |name: &str| {
        let path = arguments.out.join(name);
        std::fs::create_dir_all(&path).map(|()| path.clone()).map_err(|error| Fault::Write { path, error })
    };
    let completions = folder("completions")?;
    for shell in Shell::value_variants() {
        clap_complete::generate_to(*shell, &mut command(), "decision-gate", &completions)
            .map_err(failed(&completions))?;
    }
    let manual = folder("man")?;
    clap_mangen::generate_to(command(), &manual).map_err(failed(&manual))?;
    output.data(&format!("{}\n{}\n", completions.display(), manual.display()))?;
    Ok(Ending::Yes)
}

/// The command line, with the full names of the commands below it.
fn command() -> clap::Command {
    let mut whole = Arguments::command();
    whole.build();
    whole
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Fault {
    move |error| Fault::Write { path: path.to_owned(), error }
}
