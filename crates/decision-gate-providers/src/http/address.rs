//! Which addresses a name may lead to: public ones, and loopback and private ones where the settings open them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address it is, if it is not a public one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Loopback,
    Private,
    LinkLocal,
    Metadata,
    Reserved,
}

impl Closed {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link_local",
            Self::Metadata => "metadata",
            Self::Reserved => "reserved",
        }
    }
}

/// Refuses an address that is not public; with `allow_private` loopback and private ones pass, and nothing else.
pub(super) fn check(address: IpAddr, allow_private: bool) -> Result<(), Closed> {
    match kind(address) {
        None => Ok(()),
        Some(Closed::Loopback | Closed::Private) if allow_private => Ok(()),
        Some(closed) => Err(closed),
    }
}

fn kind(address: IpAddr) -> Option<Closed> {
    match address {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => kind_v6(address),
    }
}

fn kind_v4(address: Ipv4Addr) -> Option<Closed> {
    match address.octets() {
        [169, 254, 169, 254] | [100, 100, 100, 200] => Some(Closed::Metadata),
        [127, ..] => Some(Closed::Loopback),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Some(Closed::Private),
        [169, 254, ..] => Some(Closed::LinkLocal),
        // "This network", IETF protocols, documentation, relays, benchmarks, multicast, future use, broadcast.
        [0 | 224..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Some(Closed::Reserved),
        _ => None,
    }
}

fn kind_v6(address: Ipv6Addr) -> Option<Closed> {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        kind_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Closed::Loopback),
        // IPv4-mapped addresses, and what a NAT64 gateway makes IPv4 of.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some(Closed::Metadata),
        [0xfc00..=0xfdff, ..] => Some(Closed::Private),
        [0xfe80..=0xfebf, ..] => Some(Closed::LinkLocal),
        // Protocol assignments with Teredo in them, documentation, and 6to4, whose IPv4 part could be any.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => Some(Closed::Reserved),
        [0x2000..=0x3fff, ..] => None,
        _ => Some(Closed::Reserved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, allow_private: bool) -> &'static str {
        check(text.parse().unwrap(), allow_private).map_or_else(Closed::word, |()| "open")
    }

    #[test]
    fn only_public_addresses_are_open_by_themselves() {
        for (address, closed, opened) in [
            ("93.184.216.34", "open", "open"),
            ("2606:2800:220:1::1", "open", "open"),
            ("127.0.0.1", "loopback", "open"),
            ("127.255.255.254", "loopback", "open"),
            ("::1", "loopback", "open"),
            ("::ffff:127.0.0.1", "loopback", "open"),
            ("64:ff9b::7f00:1", "loopback", "open"),
            ("10.0.0.1", "private", "open"),
            ("172.16.0.1", "private", "open"),
            ("172.31.255.255", "private", "open"),
            ("172.32.0.1", "open", "open"),
            ("192.168.1.1", "private", "open"),
            ("100.64.0.1", "private", "open"),
            ("fd12::1", "private", "open"),
            ("::ffff:10.0.0.1", "private", "open"),
            ("169.254.1.1", "link_local", "link_local"),
            ("fe80::1", "link_local", "link_local"),
            ("169.254.169.254", "metadata", "metadata"),
            ("::ffff:169.254.169.254", "metadata", "metadata"),
            ("64:ff9b::a9fe:a9fe", "metadata", "metadata"),
            ("fd00:ec2::254", "metadata", "metadata"),
            ("100.100.100.200", "metadata", "metadata"),
            ("0.0.0.0", "reserved", "reserved"),
            ("::", "reserved", "reserved"),
            ("::7f00:1", "reserved", "reserved"),
            ("2002:7f00:1::", "reserved", "reserved"),
            ("2001:0:1::", "reserved", "reserved"),
            ("64:ff9b:1::1", "reserved", "reserved"),
            ("fec0::1", "reserved", "reserved"),
            ("ff02::1", "reserved", "reserved"),
            ("224.0.0.1", "reserved", "reserved"),
            ("255.255.255.255", "reserved", "reserved"),
            ("192.0.2.1", "reserved", "reserved"),
            ("198.18.0.1", "reserved", "reserved"),
        ] {
            assert_eq!((word(address, false), word(address, true)), (closed, opened), "{address}");
        }
    }
}
