//! An URL that can be asked: `https` or `http`, a host in its one form, no credentials, no fragment.

use std::net::IpAddr;

use fluent_uri::component::Host;
use fluent_uri::{Uri, UriRef};

use super::hosts::checked_name;

/// The longest URL that is asked.
const MAX_BYTES: usize = 2_048;

/// The scheme of an URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Why a text is no URL that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UrlFault {
    #[error("it is longer than `{MAX_BYTES}` bytes")]
    TooLong,
    #[error("it is no absolute url as rfc 3986 has it")]
    Syntax,
    #[error("its scheme is neither `https` nor `http`")]
    Scheme,
    #[error("it has a user or a password in it")]
    Credentials,
    #[error("its host is no plain name and no address")]
    Host,
    #[error("its port is none")]
    Port,
    #[error("it has a fragment, which is never sent")]
    Fragment,
}

/// An URL that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) scheme: Scheme,
    /// A name in lower case, or an address in its one form (in brackets if it is a long one).
    pub(super) host: String,
    pub(super) port: u16,
    /// Path and query, as they are sent.
    pub(super) path: String,
    query_at: usize,
}

impl Target {
    /// Reads what was asked for.
    pub(super) fn parse(text: &str) -> Result<Self, UrlFault> {
        if text.len() > MAX_BYTES {
            return Err(UrlFault::TooLong);
        }
        let uri = Uri::parse(text).map_err(|_| UrlFault::Syntax)?;
        if uri.has_fragment() {
            return Err(UrlFault::Fragment);
        }
        Self::of(&uri)
    }

    /// Where a redirect from here leads.
    pub(super) fn follow(&self, location: &str) -> Result<Self, UrlFault> {
        if location.len() > MAX_BYTES {
            return Err(UrlFault::TooLong);
        }
        let here = Uri::parse(self.to_text()).map_err(|_| UrlFault::Syntax)?;
        let there = UriRef::parse(location).map_err(|_| UrlFault::Syntax)?;
        let there = there.resolve_against(&here.borrow()).map_err(|_| UrlFault::Syntax)?;
        Self::of(&there.borrow())
    }

    fn of(uri: &Uri<&str>) -> Result<Self, UrlFault> {
        let scheme = match uri.scheme().as_str() {
            it if it.eq_ignore_ascii_case("https") => Scheme::Https,
            it if it.eq_ignore_ascii_case("http") => Scheme::Http,
            _ => return Err(UrlFault::Scheme),
        };
        let authority = uri.authority().ok_or(UrlFault::Syntax)?;
        if authority.has_userinfo() {
            return Err(UrlFault::Credentials);
        }
        let host = match authority.host_parsed() {
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => format!("[{address}]"),
            _ => checked_name(authority.host()).ok_or(UrlFault::Host)?,
        };
        let port = authority.port_to_u16().map_err(|_| UrlFault::Port)?.unwrap_or_else(|| scheme.port());
        if port == 0 {
            return Err(UrlFault::Port);
        }
        let mut path = uri.path().as_str().to_owned();
        if path.is_empty() {
            path.push('/');
        }
        let query_at = path.len();
        if let Some(query) = uri.query() {
            path.push('?');
            path.push_str(query.as_str());
        }
        Ok(Self { scheme, host, port, path, query_at })
    }

    /// Host, with the port if it is not the scheme's own.
    pub(super) fn authority(&self) -> String {
        if self.port == self.scheme.port() { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// The host as an address, if it is one.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// The whole URL in its one form.
    pub(super) fn to_text(&self) -> String {
        format!("{}://{}{}", self.scheme.word(), self.authority(), self.path)
    }

    /// The URL without its query: what a redirect leads to may be signed for one use.
    pub(super) fn to_text_without_query(&self) -> String {
        let path = self.path.get(..self.query_at).unwrap_or_default();
        format!("{}://{}{path}", self.scheme.word(), self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_one_form() {
        for (text, form) in [
            ("https://ci.example.com", "https://ci.example.com/"),
            ("HTTPS://CI.Example.com:443/a?b=c", "https://ci.example.com/a?b=c"),
            ("http://ci.example.com:80/", "http://ci.example.com/"),
            ("https://ci.example.com:80/", "https://ci.example.com:80/"),
            ("https://[0::1]:8443/a", "https://[::1]:8443/a"),
            ("https://127.0.0.1?x", "https://127.0.0.1/?x"),
        ] {
            assert_eq!(Target::parse(text).unwrap().to_text(), form);
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (text, fault) in [
            ("ftp://a/", UrlFault::Scheme),
            ("file:///etc/passwd", UrlFault::Scheme),
            ("https:a", UrlFault::Syntax),
            ("//a/b", UrlFault::Syntax),
            ("https://a\\@b/", UrlFault::Syntax),
            ("https://a/\r\nx: y", UrlFault::Syntax),
            ("https://a/ b", UrlFault::Syntax),
            ("https://ä/", UrlFault::Syntax),
            ("https://user@a/", UrlFault::Credentials),
            ("https://user:secret@a/", UrlFault::Credentials),
            ("https://@a/", UrlFault::Credentials),
            ("https:///a", UrlFault::Host),
            ("https://a./", UrlFault::Host),
            ("https://127.1/", UrlFault::Host),
            ("https://0x7f000001/", UrlFault::Host),
            ("https://2130706433/", UrlFault::Host),
            ("https://127.0.0.%31/", UrlFault::Host),
            ("https://a%2eb/", UrlFault::Host),
            ("https://a:0/", UrlFault::Port),
            ("https://a:65536/", UrlFault::Port),
            ("https://a/#b", UrlFault::Fragment),
        ] {
            assert_eq!(Target::parse(text), Err(fault), "{text}");
        }
        assert_eq!(Target::parse(&format!("https://a/{}", "x".repeat(MAX_BYTES))), Err(UrlFault::TooLong));
    }

    #[test]
    fn redirects_resolve_against_where_they_came_from() {
        let here = Target::parse("https://a/b/c?d").unwrap();
        for (location, there) in [
            ("e", "https://a/b/e"),
            ("../e?f", "https://a/e?f"),
            ("/e#part", "https://a/e"),
            ("//b/e", "https://b/e"),
            ("http://a/", "http://a/"),
        ] {
            assert_eq!(here.follow(location).unwrap().to_text(), there);
        }
        assert_eq!(here.follow("https://b/x?token=1").unwrap().to_text_without_query(), "https://b/x");
        assert_eq!(here.follow("file:///etc/passwd"), Err(UrlFault::Scheme));
        assert_eq!(here.follow("https://user@b/"), Err(UrlFault::Credentials));
    }
}
