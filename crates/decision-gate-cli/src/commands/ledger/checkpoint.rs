//! `ledger checkpoint`: the log as it is now, signed; or what witnesses say of it, kept.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use decision_gate_core::ledger::CheckpointTrust;
use decision_gate_runtime::ledger::{add_cosignatures, checkpoint};
use decision_gate_runtime::ports::KeptCheckpoint;
use serde_json::json;

use super::{SignerArguments, policy, scope, text, write_new};
use crate::arguments::{Format, ReportArguments, ScopeArguments};
use crate::commands::Ending;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{Line, config_line, labelled, path_json};
use crate::session::{Session, block_on};

/// Arguments of `ledger checkpoint`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckpointArguments {
    #[command(flatten)]
    signer: SignerArguments,
    /// Keep the cosignatures of this note, which is a checkpoint that witnesses returned; nothing is signed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["origin", "key"])]
    add_cosignatures: Option<PathBuf>,
    /// Whose cosignatures may be kept: a file of C2SP tlog-policy; that of the configuration when left out.
    #[arg(long, value_name = "FILE", requires = "add_cosignatures")]
    witness_policy: Option<PathBuf>,
    /// Write the note into a new file too.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
The note is a C2SP checkpoint. Whoever has one, and the key that is printed with it, can hold the
ledger to it: `ledger verify --checkpoint FILE --checkpoint-key VKEY`.

Examples:
  decision-gate ledger checkpoint
  decision-gate ledger checkpoint --key log.pem --origin gate.example/ledger --out checkpoint
  decision-gate ledger checkpoint --add-cosignatures cosigned.note --witness-policy witnesses.txt";

/// Signs or keeps, and shows the note.
pub(crate) fn run(arguments: &CheckpointArguments, output: Output) -> Result<Ending, Fault> {
    let cosigned = arguments.add_cosignatures.as_deref().map(text).transpose()?;
    let session = Session::open(&arguments.configuration)?;
    let scope = scope(&session, arguments.scope);
    let store = session.app().store();
    let (kept, key, new) = match cosigned {
        Some(note) => {
            let trust = match arguments.witness_policy.as_deref().map(policy).transpose()? {
                Some(policy) => CheckpointTrust::new(Vec::new(), Some(policy)),
                None => session.app().checkpoint_rules()?.trust(Some(scope)),
            };
            let cosigned = block_on(async { Ok(add_cosignatures(store, scope, note.as_bytes(), &trust).await?) })?;
            (cosigned.kept, None, New::Cosignatures(cosigned.added))
        }
        None => {
            let signer = arguments.signer.read(&session)?;
            let signed = block_on(async { Ok(checkpoint(store, scope, &signer).await?) })?;
            (signed.kept, Some(signed.key.to_string()), New::Heads(signed.added))
        }
    };
    if let Some(path) = &arguments.out {
        write_new(path, &kept.note)?;
    }
    match arguments.report.format {
        Format::Text => {
            let mut text = shown(&kept);
            labelled(&mut text, "new", new);
            if let Some(key) = &key {
                labelled(&mut text, "key", key);
            }
            if let Some(path) = &arguments.out {
                labelled(&mut text, "file", Line(path.display()));
            }
            config_line(&mut text, session.config_path());
            // Notes are signed line by line.
            output.data(&text)?;
        }
        Format::Json => output.json(&json!({
            "checkpoint": kept.note,
            "size": kept.size,
            "root": kept.root,
            "added": new.heads(),
            "cosignatures_added": new.cosignatures(),
            "checkpoint_key": key,
            "file": path_json(arguments.out.as_deref()),
            "config": path_json(session.config_path()),
        }))?,
    }
    Ok(Ending::Yes)
}

/// What was not there before.
#[derive(Clone, Copy)]
enum New {
    Heads(u64),
    Cosignatures(usize),
}

impl New {
    fn heads(self) -> u64 {
        match self {
            Self::Heads(heads) => heads,
            Self::Cosignatures(_) => 0,
        }
    }

    fn cosignatures(self) -> usize {
        match self {
            Self::Heads(_) => 0,
            Self::Cosignatures(lines) => lines,
        }
    }
}

impl fmt::Display for New {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heads(heads) => write!(f, "{heads} heads in the log"),
            Self::Cosignatures(0) => {
                f.write_str("nothing: it has these lines, or the note has none beside the log's own")
            }
            Self::Cosignatures(lines) => write!(f, "{lines} cosignatures"),
        }
    }
}

fn shown(kept: &KeptCheckpoint) -> String {
    let mut text = String::new();
    for line in kept.note.lines() {
        text.push_str(&format!("{}\n", Line(line)));
    }
    text.push('\n');
    text
}
