//! Data shapes: registering, finding and listing them.
//!
//! One that the configuration pins comes from its file and stands before one that a caller registered; it is never
//! written to the store. One that was registered never changes.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use decision_gate_core::contract::shape::DataShape;
use decision_gate_core::digest::Digest;
use decision_gate_core::json::{self, Limits};
use decision_gate_core::ledger::{Body, Event, SchemaRegistered};
use decision_gate_core::name::{NamespaceId, SchemaId, SchemaVersion};
use serde_json::Value;

use super::{Caller, Orchestrator};
use crate::error::RuntimeError;
use crate::ports::{PutSchema, Scope};

/// How many versions callers may register on one shelf.
const MAX_REGISTERED: u64 = 1_000;

/// How many compiled shapes are kept at hand.
const SHAPES_AT_HAND: usize = 16;

/// The longest description, in bytes.
pub const MAX_DESCRIPTION_BYTES: usize = 512;

/// A data shape that the configuration pins.
#[derive(Clone, Debug)]
pub struct PinnedSchema {
    /// On which shelf, of every tenant.
    pub namespace: NamespaceId,
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// What it is for.
    pub description: Option<String>,
    /// The schema.
    pub shape: Arc<DataShape>,
}

/// Who wrote a data shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOrigin {
    /// A caller.
    Registered,
    /// A file of the configuration.
    Pinned,
}

impl SchemaOrigin {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Pinned => "pinned",
        }
    }
}

/// What to register.
#[derive(Clone, Debug)]
pub struct RegisterRequest {
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// What it is for.
    pub description: Option<String>,
    /// The schema.
    pub schema: Value,
}

/// A data shape without its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaLine {
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// Who wrote it.
    pub origin: SchemaOrigin,
    /// What it is for.
    pub description: Option<String>,
    /// Digest of the schema.
    pub schema_hash: Digest,
}

/// A data shape.
#[derive(Clone, Debug)]
pub struct SchemaView {
    /// What it is called.
    pub line: SchemaLine,
    /// The schema.
    pub shape: Arc<DataShape>,
}

impl PinnedSchema {
    fn line(&self) -> SchemaLine {
        SchemaLine {
            schema_id: self.schema_id.clone(),
            version: self.version.clone(),
            origin: SchemaOrigin::Pinned,
            description: self.description.clone(),
            schema_hash: self.shape.digest(),
        }
    }
}

impl Orchestrator {
    /// Registers a version of a data shape. The same schema once more changes nothing.
    ///
    /// # Errors
    /// [`RuntimeError::Shape`] when it can't be one; a conflict when the version is there with another content.
    pub async fn register_schema(
        &self,
        caller: &Caller,
        request: &RegisterRequest,
    ) -> Result<SchemaView, RuntimeError> {
        let scope = self.declared(caller)?;
        let RegisterRequest { schema_id, version, description, schema } = request;
        if let Some(actual) = description.as_ref().map(String::len).filter(|it| *it > MAX_DESCRIPTION_BYTES) {
            return Err(RuntimeError::DescriptionTooLong { actual });
        }
        let shape = Arc::new(DataShape::new(schema)?);
        if let Some(pinned) = self.pinned_schema(scope, schema_id, version) {
            return if pinned.shape.digest() == shape.digest() {
                Ok(SchemaView { line: pinned.line(), shape })
            } else {
                Err(RuntimeError::SchemaPinned { schema: schema_id.to_string(), version: version.to_string() })
            };
        }
        let (_, policy) = self.in_force(scope).await?;
        let body =
            SchemaRegistered { schema_id: schema_id.clone(), version: version.clone(), schema_hash: shape.digest() };
        let event = Event {
            tenant: scope.tenant,
            namespace: scope.namespace,
            run: None,
            seq: 0,
            at: self.parts.clock.now(),
            actor: caller.actor.clone(),
            key: None,
            policy_digest: policy.digest(),
            state_digest: None,
            body: Body::SchemaRegistered(body),
        };
        let put = PutSchema {
            scope,
            schema_id: schema_id.clone(),
            version: version.clone(),
            description: description.clone(),
            schema_hash: shape.digest(),
            schema: shape.to_bytes(),
            max_entries: MAX_REGISTERED,
            event,
        };
        let stored = self.parts.store.put_schema(put).await?;
        let line = SchemaLine {
            schema_id: stored.schema_id,
            version: stored.version,
            origin: SchemaOrigin::Registered,
            description: stored.description,
            schema_hash: stored.schema_hash,
        };
        Ok(SchemaView { line, shape })
    }

