//! Policies: their bytes by digest, and which one is in force since when.

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::Event;
use decision_gate_runtime::ports::{Scope, Stream};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Fault;
use super::{append, rows};

/// Part of every append.
const ACTIVE: &str =
    "SELECT epoch, digest FROM policy_epochs WHERE tenant = ?1 AND namespace = ?2 ORDER BY epoch DESC LIMIT 1";

/// Puts a policy in force unless it is. Gives its epoch.
pub(crate) fn activate(
    connection: &Connection,
    stream: &Stream,
    digest: Digest,
    bytes: &[u8],
    event: &Event,
) -> Result<u64, Fault> {
    let active = active(connection, stream.scope)?;
    if let Some((epoch, in_force)) = active
        && in_force == digest
    {
        return Ok(epoch);
    }
    let epoch = active.map_or(1, |(epoch, _)| epoch + 1);
    connection
        .prepare_cached("INSERT INTO policies (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![digest.as_bytes(), bytes])?;
    append::to_log(connection, stream, event)?;
    let (tenant, namespace) = rows::scope(stream.scope);
    connection
        .prepare_cached("INSERT INTO policy_epochs (tenant, namespace, epoch, digest) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![tenant, namespace, rows::seq(epoch), digest.as_bytes()])?;
    Ok(epoch)
}

/// The policy in force, with its epoch.
pub(crate) fn active(connection: &Connection, scope: Scope) -> Result<Option<(u64, Digest)>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    connection
        .prepare_cached(ACTIVE)?
        .query_row(params![tenant, namespace], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?
        .map(|(epoch, digest)| Ok((rows::position(epoch)?, rows::digest(&digest)?)))
        .transpose()
}

/// The bytes of a policy.
pub(crate) fn bytes(connection: &Connection, digest: Digest) -> Result<Option<Vec<u8>>, Fault> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT bytes FROM policies WHERE digest = ?1")?
        .query_row([digest.as_bytes()], |row| row.get(0))
        .optional()?;
    match bytes {
        Some(bytes) if Digest::of(&bytes) != digest => {
            Err(Fault::Damaged(format!("the policy `{digest}` does not have its digest")))
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use decision_gate_core::name::{NamespaceId, TenantId};
    use rusqlite::StatementStatus;

    use super::*;
    use crate::sqlite::SqliteSettings;
    use crate::sqlite::open::Opened;

    #[test]
    fn an_append_prepares_no_statement_anew() {
        let opened = Opened::new(&SqliteSettings::memory()).unwrap();
        let scope = Scope { tenant: TenantId::FIRST, namespace: NamespaceId::FIRST };
        for _ in 0..3 {
            assert_eq!(active(&opened.connection, scope).unwrap(), None);
        }
        let statement = opened.connection.prepare_cached(ACTIVE).unwrap();
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        assert_eq!(statement.get_status(StatementStatus::Run), 3);
    }
}
