//! `runpack report` and `release report`: a pack verified, and what it shows as one page of HTML.

use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_core::runpack::{Report, Status, verify_told};
use decision_gate_html::Verified;
use serde_json::Value;

use super::verify::{VerifyArguments, ending};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::replace::{Readers, ReplaceFault, Replacement};
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{self, Line, labelled, path_json};

/// Arguments of `runpack report` and `release report`: those of `runpack verify`, and where the page goes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PageArguments {
    #[command(flatten)]
    verify: VerifyArguments,
    /// Write a page of HTML to this file, or to stdout (`-`, or no file); without it, say what was found.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    html: Option<PathBuf>,
}

impl PageArguments {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        self.verify.report
    }
}

const EXAMPLES: &str = "\
The pack is verified first, exactly as `runpack verify` does, and with the same exit codes. A pack that is
not verified gives a page that says so before anything else.

The page is one file without scripts. It loads nothing, and shows only what the pack discloses.

Examples:
  decision-gate runpack report proof --html report.html
  decision-gate runpack report proof --keys auditors.json --html > report.html
  decision-gate release report proof --html release.html";

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A run.
    Run,
    /// The release that was decided in a run.
    Release,
}

/// Verifies, and writes the page.
pub(crate) fn run(arguments: &PageArguments, kind: Kind, output: Output) -> Result<Ending, Fault> {
    let verify = &arguments.verify;
    let progress = output.progress("verifying the pack");
    let (files, expect) = (verify.files()?, verify.expect()?);
    let (report, run) = verify_told(&files, &verify.manifest, &expect);
    drop(progress);
    let (pack, flags) = (verify.pack.display().to_string(), verify.flags());
    let verified = Verified {
        report: &report,
        run: run.as_ref(),
        pack: &pack,
        flags: &flags,
        maker: concat!("decision-gate ", env!("CARGO_PKG_VERSION")),
    };
    if kind == Kind::Release && report.status == Status::Pass && !verified.has_release() {
        let message = format!("`{pack}` is no proof of a release decision; `runpack report` shows every run");
        return Err(Fault::Usage { message });
    }
    let page = || match kind {
        Kind::Run => verified.run_page(),
        Kind::Release => verified.release_page(),
    };
    match &arguments.html {
        Some(path) if path == Path::new("-") => Output::document(&page())?,
        Some(path) => {
            write(path, &page())?;
            tell(arguments, &report, Some(path), output)?;
        }
        None => tell(arguments, &report, None, output)?,
    }
    Ok(ending(&report))
}

fn tell(arguments: &PageArguments, report: &Report, page: Option<&Path>, output: Output) -> Result<(), Fault> {
    let pack = &arguments.verify.pack;
    match arguments.report().format {
        Format::Text => {
            let mut text = render::verify::text(pack, report);
            if let Some(page) = page {
                labelled(&mut text, "page", Line(page.display()));
            }
            output.answer(&text)
        }
        Format::Json => {
            let mut said = render::verify::json(pack, report);
            if let Value::Object(members) = &mut said {
                members.insert("html".into(), path_json(page));
            }
            output.json(&said)
        }
    }
}

/// The file is there as a whole, or as it was.
fn write(path: &Path, page: &str) -> Result<(), Fault> {
    let replacement = Replacement::begin(path, Readers::Default).map_err(|fault| match fault {
        ReplaceFault::Write(fault) => fault,
        ReplaceFault::Busy { lock, .. } => {
            Fault::Usage { message: format!("somebody else writes that file now (`{}`)", lock.display()) }
        }
    })?;
    replacement.write(page.as_bytes())
}