    /// A version of a data shape.
    ///
    /// # Errors
    /// [`RuntimeError::SchemaNotFound`] when there is none on this shelf.
    pub async fn schema(
        &self,
        caller: &Caller,
        id: &SchemaId,
        version: &SchemaVersion,
    ) -> Result<SchemaView, RuntimeError> {
        let scope = self.declared(caller)?;
        if let Some(pinned) = self.pinned_schema(scope, id, version) {
            return Ok(SchemaView { line: pinned.line(), shape: Arc::clone(&pinned.shape) });
        }
        let missing = || RuntimeError::SchemaNotFound { schema: id.to_string(), version: version.to_string() };
        let stored = self.parts.store.schema(scope, id, version).await?.ok_or_else(missing)?;
        let shape = self.shape_of(stored.schema_hash, &stored.schema)?;
        let line = SchemaLine {
            schema_id: stored.schema_id,
            version: stored.version,
            origin: SchemaOrigin::Registered,
            description: stored.description,
            schema_hash: stored.schema_hash,
        };
        Ok(SchemaView { line, shape })
    }

    /// Data shapes by id and version, after `after`.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when the store can't be read.
    pub async fn schemas(
        &self,
        caller: &Caller,
        after: Option<(&SchemaId, &SchemaVersion)>,
        limit: usize,
    ) -> Result<Vec<SchemaLine>, RuntimeError> {
        let scope = self.declared(caller)?;
        let registered = self.parts.store.schemas(scope, after, limit).await?.into_iter().map(|it| SchemaLine {
            schema_id: it.schema_id,
            version: it.version,
            origin: SchemaOrigin::Registered,
            description: it.description,
            schema_hash: it.schema_hash,
        });
        let pinned = self.parts.schemas.iter().filter(|it| it.namespace == scope.namespace).map(PinnedSchema::line);
        let pinned = pinned.filter(|it| after.is_none_or(|after| (&it.schema_id, &it.version) > after));
        // A pinned one comes last, so that it stands where a registered one has its name.
        let all: BTreeMap<_, _> =
            registered.chain(pinned).map(|it| ((it.schema_id.clone(), it.version.clone()), it)).collect();
        Ok(all.into_values().take(limit).collect())
    }

    fn pinned_schema(&self, scope: Scope, id: &SchemaId, version: &SchemaVersion) -> Option<&PinnedSchema> {
        let all = &self.parts.schemas;
        all.iter().find(|it| it.namespace == scope.namespace && it.schema_id == *id && it.version == *version)
    }

    /// The compiled shape of these canonical bytes.
    fn shape_of(&self, hash: Digest, bytes: &[u8]) -> Result<Arc<DataShape>, RuntimeError> {
        let mut at_hand = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = at_hand.get(&hash) {
            return Ok(Arc::clone(shape));
        }
        let damaged = |reason: String| RuntimeError::Stored { what: "schema", reason };
        let value =
            json::parse_exact(bytes, &Limits::message(bytes.len())).map_err(|error| damaged(error.to_string()))?;
        let shape = Arc::new(DataShape::new(&value).map_err(|error| damaged(error.to_string()))?);
        if at_hand.len() >= SHAPES_AT_HAND {
            at_hand.pop_first();
        }
        at_hand.insert(hash, Arc::clone(&shape));
        Ok(shape)
    }
}
