//! Signing what a builder made: an envelope for each predicate, one a line, and the builder's notes beside it.

use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_attest::builders::{Built, Note};
use decision_gate_core::dsse::{Envelope, sign};
use decision_gate_core::evidence::Artifact;
use decision_gate_core::intoto::{PAYLOAD_TYPE, Statement};
use decision_gate_core::keys::KeyId;
use serde_json::{Value, json};

use super::AttestFault;
use super::sign::write;
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::check::{artifact, subject};
use crate::commands::keys::{key_id, private};
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Who signs, about what, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct SealArguments {
    /// What ran; may be given several times, once per artifact.
    #[arg(long, value_name = "sha256:HEX", value_parser = artifact, required = true)]
    subject: Vec<Artifact>,
    /// The private key, as `keys generate` writes it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What the envelope says that the key is called: a hint to whoever verifies it.
    #[arg(long, value_name = "ID", value_parser = key_id)]
    key_id: Option<KeyId>,
    /// Write to this new file; to stdout when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

impl SealArguments {
    /// What the predicates call the artifact: the digest of the first one.
    pub(super) fn artifact_id(&self) -> String {
        let first = self.subject.first().and_then(|it| it.digest.first_key_value());
        first.map(|(algorithm, hex)| format!("{algorithm}:{hex}")).unwrap_or_default()
    }

    /// Signs each predicate, and gives the envelopes or says where they lie.
    pub(super) fn seal(
        &self,
        input: &Path,
        predicate_type: &str,
        built: &Built,
        output: Output,
    ) -> Result<Ending, Fault> {
        let none = || Fault::Usage { message: "give `--subject`".into() };
        let subject = subject(&self.subject)?.ok_or_else(none)?;
        let key = private::read(&self.key)?;
        let mut envelopes = Vec::new();
        for predicate in &built.predicates {
            let statement = Statement::new(&subject, predicate_type, predicate);
            let statement = statement.map_err(|error| AttestFault::Statement { path: input.to_owned(), error })?;
            envelopes.push(sign(PAYLOAD_TYPE, &statement.to_bytes(), &key, self.key_id.as_ref()));
        }
        let lines: Vec<u8> = envelopes.iter().flat_map(|it| [it.as_bytes(), b"\n"].concat()).collect();
        let Some(out) = &self.out else {
            output.data(&String::from_utf8_lossy(&lines))?;
            built.notes.iter().for_each(|note| output.complain(&render::attest::note(note)));
            return Ok(Ending::Yes);
        };
        write(out, &lines)?;
        match self.report.format {
            Format::Text => output.answer(&render::attest::built(predicate_type, &envelopes, &built.notes, out))?,
            Format::Json => output.json(&json!({
                "envelopes": envelopes.iter().map(Envelope::digest).collect::<Vec<_>>(),
                "notes": built.notes.iter().map(note).collect::<Vec<_>>(),
                "out": out.display().to_string(),
                "predicate_type": predicate_type,
            }))?,
        }
        Ok(Ending::Yes)
    }
}

fn note(note: &Note) -> Value {
    json!({ "code": note.code, "message": note.message })
}
