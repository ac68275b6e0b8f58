//! How logs are named: what the operator chose, then tenant and namespace.

use std::fmt;
use std::str::FromStr;

use crate::name::{NamespaceId, TenantId};

/// The longest base of origins, in bytes.
const MAX_BASE: usize = 200;

/// What the origins of a ledger's logs begin with: 1 to 200 characters without white space, control characters and `+`,
/// that neither begin nor end with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginBase(String);

/// A text that no origin begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin has 1 to {MAX_BASE} characters without white space, control characters and `+`, \
     and neither begins nor ends with `/`"
)]
pub struct OriginError;

impl OriginError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        "ledger_origin_invalid"
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        "choose an address without a scheme that is yours, such as `gate.example/ledger`"
    }
}

impl FromStr for OriginBase {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let is_plain = |it: char| !it.is_whitespace() && !it.is_control() && it != '+';
        let good = !text.is_empty()
            && text.len() <= MAX_BASE
            && text.chars().all(is_plain)
            && !text.starts_with('/')
            && !text.ends_with('/');
        if good { Ok(Self(text.to_owned())) } else { Err(OriginError) }
    }
}

impl fmt::Display for OriginBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OriginBase {
    /// The origin of one log.
    pub fn of(&self, tenant: TenantId, namespace: NamespaceId) -> String {
        format!("{}/{tenant}/{namespace}", self.0)
    }
}

/// Whether an origin is one of this tenant's and namespace's log.
pub fn is_origin_of(origin: &str, tenant: TenantId, namespace: NamespaceId) -> bool {
    origin.strip_suffix(&format!("/{tenant}/{namespace}")).is_some_and(|base| base.parse::<OriginBase>().is_ok())
}

/// Of which tenant and namespace an origin is.
pub fn shelf_of(origin: &str) -> Option<(TenantId, NamespaceId)> {
    let (rest, namespace) = origin.rsplit_once('/')?;
    let (_, tenant) = rest.rsplit_once('/')?;
    let (tenant, namespace) = (TenantId::new(tenant.parse().ok()?)?, NamespaceId::new(namespace.parse().ok()?)?);
    // As they are written, and no other way.
    is_origin_of(origin, tenant, namespace).then_some((tenant, namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_names_one_log() {
        let base: OriginBase = "gate.example/ledger".parse().unwrap();
        let (tenant, namespace) = (TenantId::FIRST, NamespaceId::new(7).unwrap());
        let origin = base.of(tenant, namespace);
        assert_eq!(origin, "gate.example/ledger/1/7");
        assert!(is_origin_of(&origin, tenant, namespace));
        assert_eq!(shelf_of(&origin), Some((tenant, namespace)));
        assert_eq!(["1/7", "gate.example/1/07", "gate.example/0/7", "gate.example"].map(shelf_of), [None; 4]);
        for other in ["gate.example/ledger/1/17", "gate.example/ledger/11/7/", "/1/7", "1/7", "a b/1/7"] {
            assert!(!is_origin_of(other, tenant, namespace), "{other}");
        }
        for bad in ["", "/x", "x/", "a b", "a+b", "a\n"] {
            assert!(bad.parse::<OriginBase>().is_err(), "{bad:?}");
        }
    }
}
