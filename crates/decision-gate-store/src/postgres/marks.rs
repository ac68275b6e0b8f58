//! Marks: how far things on a shelf have come.

use std::collections::BTreeMap;

use decision_gate_core::trust::Height;
use decision_gate_runtime::ports::{Mark, Scope};

use super::connection::Connection;
use super::fault::Fault;
use crate::sqlite::rows;

/// Raises marks; whether none had gone higher before. If one had, the caller's transaction must be undone.
pub(crate) async fn raise(connection: &Connection, scope: Scope, marks: &[Mark]) -> Result<bool, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    // In one order, so that two that raise the same ones do not wait for each other. Of a name, the highest counts.
    let mut highest: BTreeMap<&str, Height> = BTreeMap::new();
    for Mark { name, height } in marks {
        let known = highest.entry(name).or_insert(*height);
        if *height < *known {
            return Ok(false);
        }
        *known = *height;
    }
    for (name, height) in highest {
        let raised = connection
            .execute(
                "INSERT INTO marks (tenant, namespace, name, height) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (tenant, namespace, name) \
                 DO UPDATE SET height = excluded.height WHERE excluded.height >= marks.height",
                &[&tenant, &namespace, &name, &height.to_bytes().as_slice()],
            )
            .await?;
        if raised == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Marks of these names, and those below these paths, sorted by name.
pub(crate) async fn find(
    connection: &Connection,
    scope: Scope,
    names: &[String],
    below: &[String],
) -> Result<Vec<Mark>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    // `0` comes right after `/`.
    let end = |path: &String| path.strip_suffix('/').map(|path| format!("{path}0")).unwrap_or_default();
    let ends: Vec<String> = below.iter().map(end).collect();
    let found = connection
        .rows(
            "SELECT name, height FROM marks WHERE tenant = $1 AND namespace = $2 AND name = ANY($3) \
             UNION SELECT name, height FROM unnest($4::text[], $5::text[]) AS it (low, high) \
             JOIN marks ON tenant = $1 AND namespace = $2 AND name > it.low AND name < it.high ORDER BY 1",
            &[&tenant, &namespace, &names, &below, &ends],
        )
        .await?;
    let read = |row: &tokio_postgres::Row| {
        let (name, height): (String, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        let height = Height::from_bytes(height);
        height
            .map(|height| Mark { name: name.clone(), height })
            .ok_or_else(|| Fault::Damaged(format!("the mark `{name}` has no height")))
    };
    found.iter().map(read).collect()
}
