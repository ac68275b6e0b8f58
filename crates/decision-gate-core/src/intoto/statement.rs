//! Statements, version 1 and the older 0.1.

use serde_json::{Value, json};

use super::descriptor::ResourceDescriptor;
use super::error::StatementError;
use crate::dsse::{Payload, Verified};
use crate::evidence::{Artifact, Subject};
use crate::json::{self, Limits, Parsed, canonical};

/// The payload type of statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The largest statement that is read.
const MAX_STATEMENT_BYTES: usize = 16 * 1024 * 1024;

/// Which form of statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementVersion {
    /// `https://in-toto.io/Statement/v0.1`, which many tools still sign.
    V0_1,
    /// `https://in-toto.io/Statement/v1`.
    V1,
}

impl StatementVersion {
    /// The text of `_type`.
    pub fn uri(self) -> &'static str {
        match self {
            Self::V0_1 => "https://in-toto.io/Statement/v0.1",
            Self::V1 => "https://in-toto.io/Statement/v1",
        }
    }
}

/// Who is spoken about, and what is said. Believed only as [`Verified`].
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    version: StatementVersion,
    subject: Vec<ResourceDescriptor>,
    predicate_type: String,
    document: Parsed,
}

impl Statement {
    /// A statement about all artifacts of `subject`, to be signed.
    ///
    /// # Errors
    /// [`StatementError`] where the type is empty, or the predicate no object.
    pub fn new(subject: &Subject, predicate_type: &str, predicate: Value) -> Result<Self, StatementError> {
        let descriptor = |artifact: &Artifact| match &artifact.name {
            Some(name) => json!({ "name": name, "digest": artifact.digest }),
            None => json!({ "digest": artifact.digest }),
        };
        let subject: Vec<Value> = subject.artifacts().iter().map(descriptor).collect();
        Self::read(&canonical::to_vec(&json!({
            "_type": StatementVersion::V1.uri(),
            "subject": subject,
            "predicateType": predicate_type,
            "predicate": predicate,
        })))
    }

    /// Reads a statement. Members that the format does not name are kept in its document and otherwise ignored.
    ///
    /// # Errors
    /// The first [`StatementError`]: JSON, `_type`, subjects, predicate type, predicate.
    pub fn read(bytes: &[u8]) -> Result<Self, StatementError> {
        let document = json::parse(bytes, &Limits::evidence(MAX_STATEMENT_BYTES)).map_err(StatementError::Json)?;
        let member = |pointer: &str, expected| StatementError::Member { pointer: pointer.to_owned(), expected };
        let members = document.value.as_object().ok_or_else(|| member("", "an object"))?;
        let kind = members.get("_type").and_then(Value::as_str);
        let version = [StatementVersion::V1, StatementVersion::V0_1].into_iter().find(|it| kind == Some(it.uri()));
        let version = version.ok_or(StatementError::Type)?;
        let subject = match members.get("subject") {
            None | Some(Value::Null) => return Err(StatementError::NoSubject),
            Some(Value::Array(subjects)) if subjects.is_empty() => return Err(StatementError::NoSubject),
            Some(Value::Array(subjects)) => {
                let read = subjects.iter().enumerate().map(|(index, value)| ResourceDescriptor::read(index, value));
                read.collect::<Result<Vec<_>, _>>()?
            }
            Some(_) => return Err(member("/subject", "an array")),
        };
        let predicate_type = match members.get("predicateType") {
            None | Some(Value::Null) => return Err(StatementError::NoPredicateType),
            Some(Value::String(kind)) if kind.is_empty() => return Err(StatementError::NoPredicateType),
            Some(Value::String(kind)) => kind.clone(),
            Some(_) => return Err(member("/predicateType", "a string")),
        };
        match members.get("predicate") {
            None | Some(Value::Null) => Err(StatementError::NoPredicate),
            Some(Value::Object(_)) => Ok(Self { version, subject, predicate_type, document }),
            Some(_) => Err(member("/predicate", "an object")),
        }
    }

    /// Reads what an envelope carries.
    pub(super) fn of_payload(payload: &Payload) -> Result<Self, StatementError> {
        if payload.payload_type() != PAYLOAD_TYPE {
            let found = payload.payload_type().chars().take(128).collect();
            return Err(StatementError::PayloadType { found });
        }
        Self::read(payload.bytes())
    }

    /// Which form it has.
    pub fn version(&self) -> StatementVersion {
        self.version
    }

    /// The artifacts that it is about, at least one.
    pub fn subject(&self) -> &[ResourceDescriptor] {
        &self.subject
    }

    /// The uri of the predicate's type.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// What it says.
    pub fn predicate(&self) -> &Value {
        self.document.value.get("predicate").unwrap_or(&Value::Null)
    }

    /// The whole, with [`Parsed::exactness`] for its numbers; the predicate is at `/predicate`.
    pub fn document(&self) -> &Parsed {
        &self.document
    }

    /// Whether it is about every artifact of `subject`. It may be about others too.
    pub fn names(&self, subject: &Subject) -> bool {
        subject.artifacts().iter().all(|artifact| self.subject.iter().any(|it| it.matches(artifact)))
    }

    /// Its canonical bytes, to be signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(&self.document.value)
    }
}

impl Verified<Payload> {
    /// The statement that was signed.
    ///
    /// # Errors
    /// [`StatementError`]; also where the payload type is not exactly [`PAYLOAD_TYPE`].
    pub fn into_statement(self) -> Result<Verified<Statement>, StatementError> {
        self.try_map(|payload| Statement::of_payload(&payload))
    }
}
