//! Versions of data shapes. One is never changed or removed.

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{Body, Event};
use decision_gate_core::name::{SchemaId, SchemaVersion};
use decision_gate_runtime::ports::{PutSchema, SchemaListing, Scope, StoreError, StoredEvent, StoredSchema, Stream};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Fault;
use super::{append, read, rows};

/// Keeps a version, or gives back the one that is there.
pub(crate) fn put(connection: &Connection, put: &PutSchema) -> Result<StoredSchema, Fault> {
    match find(connection, put.scope, &put.schema_id, &put.version)? {
        Some(known) if known.schema_hash == put.schema_hash => return Ok(known),
        Some(_) => {
            let (schema, version) = (put.schema_id.to_string(), put.version.to_string());
            return Err(Fault::Refused(StoreError::SchemaTaken { schema, version }));
        }
        None => {}
    }
    if count(connection, put.scope)? >= put.max_entries {
        return Err(Fault::Refused(StoreError::SchemasFull { limit: put.max_entries }));
    }
    let registered = append::to_log(connection, &Stream { scope: put.scope, run: None }, &put.event)?;
    let (tenant, namespace) = rows::scope(put.scope);
    connection
        .prepare_cached(
            "INSERT INTO data_shapes (tenant, namespace, schema_id, version, schema_hash, description, registered, schema) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            tenant,
            namespace,
            put.schema_id.as_str(),
            put.version.as_str(),
            put.schema_hash.as_bytes(),
            put.description,
            rows::seq(registered),
            put.schema,
        ])?;
    Ok(StoredSchema {
        schema_id: put.schema_id.clone(),
        version: put.version.clone(),
        description: put.description.clone(),
        schema_hash: put.schema_hash,
        schema: put.schema.clone(),
        registered,
    })
}

/// A version.
pub(crate) fn find(
    connection: &Connection,
    scope: Scope,
    id: &SchemaId,
    version: &SchemaVersion,
) -> Result<Option<StoredSchema>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .prepare_cached(
            "SELECT schema_hash, description, registered, schema FROM data_shapes \
             WHERE tenant = ?1 AND namespace = ?2 AND schema_id = ?3 AND version = ?4",
        )?
        .query_row(params![tenant, namespace, id.as_str(), version.as_str()], |row| {
            let hash_and_schema = (row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(3)?);
            Ok((row.get::<_, Option<String>>(1)?, row.get::<_, i64>(2)?, hash_and_schema))
        });
    let Some((description, registered, (schema_hash, schema))) = found.optional()? else {
        return Ok(None);
    };
    let schema_hash = rows::digest(&schema_hash)?;
    if Digest::of(&schema) != schema_hash {
        return Err(Fault::Damaged(format!("version `{version}` of schema `{id}` does not have its hash")));
    }
    let (schema_id, version, registered) = (id.clone(), version.clone(), rows::position(registered)?);
    let stored = StoredSchema { schema_id, version, description, schema_hash, schema, registered };
    is_registered_by(&stored, read::event(connection, &Stream { scope, run: None }, registered)?.as_ref())?;
    Ok(Some(stored))
}

/// Whether the event that a row names registers what the row says.
pub(crate) fn is_registered_by(stored: &StoredSchema, event: Option<&StoredEvent>) -> Result<(), Fault> {
    let event = event.and_then(|it| Event::read(&it.bytes).ok());
    let registers = event.is_some_and(|event| {
        matches!(event.body, Body::SchemaRegistered(body)
            if body.schema_id == stored.schema_id && body.version == stored.version && body.schema_hash == stored.schema_hash)
    });
    if registers {
        return Ok(());
    }
    let StoredSchema { schema_id, version, .. } = stored;
    Err(Fault::Damaged(format!("version `{version}` of schema `{schema_id}` is not what its event registered")))
}

/// Data shapes by id and version, after `after`.
pub(crate) fn list(
    connection: &Connection,
    scope: Scope,
    after: Option<&(SchemaId, SchemaVersion)>,
    limit: usize,
) -> Result<Vec<SchemaListing>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let mut select = connection.prepare_cached(
        "SELECT schema_id, version, description, schema_hash FROM data_shapes \
         WHERE tenant = ?1 AND namespace = ?2 AND (schema_id, version) > (?3, ?4) ORDER BY schema_id, version LIMIT ?5",
    )?;
    let (id, version) = after.map_or(("", ""), |(id, version)| (id.as_str(), version.as_str()));
    let found = select.query_map(params![tenant, namespace, id, version, rows::limit(limit)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, Vec<u8>>(3)?))
    })?;
    let damaged = |error| Fault::Damaged(format!("a schema's name: {error}"));
    found
        .map(|columns| {
            let (id, version, description, schema_hash) = columns?;
            let schema_id = SchemaId::try_from(id).map_err(damaged)?;
            let version = SchemaVersion::try_from(version).map_err(damaged)?;
            Ok(SchemaListing { schema_id, version, description, schema_hash: rows::digest(&schema_hash)? })
        })
        .collect()
}

fn count(connection: &Connection, scope: Scope) -> Result<u64, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let count = connection
        .prepare_cached("SELECT count(*) FROM data_shapes WHERE tenant = ?1 AND namespace = ?2")?
        .query_row(params![tenant, namespace], |row| row.get(0))?;
    rows::position(count)
}
