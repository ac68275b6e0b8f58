//! `runpack export`: a run's proof as a new folder.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use decision_gate_config::Loaded;
use decision_gate_core::digest::Digest;
use decision_gate_core::keys::SigningKey;
use decision_gate_core::name::RunId;
use decision_gate_core::runpack::{ManifestName, Profile, Verification};
use decision_gate_mcp::Packs;
use decision_gate_runtime::{Caller, ExportRequest, Meter};
use decision_gate_store::PackStoreError;
use serde_json::{Value, json};

use crate::arguments::{Format, ReportArguments, ScopeArguments};
use crate::commands::Ending;
use crate::commands::check::run_id;
use crate::commands::keys::private;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::progress::Progress;
use crate::render::{Line, config_line, labelled, path_json};
use crate::session::{Session, block_on};

/// Arguments of `runpack export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArguments {
    /// Which run.
    #[arg(value_parser = run_id)]
    run: RunId,
    /// The new folder; one named as the run, where the configuration keeps packs, when left out.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A new pack in a bucket, such as `s3://bucket/prefix/name`.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "out")]
    to: Option<String>,
    /// How much of the values it shows; as configured when left out.
    #[arg(long, value_enum)]
    profile: Option<ProfileArgument>,
    /// Sign the manifest with this private key (PKCS#8 PEM, readable by its owner only).
    #[arg(long, value_name = "FILE")]
    sign: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

/// How much of the values a pack shows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProfileArgument {
    /// All of them: the whole proof.
    Audit,
    /// Only what the disclosure policy allows; what is redacted can't be replayed.
    Disclosed,
}

const EXAMPLES: &str = "\
Examples:
  decision-gate runpack export nightly-41
  decision-gate runpack export nightly-42 --out proof --profile disclosed
  decision-gate runpack export nightly-43 --out proof --sign gate.pem
  decision-gate runpack export nightly-44 --to s3://proofs/nightly/44";

/// Where a pack is to be written: a name in a folder or a bucket.
#[derive(Debug)]
pub(crate) struct Target {
    packs: Packs,
    name: String,
}

/// A pack that was written.
pub(crate) struct Exported {
    /// Where it lies.
    pub(crate) place: String,
    /// Who knows it can tell this pack from any other.
    pub(crate) root_hash: Digest,
    /// How many files it has.
    pub(crate) files: usize,
    /// How much of the values it shows.
    pub(crate) profile: Profile,
}

impl Exported {
    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        json!({
            "path": self.place,
            "root_hash": self.root_hash,
            "files": self.files,
            "profile": self.profile,
        })
    }
}

/// The target that an operator names; it must not be there yet.
pub(crate) fn target(path: &Path) -> Result<Target, Fault> {
    let invalid = || PackStoreError::Name { name: path.display().to_string() };
    let name = path.file_name().and_then(OsStr::to_str).ok_or_else(invalid)?.to_owned();
    if path.symlink_metadata().is_ok() {
        return Err(PackStoreError::Exists { name: path.display().to_string() }.into());
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    Ok(Target { packs: Packs::Folder(folder), name })
}

/// Makes a pack of a run and writes it; `progress` tells how many events were read.
pub(crate) async fn export(
    session: &Session,
    caller: &Caller,
    run: &RunId,
    target: Target,
    profile: Profile,
    sign: Option<&SigningKey>,
    progress: &Progress,
) -> Result<Exported, Fault> {
    let meter = Meter::default();
    progress.now("exporting the run");
    progress.follow(&meter, write(session, caller, run, target, profile, sign, &meter)).await
}

async fn write(
    session: &Session,
    caller: &Caller,
    run: &RunId,
    target: Target,
    profile: Profile,
    sign: Option<&SigningKey>,
    meter: &Meter,
) -> Result<Exported, Fault> {
    let request = ExportRequest {
        run_id: run.clone(),
        scenario_id: None,
        profile,
        verification: Verification::Include,
        manifest_name: ManifestName::standard(),
    };
    let pack = session.app().export(caller, &request, meter).await?;
    let pack = match sign {
        Some(key) => pack.signed(key),
        None => pack,
    };
    let (root_hash, files) = (pack.root_hash(), pack.files().count());
    target.packs.write(&target.name, pack).await?;
    let shown = target.packs.shown(&target.name);
    // An address in a bucket is no path.
    let place = Path::new(&shown).canonicalize().map_or(shown, |path| path.display().to_string());
    Ok(Exported { place, root_hash, files, profile })
}

/// Exports, and says where the pack lies.
pub(crate) fn run(arguments: &ExportArguments, output: Output) -> Result<Ending, Fault> {
    let named = arguments.out.as_deref().map(target).transpose()?;
    let sign = arguments.sign.as_deref().map(private::read).transpose()?;
    // A log that has a key signs a checkpoint with the run in it, if it has none yet.
    let only_reads = |loaded: &Loaded| loaded.config().ledger.signing_key.is_none();
    let session = Session::open_as(&arguments.configuration, only_reads)?;
    let target = match (named, &arguments.to) {
        (Some(target), _) => target,
        (None, Some(address)) => {
            let (packs, name) = Packs::at(address, Some(session.loaded()))?;
            Target { packs, name }
        }
        (None, None) => Target { packs: session.app().packs()?, name: arguments.run.as_str().replace(':', "_") },
    };
    let caller = session.caller(arguments.scope, None, None);
    let profile = arguments.profile.map_or_else(|| session.app().export_profile(), ProfileArgument::profile);
    let progress = output.progress("exporting the run");
    let work = export(&session, &caller, &arguments.run, target, profile, sign.as_ref(), &progress);
    let exported = block_on(work)?;
    drop(progress);
    match arguments.report.format {
        Format::Text => output.answer(&text(&arguments.run, &exported, session.config_path()))?,
        Format::Json => output.json(&json!({
            "run_id": arguments.run,
            "runpack": exported.json(),
            "config": path_json(session.config_path()),
        }))?,
    }
    Ok(Ending::Yes)
}

fn text(run: &RunId, exported: &Exported, config: Option<&Path>) -> String {
    let mut text = String::new();
    labelled(&mut text, "run", run);
    labelled(&mut text, "proof", Line(&exported.place));
    labelled(&mut text, "files", exported.files);
    labelled(&mut text, "root", format_args!("sha256:{}", exported.root_hash));
    config_line(&mut text, config);
    labelled(&mut text, "next", format_args!("decision-gate runpack verify {}", Line(&exported.place)));
    text
}

impl ProfileArgument {
    const fn profile(self) -> Profile {
        match self {
            Self::Audit => Profile::Audit,
            Self::Disclosed => Profile::Disclosed,
        }
    }
}
