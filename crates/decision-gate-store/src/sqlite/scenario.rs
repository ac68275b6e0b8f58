//! Versions of scenarios. A version is never changed or removed; `defined` says which one is current.
//!
//! `defined` is the position of the latest `scenario_defined` event of that version, so the current version of a
//! scenario is the one that the log defined last. What a row says of hash and origin is believed only as far as that
//! event says it too.

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{Body, Event};
use decision_gate_core::name::ScenarioId;
use decision_gate_runtime::ports::{
    PutScenario, ScenarioListing, Scope, StoreError, StoredEvent, StoredScenario, Stream,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::fault::Fault;
use super::{append, read, rows};

/// Keeps a version and makes it the current one.
pub(crate) fn put(connection: &Connection, put: &PutScenario) -> Result<StoredScenario, Fault> {
    match find(connection, put.scope, &put.scenario_id, None)? {
        Some(current) if current.spec_hash == put.spec_hash && current.origin >= put.origin => return Ok(current),
        Some(current) if current.origin > put.origin => {
            return Err(Fault::Refused(StoreError::Pinned { scenario: put.scenario_id.to_string() }));
        }
        Some(_) | None => {}
    }
    let stream = Stream { scope: put.scope, run: None };
    let defined = append::to_log(connection, &stream, &put.event)?;
    let (tenant, namespace) = rows::scope(put.scope);
    let known = find(connection, put.scope, &put.scenario_id, Some(put.spec_hash))?;
    let version = match &known {
        Some(known) => known.version,
        None => versions(connection, put.scope, &put.scenario_id)? + 1,
    };
    connection
        .prepare_cached(
            "INSERT INTO scenarios (tenant, namespace, scenario_id, version, spec_hash, origin, defined, spec) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (tenant, namespace, scenario_id, version) \
             DO UPDATE SET origin = excluded.origin, defined = excluded.defined",
        )?
        .execute(params![
            tenant,
            namespace,
            put.scenario_id.as_str(),
            rows::seq(version),
            put.spec_hash.as_bytes(),
            put.origin.word(),
            rows::seq(defined),
            put.spec,
        ])?;
    Ok(StoredScenario {
        scenario_id: put.scenario_id.clone(),
        spec_hash: put.spec_hash,
        origin: put.origin,
        spec: put.spec.clone(),
        version,
    })
}

/// A version, or the current one.
pub(crate) fn find(
    connection: &Connection,
    scope: Scope,
    id: &ScenarioId,
    hash: Option<Digest>,
) -> Result<Option<StoredScenario>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let columns = |row: &Row<'_>| {
        let hash_and_spec = (row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(3)?);
        Ok((row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(4)?, hash_and_spec))
    };
    let found = match hash {
        Some(hash) => connection
            .prepare_cached(
                "SELECT spec_hash, origin, version, spec, defined FROM scenarios \
                 WHERE tenant = ?1 AND namespace = ?2 AND scenario_id = ?3 AND spec_hash = ?4",
            )?
            .query_row(params![tenant, namespace, id.as_str(), hash.as_bytes()], columns),
        None => connection
            .prepare_cached(
                "SELECT spec_hash, origin, version, spec, defined FROM scenarios \
                 WHERE tenant = ?1 AND namespace = ?2 AND scenario_id = ?3 ORDER BY defined DESC LIMIT 1",
            )?
            .query_row(params![tenant, namespace, id.as_str()], columns),
    };
    let Some((origin, version, defined, (spec_hash, spec))) = found.optional()? else {
        return Ok(None);
    };
    let spec_hash = rows::digest(&spec_hash)?;
    if Digest::of(&spec) != spec_hash {
        return Err(Fault::Damaged(format!("version `{version}` of scenario `{id}` does not have its hash")));
    }
    let (origin, version) = (rows::origin(&origin)?, rows::position(version)?);
    let stored = StoredScenario { scenario_id: id.clone(), spec_hash, origin, spec, version };
    let event = read::event(connection, &Stream { scope, run: None }, rows::position(defined)?)?;
    is_defined_by(&stored, event.as_ref())?;
    Ok(Some(stored))
}

/// Whether the event that a row names defines what the row says.
pub(crate) fn is_defined_by(stored: &StoredScenario, event: Option<&StoredEvent>) -> Result<(), Fault> {
    let event = event.and_then(|it| Event::read(&it.bytes).ok());
    let defines = event.is_some_and(|event| {
        matches!(event.body, Body::ScenarioDefined(body)
            if body.scenario_id == stored.scenario_id && body.spec_hash == stored.spec_hash && body.origin == stored.origin)
    });
    if defines {
        return Ok(());
    }
    let StoredScenario { scenario_id, version, .. } = stored;
    Err(Fault::Damaged(format!("version `{version}` of scenario `{scenario_id}` is not what its event defined")))
}

/// Current versions by id, after `after`.
pub(crate) fn list(
    connection: &Connection,
    scope: Scope,
    after: Option<&ScenarioId>,
    limit: usize,
) -> Result<Vec<ScenarioListing>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    // Beside a lone `max`, SQLite takes the other columns from the row that has it.
    let mut select = connection.prepare_cached(
        "SELECT scenario_id, spec_hash, origin, count(*), max(defined) FROM scenarios \
         WHERE tenant = ?1 AND namespace = ?2 AND scenario_id > ?3 GROUP BY scenario_id ORDER BY scenario_id LIMIT ?4",
    )?;
    let after = after.map_or("", |id| id.as_str());
    let found = select.query_map(params![tenant, namespace, after, rows::limit(limit)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
    })?;
    found
        .map(|columns| {
            let (id, spec_hash, origin, versions) = columns?;
            let scenario_id =
                ScenarioId::try_from(id).map_err(|error| Fault::Damaged(format!("a scenario's name: {error}")))?;
            let (spec_hash, origin) = (rows::digest(&spec_hash)?, rows::origin(&origin)?);
            Ok(ScenarioListing { scenario_id, spec_hash, origin, versions: rows::position(versions)? })
        })
        .collect()
}

fn versions(connection: &Connection, scope: Scope, id: &ScenarioId) -> Result<u64, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let count = connection
        .prepare_cached("SELECT count(*) FROM scenarios WHERE tenant = ?1 AND namespace = ?2 AND scenario_id = ?3")?
        .query_row(params![tenant, namespace, id.as_str()], |row| row.get(0))?;
    rows::position(count)
}
