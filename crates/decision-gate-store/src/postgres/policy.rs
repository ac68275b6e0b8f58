//! Policies: their bytes by digest, and which one is in force since when.

use async_trait::async_trait;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::Event;
use decision_gate_runtime::ports::{Scope, Stream};

use super::append;
use super::connection::Connection;
use super::fault::Fault;
use super::pool::Work;
use crate::sqlite::rows;

/// Putting a policy in force.
pub(crate) struct Activate {
    /// On which shelf.
    pub(crate) stream: Stream,
    /// Of the bytes.
    pub(crate) digest: Digest,
    /// The policy.
    pub(crate) bytes: Vec<u8>,
    /// What the log says of it.
    pub(crate) event: Event,
}

#[async_trait]
impl Work for Activate {
    type Output = u64;

    async fn run(&self, connection: &Connection, _: u32) -> Result<u64, Fault> {
        connection.alone_on(self.stream.scope, self.activate(connection)).await
    }
}

impl Activate {
    async fn activate(&self, connection: &Connection) -> Result<u64, Fault> {
        let active = active(connection, self.stream.scope).await?;
        if let Some((epoch, in_force)) = active
            && in_force == self.digest
        {
            return Ok(epoch);
        }
        let epoch = active.map_or(1, |(epoch, _)| epoch + 1);
        let digest = self.digest.as_bytes().as_slice();
        connection
            .execute(
                "INSERT INTO policies (digest, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                &[&digest, &self.bytes],
            )
            .await?;
        append::to_log(connection, &self.stream, &self.event).await?;
        let (tenant, namespace) = rows::scope(self.stream.scope);
        connection
            .execute(
                "INSERT INTO policy_epochs (tenant, namespace, epoch, digest) VALUES ($1, $2, $3, $4)",
                &[&tenant, &namespace, &rows::seq(epoch), &digest],
            )
            .await?;
        Ok(epoch)
    }
}

/// Asking which policy is in force.
pub(crate) struct Active(pub(crate) Scope);

#[async_trait]
impl Work for Active {
    type Output = Option<(u64, Digest)>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        active(connection, self.0).await
    }
}

async fn active(connection: &Connection, scope: Scope) -> Result<Option<(u64, Digest)>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .row(
            "SELECT epoch, digest FROM policy_epochs WHERE tenant = $1 AND namespace = $2 ORDER BY epoch DESC LIMIT 1",
            &[&tenant, &namespace],
        )
        .await?;
    let Some(row) = found else { return Ok(None) };
    Ok(Some((rows::position(row.try_get(0)?)?, rows::digest(row.try_get(1)?)?)))
}

/// Asking for the bytes of a policy.
pub(crate) struct Bytes(pub(crate) Digest);

#[async_trait]
impl Work for Bytes {
    type Output = Option<Vec<u8>>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        let digest = self.0;
        let found =
            connection.row("SELECT bytes FROM policies WHERE digest = $1", &[&digest.as_bytes().as_slice()]).await?;
        let Some(row) = found else { return Ok(None) };
        let bytes: Vec<u8> = row.try_get(0)?;
        if Digest::of(&bytes) != digest {
            return Err(Fault::Damaged(format!("the policy `{digest}` does not have its digest")));
        }
        Ok(Some(bytes))
    }
}
