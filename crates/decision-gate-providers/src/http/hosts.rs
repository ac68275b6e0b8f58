//! The hosts that the settings open: exact names, each with at most one port.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A host as it is compared: lower case, an address in its one form, a port only if one was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostName {
    pub(super) name: String,
    pub(super) port: Option<u16>,
}

impl HostName {
    /// Reads `name`, `name:port`, `[v6]` or `[v6]:port`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let address: Ipv6Addr = address.parse().ok()?;
                (format!("[{address}]"), if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => match text.split_once(':') {
                Some((name, port)) => (checked_name(name)?, Some(port)),
                None => (checked_name(text)?, None),
            },
        };
        let port = port.map(port_of).map_or(Some(None), |port| port.map(Some))?;
        Some(Self { name, port })
    }
}

/// A port as it is written: digits, no sign, not 0.
pub(super) fn port_of(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

/// A DNS name or an IPv4 address in lower case. What a resolver could take for an address in another notation
/// (`127.1`, `0x7f000001`, `2130706433`) is none, and neither is a name with a dot at its end.
pub(super) fn checked_name(text: &str) -> Option<String> {
    let label = |it: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&it.len()) && it.bytes().all(allowed) && !it.starts_with('-') && !it.ends_with('-')
    };
    if text.len() > 253 || !text.split('.').all(label) {
        return None;
    }
    let last = text.rsplit('.').next()?;
    if last.starts_with(|it: char| it.is_ascii_digit()) {
        return text.parse::<Ipv4Addr>().ok().map(|address| address.to_string());
    }
    Some(text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_form() {
        let read = |text: &str| HostName::parse(text).map(|it| (it.name, it.port));
        assert_eq!(read("CI.example.com"), Some(("ci.example.com".into(), None)));
        assert_eq!(read("ci.example.com:8443"), Some(("ci.example.com".into(), Some(8443))));
        assert_eq!(read("[0:0::1]:80"), Some(("[::1]".into(), Some(80))));
        assert_eq!(read("10.0.0.7"), Some(("10.0.0.7".into(), None)));
    }

    #[test]
    fn other_notations_and_patterns_are_no_hosts() {
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "*",
            "*.example.com",
            "a b",
            "a/b",
            "a@b",
            "user@a",
            "a:",
            "a:0",
            "a:+1",
            "a:65536",
            "a:1:2",
            "127.1",
            "0x7f000001",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "1.2.3.4.5",
            "[::1",
            "::1",
            "[::1]x",
            "[::1%25eth0]",
            "[127.0.0.1]",
            "ä.example",
            "https://a",
            "-a",
            "a-",
            "a%2eb",
            &"a".repeat(64),
        ] {
            assert_eq!(HostName::parse(text), None, "{text}");
        }
    }
}
