//! A verdict as a signed statement about the artifact: an in-toto Statement v1 in a DSSE envelope.

use decision_gate_core::dsse::sign;
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{PAYLOAD_TYPE, Statement};
use serde_json::Value;

use super::{Report, Signer};
use crate::fault::Fault;

/// A predicate, and its type.
pub(super) type Predicate = fn(&Report, &Signer<'_>) -> (&'static str, Value);

/// The envelope as a line of JSON.
pub(super) fn write(report: &Report, signer: Option<&Signer<'_>>, predicate: Predicate) -> Result<String, Fault> {
    let usage = |message: &str| Fault::Usage { message: message.to_owned() };
    let signer = signer.ok_or_else(|| usage("a vsa and an svr are signed: give `--sign FILE`"))?;
    let subject = report.verified.subject.as_ref();
    let subject = subject.ok_or_else(|| usage("a vsa and an svr are about an artifact: give `--subject`"))?;
    let (predicate_type, predicate) = predicate(report, signer);
    let statement = Statement::new(subject, predicate_type, &predicate)
        .map_err(|error| Fault::Internal { message: error.to_string() })?;
    let envelope = sign(PAYLOAD_TYPE, &statement.to_bytes(), signer.key, None);
    Ok(format!("{}\n", String::from_utf8_lossy(envelope.as_bytes())))
}

/// What the artifact is called: as the caller says, else by its first digest.
pub(super) fn resource_uri(report: &Report, signer: &Signer<'_>) -> String {
    if let Some(uri) = signer.resource_uri {
        return uri.to_owned();
    }
    let first = report.verified.subject.iter().flat_map(Subject::artifacts).find_map(|it| it.digest.first_key_value());
    first.map(|(algorithm, hex)| format!("urn:decision-gate:artifact:{algorithm}:{hex}")).unwrap_or_default()
}
