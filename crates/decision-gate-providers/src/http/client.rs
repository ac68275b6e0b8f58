//! From a target to what is there: the list of hosts, the name, the request, and the same again for each redirect.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderValue;
use tokio::sync::Semaphore;
use tokio_rustls::rustls::ClientConfig;

use super::connect::secret;
use super::exchange::{Answered, Ask};
use super::fault::HttpFault;
use super::hosts::HostName;
use super::resolve::{Resolve, resolve};
use super::tls;
use super::url::{Scheme, Target};
use super::{HttpHost, HttpSettings};
use crate::BuildError;

/// Most requests at once. It bounds memory.
const MAX_REQUESTS: usize = 16;

/// The client of one provider.
#[derive(Debug)]
pub(super) struct Client {
    hosts: Vec<(HostName, HttpHost)>,
    names: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
    user_agent: HeaderValue,
    timeout: Duration,
    max_bytes: usize,
    max_redirects: usize,
    requests: Semaphore,
}

/// What is there, and where it was in the end.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) answered: Answered,
    pub(super) last: Target,
}

impl Client {
    /// A client with these settings, which were checked.
    pub(super) fn new(settings: &HttpSettings, names: Arc<dyn Resolve>) -> Result<Self, BuildError> {
        let named = |host: &HttpHost| HostName::parse(&host.host).map(|name| (name, host.clone()));
        Ok(Self {
            hosts: settings.hosts.iter().filter_map(named).collect(),
            names,
            tls: tls::config(settings.public_roots, settings.ca_file.as_deref())?,
            user_agent: HeaderValue::from_str(&settings.user_agent).map_err(|_| BuildError::UserAgent)?,
            timeout: settings.timeout,
            max_bytes: settings.max_response_bytes,
            max_redirects: settings.max_redirects,
            requests: Semaphore::new(MAX_REQUESTS),
        })
    }

    /// What is at `target`, whole and in time, or why not.
    pub(super) async fn fetch(&self, target: Target) -> Result<Fetched, HttpFault> {
        let limit_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        let fetched = tokio::time::timeout(self.timeout, self.follow(target)).await;
        fetched.unwrap_or(Err(HttpFault::TimedOut { limit_ms }))
    }

    async fn follow(&self, target: Target) -> Result<Fetched, HttpFault> {
        let _request = self.requests.acquire().await.map_err(|_| HttpFault::Protocol)?;
        let asked = self.open(&target)?;
        let (mut host, mut last) = (asked, target);
        for _ in 0..=self.max_redirects {
            // A token is for what was asked: where a redirect leads to is not the asker's choice.
            let token = if std::ptr::eq(host, asked) { token(host, &last)? } else { None };
            let addresses = resolve(&*self.names, &last, host.allow_private).await?;
            let ask = Ask { tls: &self.tls, user_agent: &self.user_agent, token, max_bytes: self.max_bytes };
            let answered = ask.send(&last, &addresses).await?;
            let Some(location) = redirect(&answered).filter(|_| self.max_redirects > 0) else {
                return Ok(Fetched { answered, last });
            };
            (host, last) = self.hop(host, &last, location)?;
        }
        Err(HttpFault::TooManyRedirects { limit: self.max_redirects })
    }

    /// Where a redirect leads to, if it may.
    pub(super) fn hop(&self, from: &HttpHost, last: &Target, location: &str) -> Result<(&HttpHost, Target), HttpFault> {
        let refused = |host: String, reason: &'static str| HttpFault::RedirectRefused { host, reason };
        let there = last.follow(location).map_err(|_| refused("unreadable".to_owned(), "url_invalid"))?;
        if last.scheme == Scheme::Https && there.scheme == Scheme::Http {
            return Err(refused(there.authority(), "downgrade"));
        }
        let host = self.open(&there).map_err(|_| refused(there.authority(), "host_not_allowed"))?;
        if host.allow_private && !from.allow_private {
            return Err(refused(there.authority(), "public_to_private"));
        }
        Ok((host, there))
    }

    /// The entry of the list that opens `target`.
    fn open(&self, target: &Target) -> Result<&HttpHost, HttpFault> {
        let usual = target.authority() == target.host;
        let opens = |name: &HostName| name.name == target.host && name.port.map_or(usual, |port| port == target.port);
        let host = || target.authority();
        // An entry that names the port says more than one that does not.
        let entries = || self.hosts.iter().filter(|(name, _)| opens(name));
        let entry = entries().find(|(name, _)| name.port.is_some()).or_else(|| entries().next());
        let (_, entry) = entry.ok_or_else(|| HttpFault::HostNotAllowed { host: host() })?;
        if target.scheme == Scheme::Http && !entry.allow_http {
            return Err(HttpFault::PlainNotAllowed { host: host() });
        }
        Ok(entry)
    }
}

/// The token for a host, read anew for each request, so that it can be rotated.
fn token(host: &HttpHost, target: &Target) -> Result<Option<HeaderValue>, HttpFault> {
    let Some(name) = host.bearer_token_env.as_ref().filter(|_| target.scheme == Scheme::Https) else {
        return Ok(None);
    };
    let value = secret(name, "Bearer ").ok_or_else(|| HttpFault::TokenMissing { host: target.authority() })?;
    Ok(Some(value))
}

fn redirect(answered: &Answered) -> Option<&str> {
    let moved = matches!(
        answered.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    answered.location.as_deref().filter(|_| moved)
}
