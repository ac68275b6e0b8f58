//! Marks: how far things on a shelf have come.

use std::collections::BTreeMap;

use decision_gate_core::trust::Height;
use decision_gate_runtime::ports::{Mark, Scope};
use rusqlite::{Connection, Row, params};

use super::fault::Fault;
use super::rows;

/// Raises marks; whether none had gone higher before. If one had, the caller's transaction must be undone.
pub(crate) fn raise(connection: &Connection, scope: Scope, marks: &[Mark]) -> Result<bool, Fault> {
    if marks.is_empty() {
        return Ok(true);
    }
    let (tenant, namespace) = rows::scope(scope);
    let mut raise = connection.prepare_cached(
        "INSERT INTO marks (tenant, namespace, name, height) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT DO UPDATE SET height = excluded.height WHERE excluded.height >= height",
    )?;
    for Mark { name, height } in marks {
        if raise.execute(params![tenant, namespace, name, height.to_bytes()])? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Marks of these names, and those below these paths, sorted by name.
pub(crate) fn find(
    connection: &Connection,
    scope: Scope,
    names: &[String],
    below: &[String],
) -> Result<Vec<Mark>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let columns = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?));
    let mut found = BTreeMap::new();
    let mut of_name = connection
        .prepare_cached("SELECT name, height FROM marks WHERE tenant = ?1 AND namespace = ?2 AND name = ?3")?;
    for name in names {
        for row in of_name.query_map(params![tenant, namespace, name], columns)? {
            let (name, height) = row?;
            found.insert(name, height);
        }
    }
    let mut of_path = connection.prepare_cached(
        "SELECT name, height FROM marks WHERE tenant = ?1 AND namespace = ?2 AND name > ?3 AND name < ?4",
    )?;
    for path in below {
        // `0` comes right after `/`.
        let end = path.strip_suffix('/').map(|path| format!("{path}0")).unwrap_or_default();
        for row in of_path.query_map(params![tenant, namespace, path, end], columns)? {
            let (name, height) = row?;
            found.insert(name, height);
        }
    }
    let read = |(name, height): (String, Vec<u8>)| match Height::from_bytes(&height) {
        Some(height) => Ok(Mark { name, height }),
        None => Err(Fault::Damaged(format!("the mark `{name}` has no height"))),
    };
    found.into_iter().map(read).collect()
}
