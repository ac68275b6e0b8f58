//! The provider `http`: the status, the digest or a value of what a server answers to one GET.
//!
//! ```text
//! url ─▶ hosts ─▶ resolve ─▶ exchange ─▶ (redirect: again) ─▶ answer
//! one    on the   every      one own     each hop checked    status, digest,
//! form   list     address    connection  like the first      bounded JSONPath
//! ```
//!
//! Hosts are closed unless the settings open them, and so are addresses that are not public. The address that was
//! checked is the one that is connected to. A body counts only if it came whole, plain and with a status of success.
//! An [`Endpoint`] is one address under the same rules, for those who speak a protocol of their own over it.

#[cfg(feature = "http")]
mod address;
#[cfg(feature = "http")]
mod client;
#[cfg(feature = "http")]
mod connect;
#[cfg(feature = "http")]
mod endpoint;
#[cfg(feature = "http")]
mod exchange;
#[cfg(feature = "http")]
mod fault;
mod hosts;
#[cfg(feature = "http")]
mod provider;
#[cfg(feature = "http")]
mod resolve;
mod settings;
#[cfg(test)]
#[cfg(feature = "http")]
mod tests;
#[cfg(feature = "http")]
mod tls;
#[cfg(feature = "http")]
mod url;

pub use self::settings::{HttpHost, HttpSettings};
#[cfg(feature = "http")]
pub use self::{
    endpoint::{Endpoint, EndpointFault, EndpointSettings, Method, Outgoing, Reply},
    provider::HttpProvider,
};

pub(crate) const CONTRACT: &str = include_str!("contract.json");
