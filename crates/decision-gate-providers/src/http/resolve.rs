//! From a name to addresses: once for each request, all of them checked, and the connection goes to one of those.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::address;
use super::fault::HttpFault;
use super::url::Target;

/// Most names that are looked up at once: a name service that hangs holds a thread for each.
const MAX_LOOKUPS: usize = 8;
/// Most addresses of a name that are tried.
const MAX_ADDRESSES: usize = 4;

/// Who knows where names lead to.
#[async_trait]
pub(super) trait Resolve: Debug + Send + Sync {
    /// All addresses of `host`.
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The name service of the machine.
#[derive(Debug)]
pub(super) struct SystemNames(Arc<Semaphore>);

impl Default for SystemNames {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_LOOKUPS)))
    }
}

#[async_trait]
impl Resolve for SystemNames {
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let lookup = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
        let host = host.to_owned();
        let work = tokio::task::spawn_blocking(move || {
            // Invariant: the permit is held until the look-up is over, even if nobody waits for it any more.
            let _lookup = lookup;
            (host, port).to_socket_addrs().map(Iterator::collect)
        });
        work.await.map_err(io::Error::other)?
    }
}

/// The addresses to connect to. One that is closed refuses them all: a name that leads to both sides is a trap.
pub(super) async fn resolve(
    names: &dyn Resolve,
    target: &Target,
    allow_private: bool,
) -> Result<Vec<SocketAddr>, HttpFault> {
    let unknown = || HttpFault::NameUnknown { host: target.host.clone() };
    let mut found = match target.address() {
        Some(address) => vec![SocketAddr::new(address, target.port)],
        None => names.addresses(&target.host, target.port).await.map_err(|_| unknown())?,
    };
    for one in &found {
        address::check(one.ip(), allow_private)
            .map_err(|closed| HttpFault::PrivateAddress { host: target.authority(), kind: closed.word() })?;
    }
    found.truncate(MAX_ADDRESSES);
    if found.is_empty() { Err(unknown()) } else { Ok(found) }
}
