//! Versions of data shapes. One is never changed or removed.

use async_trait::async_trait;
use decision_gate_core::digest::Digest;
use decision_gate_core::name::{SchemaId, SchemaVersion};
use decision_gate_runtime::ports::{PutSchema, SchemaListing, Scope, StoreError, StoredSchema, Stream};
use tokio_postgres::Row;

use super::append;
use super::connection::Connection;
use super::fault::Fault;
use super::pool::Work;
use super::read;
use crate::sqlite::{is_registered_by, rows};

/// Keeping a version, or giving back the one that is there.
pub(crate) struct Put(pub(crate) PutSchema);

#[async_trait]
impl Work for Put {
    type Output = StoredSchema;

    async fn run(&self, connection: &Connection, _: u32) -> Result<StoredSchema, Fault> {
        connection.alone_on(self.0.scope, put(connection, &self.0)).await
    }
}

async fn put(connection: &Connection, put: &PutSchema) -> Result<StoredSchema, Fault> {
    match find(connection, put.scope, &put.schema_id, &put.version).await? {
        Some(known) if known.schema_hash == put.schema_hash => return Ok(known),
        Some(_) => {
            let (schema, version) = (put.schema_id.to_string(), put.version.to_string());
            return Err(Fault::Refused(StoreError::SchemaTaken { schema, version }));
        }
        None => {}
    }
    if count(connection, put.scope).await? >= put.max_entries {
        return Err(Fault::Refused(StoreError::SchemasFull { limit: put.max_entries }));
    }
    let registered = append::to_log(connection, &Stream { scope: put.scope, run: None }, &put.event).await?;
    let (tenant, namespace) = rows::scope(put.scope);
    connection
        .execute(
            "INSERT INTO data_shapes (tenant, namespace, schema_id, version, schema_hash, description, registered, schema) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &tenant,
                &namespace,
                &put.schema_id.as_str(),
                &put.version.as_str(),
                &put.schema_hash.as_bytes().as_slice(),
                &put.description.as_ref().map(String::as_bytes),
                &rows::seq(registered),
                &put.schema,
            ],
        )
        .await?;
    Ok(StoredSchema {
        schema_id: put.schema_id.clone(),
        version: put.version.clone(),
        description: put.description.clone(),
        schema_hash: put.schema_hash,
        schema: put.schema.clone(),
        registered,
    })
}

/// Asking for a version.
pub(crate) struct Find {
    /// On which shelf.
    pub(crate) scope: Scope,
    /// Which.
    pub(crate) id: SchemaId,
    /// Its version.
    pub(crate) version: SchemaVersion,
}

#[async_trait]
impl Work for Find {
    type Output = Option<StoredSchema>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        find(connection, self.scope, &self.id, &self.version).await
    }
}

async fn find(
    connection: &Connection,
    scope: Scope,
    id: &SchemaId,
    version: &SchemaVersion,
) -> Result<Option<StoredSchema>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .row(
            "SELECT schema_hash, description, registered, schema FROM data_shapes \
             WHERE tenant = $1 AND namespace = $2 AND schema_id = $3 AND version = $4",
            &[&tenant, &namespace, &id.as_str(), &version.as_str()],
        )
        .await?;
    let Some(row) = found else { return Ok(None) };
    let (schema_hash, schema): (&[u8], Vec<u8>) = (row.try_get(0)?, row.try_get(3)?);
    let schema_hash = rows::digest(schema_hash)?;
    if Digest::of(&schema) != schema_hash {
        return Err(Fault::Damaged(format!("version `{version}` of schema `{id}` does not have its hash")));
    }
    let (schema_id, version, registered) = (id.clone(), version.clone(), rows::position(row.try_get(2)?)?);
    let description = description(&row, 1)?;
    let stored = StoredSchema { schema_id, version, description, schema_hash, schema, registered };
    let event = read::event(connection, &Stream { scope, run: None }, registered).await?;
    is_registered_by(&stored, event.as_ref())?;
    Ok(Some(stored))
}

/// Asking for data shapes by id and version.
pub(crate) struct List {
    /// On which shelf.
    pub(crate) scope: Scope,
    /// Those after this one.
    pub(crate) after: Option<(SchemaId, SchemaVersion)>,
    /// At most so many.
    pub(crate) limit: usize,
}

#[async_trait]
impl Work for List {
    type Output = Vec<SchemaListing>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        let (tenant, namespace) = rows::scope(self.scope);
        let (id, version) = self.after.as_ref().map_or(("", ""), |(id, version)| (id.as_str(), version.as_str()));
        let found = connection
            .rows(
                "SELECT schema_id, version, description, schema_hash FROM data_shapes \
                 WHERE tenant = $1 AND namespace = $2 AND (schema_id, version) > ($3, $4) \
                 ORDER BY schema_id, version LIMIT $5",
                &[&tenant, &namespace, &id, &version, &rows::limit(self.limit)],
            )
            .await?;
        found.iter().map(listing).collect()
    }
}

fn listing(row: &Row) -> Result<SchemaListing, Fault> {
    let damaged = |error| Fault::Damaged(format!("a schema's name: {error}"));
    let (id, version): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let schema_id = SchemaId::try_from(id).map_err(damaged)?;
    let version = SchemaVersion::try_from(version).map_err(damaged)?;
    Ok(SchemaListing {
        schema_id,
        version,
        description: description(row, 2)?,
        schema_hash: rows::digest(row.try_get(3)?)?,
    })
}

/// A description as it was given: it may hold a zero character, which no text of the database can.
fn description(row: &Row, column: usize) -> Result<Option<String>, Fault> {
    let bytes: Option<Vec<u8>> = row.try_get(column)?;
    let damaged = |_| Fault::Damaged("a schema's description is no text".to_owned());
    bytes.map(String::from_utf8).transpose().map_err(damaged)
}

async fn count(connection: &Connection, scope: Scope) -> Result<u64, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let count = connection
        .row("SELECT count(*) FROM data_shapes WHERE tenant = $1 AND namespace = $2", &[&tenant, &namespace])
        .await?;
    match count {
        Some(row) => Ok(rows::position(row.try_get(0)?)?),
        None => Ok(0),
    }
}
