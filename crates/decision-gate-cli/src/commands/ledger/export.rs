//! `ledger export`: the log as C2SP `tlog-tiles`, and the events as lines of JSON, in a new folder.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_core::ledger::{TILE_WIDTH, TileId, TileWriter};
use decision_gate_runtime::ledger::{LedgerError, checkpoint};
use decision_gate_runtime::ports::{Scope, Store};
use serde_json::json;

use super::{SignerArguments, scope};
use crate::arguments::{Format, ReportArguments, ScopeArguments};
use crate::commands::Ending;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{Line, config_line, labelled, path_json};
use crate::session::{Session, block_on};

/// How many rows are read at a time.
const PAGE: usize = 256;

/// Arguments of `ledger export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArguments {
    /// The new folder.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    signer: SignerArguments,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
The folder has `checkpoint`, the tiles of the log and its entries as C2SP tlog-tiles lays them out,
and `events.jsonl`: every event of the namespace up to its head in the log, without any values.

Examples:
  decision-gate ledger export --out log";

/// What was written.
#[derive(Debug, Default)]
struct Written {
    entries: u64,
    events: u64,
    files: u64,
}

/// Writes, and says what.
pub(crate) fn run(arguments: &ExportArguments, output: Output) -> Result<Ending, Fault> {
    let session = Session::open(&arguments.configuration)?;
    let scope = scope(&session, arguments.scope);
    let signer = arguments.signer.read(&session)?;
    let store = session.app().store();
    let out = &arguments.out;
    fs::create_dir(out).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Fault::Exists { path: out.clone() },
        _ => Fault::Write { path: out.clone(), error },
    })?;
    let progress = output.progress("exporting the ledger");
    let written = block_on(async {
        let signed = checkpoint(store, scope, &signer).await?;
        let mut written = Written::default();
        log(store, scope, signed.kept.size, out, &mut written).await?;
        events(store, scope, signed.kept.size, out, &mut written).await?;
        // The checkpoint comes last: a folder without one was not finished.
        put(&out.join("checkpoint"), signed.kept.note.as_bytes(), &mut written)?;
        Ok(written)
    })?;
    drop(progress);
    match arguments.report.format {
        Format::Text => {
            let mut text = String::new();
            labelled(&mut text, "folder", Line(out.display()));
            labelled(&mut text, "log", format_args!("{} entries", written.entries));
            labelled(&mut text, "events", written.events);
            labelled(&mut text, "files", written.files);
            config_line(&mut text, session.config_path());
            output.answer(&text)?;
        }
        Format::Json => output.json(&json!({
            "path": out.display().to_string(),
            "log_entries": written.entries,
            "events": written.events,
            "files": written.files,
            "config": path_json(session.config_path()),
        }))?,
    }
    Ok(Ending::Yes)
}

/// Tiles and entry bundles up to a size.
async fn log(store: &dyn Store, scope: Scope, size: u64, out: &Path, written: &mut Written) -> Result<(), Fault> {
    let (mut tiles, mut bundle) = (TileWriter::new(0, Vec::new()), Vec::new());
    while written.entries < size {
        let entries = store.log_entries(scope, written.entries, PAGE).await.map_err(LedgerError::from)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries.into_iter().take_while(|entry| entry.index < size) {
            let bytes = entry.head().to_entry();
            let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
            bundle.extend(length.to_be_bytes());
            bundle.extend(&bytes);
            if let Some(tiles) = &mut tiles {
                tiles.push(entry.head().leaf_hash());
            }
            written.entries += 1;
            if written.entries.is_multiple_of(TILE_WIDTH) {
                let id = TileId { level: 0, index: written.entries / TILE_WIDTH - 1 };
                put(&tile_path(out, "entries", id, TILE_WIDTH), &std::mem::take(&mut bundle), written)?;
            }
        }
    }
    let width = written.entries % TILE_WIDTH;
    if width > 0 {
        let id = TileId { level: 0, index: written.entries / TILE_WIDTH };
        put(&tile_path(out, "entries", id, width), &bundle, written)?;
    }
    for (id, hashes) in tiles.map(TileWriter::finish).unwrap_or_default() {
        let bytes: Vec<u8> = hashes.iter().flat_map(|it| *it.as_bytes()).collect();
        let width = u64::try_from(hashes.len()).unwrap_or(TILE_WIDTH);
        if width > 0 {
            put(&tile_path(out, &id.level.to_string(), id, width), &bytes, written)?;
        }
    }
    Ok(())
}

/// `tile/<level>/<number in groups of three>[.p/<width>]`.
fn tile_path(out: &Path, level: &str, id: TileId, width: u64) -> PathBuf {
    let mut groups = vec![format!("{:03}", id.index % 1_000)];
    let mut rest = id.index / 1_000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1_000));
        rest /= 1_000;
    }
    let mut path = out.join("tile").join(level);
    let last = groups.len() - 1;
    for (place, group) in groups.into_iter().rev().enumerate() {
        path.push(if place == last && width < TILE_WIDTH { format!("{group}.p/{width}") } else { group });
    }
    path
}

/// Every event up to the stream's head in the log of this size, a line each.
async fn events(store: &dyn Store, scope: Scope, size: u64, out: &Path, written: &mut Written) -> Result<(), Fault> {
    let path = out.join("events.jsonl");
    let failed = |error| Fault::Write { path: path.clone(), error };
    let mut file = BufWriter::new(File::create_new(&path).map_err(failed)?);
    let mut after: Option<String> = None;
    loop {
        let streams = store.streams(scope, after.as_deref(), PAGE).await.map_err(LedgerError::from)?;
        for stream in &streams {
            let last = store.log_entry(stream, size).await.map_err(LedgerError::from)?.map_or(0, |entry| entry.size);
            let mut from = 1;
            while from <= last {
                let page = store.events(stream, from, PAGE).await.map_err(LedgerError::from)?;
                for event in page.events.iter().filter(|it| it.seq <= last) {
                    file.write_all(&event.bytes).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
                    written.events += 1;
                }
                from += u64::try_from(page.events.len()).unwrap_or(u64::MAX).max(1);
            }
        }
        match streams.last().filter(|_| streams.len() == PAGE) {
            Some(last) => after = Some(last.run.as_ref().map_or_else(String::new, ToString::to_string)),
            None => break,
        }
    }
    written.files += 1;
    file.flush().and_then(|()| file.get_ref().sync_all()).map_err(failed)
}

fn put(path: &Path, bytes: &[u8], written: &mut Written) -> Result<(), Fault> {
    let failed = |error| Fault::Write { path: path.to_owned(), error };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)?;
    written.files += 1;
    Ok(())
}
