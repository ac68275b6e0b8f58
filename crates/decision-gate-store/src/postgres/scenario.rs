//! Versions of scenarios. A version is never changed or removed; `defined` says which one is current.
//!
//! `defined` is the position of the latest `scenario_defined` event of that version, so the current version of a
//! scenario is the one that the log defined last.

use async_trait::async_trait;
use decision_gate_core::digest::Digest;
use decision_gate_core::name::ScenarioId;
use decision_gate_runtime::ports::{PutScenario, ScenarioListing, Scope, StoreError, StoredScenario, Stream};
use tokio_postgres::Row;

use super::append;
use super::connection::Connection;
use super::fault::Fault;
use super::pool::Work;
use super::read;
use crate::sqlite::{is_defined_by, rows};

/// Keeping a version and making it the current one.
pub(crate) struct Put(pub(crate) PutScenario);

#[async_trait]
impl Work for Put {
    type Output = StoredScenario;

    async fn run(&self, connection: &Connection, _: u32) -> Result<StoredScenario, Fault> {
        connection.alone_on(self.0.scope, put(connection, &self.0)).await
    }
}

async fn put(connection: &Connection, put: &PutScenario) -> Result<StoredScenario, Fault> {
    match find(connection, put.scope, &put.scenario_id, None).await? {
        Some(current) if current.spec_hash == put.spec_hash && current.origin >= put.origin => return Ok(current),
        Some(current) if current.origin > put.origin => {
            return Err(Fault::Refused(StoreError::Pinned { scenario: put.scenario_id.to_string() }));
        }
        Some(_) | None => {}
    }
    let stream = Stream { scope: put.scope, run: None };
    let defined = append::to_log(connection, &stream, &put.event).await?;
    let (tenant, namespace) = rows::scope(put.scope);
    let known = find(connection, put.scope, &put.scenario_id, Some(put.spec_hash)).await?;
    let version = match &known {
        Some(known) => known.version,
        None => versions(connection, put.scope, &put.scenario_id).await? + 1,
    };
    connection
        .execute(
            "INSERT INTO scenarios (tenant, namespace, scenario_id, version, spec_hash, origin, defined, spec) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, namespace, scenario_id, version) \
             DO UPDATE SET origin = excluded.origin, defined = excluded.defined",
            &[
                &tenant,
                &namespace,
                &put.scenario_id.as_str(),
                &rows::seq(version),
                &put.spec_hash.as_bytes().as_slice(),
                &put.origin.word(),
                &rows::seq(defined),
                &put.spec,
            ],
        )
        .await?;
    Ok(StoredScenario {
        scenario_id: put.scenario_id.clone(),
        spec_hash: put.spec_hash,
        origin: put.origin,
        spec: put.spec.clone(),
        version,
    })
}

/// Asking for a version, or the current one.
pub(crate) struct Find {
    /// On which shelf.
    pub(crate) scope: Scope,
    /// Of which scenario.
    pub(crate) id: ScenarioId,
    /// Which version; without it the current one.
    pub(crate) hash: Option<Digest>,
}

#[async_trait]
impl Work for Find {
    type Output = Option<StoredScenario>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        find(connection, self.scope, &self.id, self.hash).await
    }
}

async fn find(
    connection: &Connection,
    scope: Scope,
    id: &ScenarioId,
    hash: Option<Digest>,
) -> Result<Option<StoredScenario>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = match hash {
        Some(hash) => {
            connection
                .row(
                    "SELECT spec_hash, origin, version, spec, defined FROM scenarios \
                     WHERE tenant = $1 AND namespace = $2 AND scenario_id = $3 AND spec_hash = $4",
                    &[&tenant, &namespace, &id.as_str(), &hash.as_bytes().as_slice()],
                )
                .await?
        }
        None => {
            connection
                .row(
                    "SELECT spec_hash, origin, version, spec, defined FROM scenarios \
                     WHERE tenant = $1 AND namespace = $2 AND scenario_id = $3 ORDER BY defined DESC LIMIT 1",
                    &[&tenant, &namespace, &id.as_str()],
                )
                .await?
        }
    };
    let Some(row) = found else { return Ok(None) };
    let (stored, defined) = (stored(id, &row)?, rows::position(row.try_get(4)?)?);
    let event = read::event(connection, &Stream { scope, run: None }, defined).await?;
    is_defined_by(&stored, event.as_ref())?;
    Ok(Some(stored))
}

fn stored(id: &ScenarioId, row: &Row) -> Result<StoredScenario, Fault> {
    let (spec_hash, spec): (&[u8], Vec<u8>) = (row.try_get(0)?, row.try_get(3)?);
    let (origin, version): (&str, i64) = (row.try_get(1)?, row.try_get(2)?);
    let spec_hash = rows::digest(spec_hash)?;
    if Digest::of(&spec) != spec_hash {
        return Err(Fault::Damaged(format!("version `{version}` of scenario `{id}` does not have its hash")));
    }
    let (origin, version) = (rows::origin(origin)?, rows::position(version)?);
    Ok(StoredScenario { scenario_id: id.clone(), spec_hash, origin, spec, version })
}

/// Asking for current versions by id.
pub(crate) struct List {
    /// On which shelf.
    pub(crate) scope: Scope,
    /// Those after this one.
    pub(crate) after: Option<ScenarioId>,
    /// At most so many.
    pub(crate) limit: usize,
}

#[async_trait]
impl Work for List {
    type Output = Vec<ScenarioListing>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        let (tenant, namespace) = rows::scope(self.scope);
        let after = self.after.as_ref().map_or("", |id| id.as_str());
        let found = connection
            .rows(
                "SELECT DISTINCT ON (scenario_id) scenario_id, spec_hash, origin, \
                 count(*) OVER (PARTITION BY scenario_id) FROM scenarios \
                 WHERE tenant = $1 AND namespace = $2 AND scenario_id > $3 \
                 ORDER BY scenario_id, defined DESC LIMIT $4",
                &[&tenant, &namespace, &after, &rows::limit(self.limit)],
            )
            .await?;
        found.iter().map(listing).collect()
    }
}

fn listing(row: &Row) -> Result<ScenarioListing, Fault> {
    let id: String = row.try_get(0)?;
    let scenario_id =
        ScenarioId::try_from(id).map_err(|error| Fault::Damaged(format!("a scenario's name: {error}")))?;
    let (spec_hash, origin) = (rows::digest(row.try_get(1)?)?, rows::origin(row.try_get(2)?)?);
    Ok(ScenarioListing { scenario_id, spec_hash, origin, versions: rows::position(row.try_get(3)?)? })
}

async fn versions(connection: &Connection, scope: Scope, id: &ScenarioId) -> Result<u64, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let count = connection
        .row(
            "SELECT count(*) FROM scenarios WHERE tenant = $1 AND namespace = $2 AND scenario_id = $3",
            &[&tenant, &namespace, &id.as_str()],
        )
        .await?;
    match count {
        Some(row) => Ok(rows::position(row.try_get(0)?)?),
        None => Ok(0),
    }
}
