//! Addresses of resources: `decision-gate://` and one of five forms.
//!
//! An address is parsed into what it names and never becomes a path: a page is looked up in a list, an id has the grammar
//! of ids, and there are no escapes. What is not of this grammar is not found.

use std::fmt;

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{NamespaceId, RunId, TenantId};

const SCHEME: &str = "decision-gate://";

/// No address of ours is longer.
const MAX_LENGTH: usize = 512;

/// On which shelf something lies; the first tenant and namespace where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shelf {
    pub(crate) tenant: Option<TenantId>,
    pub(crate) namespace: Option<NamespaceId>,
}

/// What can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResourceUri {
    /// A page of the documentation, or one section of it.
    Page {
        /// Below `docs/`.
        path: String,
        /// The anchor of its heading.
        section: Option<String>,
    },
    /// A run.
    Run {
        /// Where it lies.
        shelf: Shelf,
        /// Which.
        run: RunId,
    },
    /// A decision of a run.
    Decision {
        /// Where the run lies.
        shelf: Shelf,
        /// Which run.
        run: RunId,
        /// From 1.
        number: u64,
    },
    /// The manifest of a pack.
    Pack {
        /// Its name under `runpacks.root`.
        name: String,
    },
    /// A policy.
    Policy {
        /// On which shelf it is or was in force.
        shelf: Shelf,
        /// Which.
        digest: Digest,
    },
}

impl ResourceUri {
    /// The address of that text; nothing if it is none of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(SCHEME).filter(|_| text.len() <= MAX_LENGTH)?;
        // One thing has one address.
        Self::read(rest).filter(|address| address.to_string() == text)
    }

    fn read(rest: &str) -> Option<Self> {
        let (rest, section) = split(rest, '#');
        let (path, query) = split(rest, '?');
        let (kind, name) = path.split_once('/')?;
        let shelf = Shelf::parse(query)?;
        match (kind, section) {
            ("docs", section) if query.is_none() => {
                Some(Self::Page { path: name.to_owned(), section: section.map(str::to_owned) })
            }
            (_, Some(_)) => None,
            ("runs", None) => match name.split_once('/') {
                None => Some(Self::Run { shelf, run: RunId::try_from(name).ok()? }),
                Some((run, decision)) => {
                    let number = decision.strip_prefix("decisions/decision-").and_then(positive)?;
                    Some(Self::Decision { shelf, run: RunId::try_from(run).ok()?, number })
                }
            },
            // A pack's name is held against its own grammar where it is opened.
            ("packs", None) if query.is_none() && !name.contains('/') => Some(Self::Pack { name: name.to_owned() }),
            ("policies", None) => Some(Self::Policy { shelf, digest: Digest::from_hex(name).ok()? }),
            _ => None,
        }
    }
}

impl Shelf {
    /// The shelf of these ids; where one is none, the first.
    pub(super) fn of(tenant: Option<&str>, namespace: Option<&str>) -> Self {
        let id = |text: Option<&str>| text.and_then(positive);
        Self { tenant: id(tenant).and_then(TenantId::new), namespace: id(namespace).and_then(NamespaceId::new) }
    }

    fn parse(query: Option<&str>) -> Option<Self> {
        let mut shelf = Self::default();
        for pair in query.into_iter().flat_map(|query| query.split('&')) {
            match pair.split_once('=')? {
                ("tenant_id", id) if shelf.tenant.is_none() => shelf.tenant = Some(TenantId::new(positive(id)?)?),
                ("namespace_id", id) if shelf.namespace.is_none() => {
                    shelf.namespace = Some(NamespaceId::new(positive(id)?)?);
                }
                _ => return None,
            }
        }
        Some(shelf)
    }
}

impl fmt::Display for ResourceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        match self {
            Self::Page { path, section: None } => write!(f, "docs/{path}"),
            Self::Page { path, section: Some(section) } => write!(f, "docs/{path}#{section}"),
            Self::Run { shelf, run } => write!(f, "runs/{run}{shelf}"),
            Self::Decision { shelf, run, number } => write!(f, "runs/{run}/decisions/decision-{number}{shelf}"),
            Self::Pack { name } => write!(f, "packs/{name}"),
            Self::Policy { shelf, digest } => write!(f, "policies/{digest}{shelf}"),
        }
    }
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.tenant, self.namespace) {
            (None, None) => Ok(()),
            (Some(tenant), None) => write!(f, "?tenant_id={tenant}"),
            (None, Some(namespace)) => write!(f, "?namespace_id={namespace}"),
            (Some(tenant), Some(namespace)) => write!(f, "?tenant_id={tenant}&namespace_id={namespace}"),
        }
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// A number from 1 as it is written: no sign, no zero in front.
fn positive(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| *number > 0 && number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_none_of_the_five_forms_is_no_address() {
        for text in [
            "",
            "decision-gate://",
            "decision-gate:/docs/glossary.md",
            "file:///etc/passwd",
            "DECISION-GATE://docs/glossary.md",
            "decision-gate://secrets/x",
            "decision-gate://runs/",
            "decision-gate://runs/../packs/x",
            "decision-gate://runs/%2e%2e",
            "decision-gate://runs/a b",
            "decision-gate://runs/r/decisions/decision-0",
            "decision-gate://runs/r/decisions/decision-01",
            "decision-gate://runs/r/decisions/decision-+1",
            "decision-gate://runs/r/decisions/../x",
            "decision-gate://runs/r/decisions/decision-1/x",
            "decision-gate://runs/r#x",
            "decision-gate://runs/r?tenant_id=0",
            "decision-gate://runs/r?tenant_id=1&tenant_id=2",
            "decision-gate://runs/r?tenant_id=-1",
            "decision-gate://runs/r?namespace_id=9007199254740993",
            "decision-gate://runs/r?other=1",
            "decision-gate://runs/r?",
            "decision-gate://packs/a/b",
            "decision-gate://packs/a?tenant_id=1",
            "decision-gate://policies/abc",
            "decision-gate://docs/glossary.md?x=1",
        ] {
            assert_eq!(ResourceUri::parse(text), None, "{text}");
        }
        assert_eq!(ResourceUri::parse(&format!("decision-gate://docs/{}", "x".repeat(600))), None);
    }

    fn shelf() -> impl Strategy<Value = Shelf> {
        (proptest::option::of(1_u64..1 << 53), proptest::option::of(1_u64..9)).prop_map(|(tenant, namespace)| Shelf {
            tenant: tenant.and_then(TenantId::new),
            namespace: namespace.and_then(NamespaceId::new),
        })
    }

    fn address() -> impl Strategy<Value = ResourceUri> {
        let run = || "[A-Za-z0-9][A-Za-z0-9._:-]{0,20}".prop_map(|it| RunId::try_from(it.as_str()).unwrap());
        prop_oneof![
            ("[a-z/.]{1,20}", proptest::option::of("[a-z-]{1,9}"))
                .prop_map(|(path, section)| { ResourceUri::Page { path, section } }),
            (shelf(), run()).prop_map(|(shelf, run)| ResourceUri::Run { shelf, run }),
            (shelf(), run(), 1_u64..).prop_map(|(shelf, run, number)| ResourceUri::Decision { shelf, run, number }),
            "[A-Za-z0-9._-]{1,20}".prop_map(|name| ResourceUri::Pack { name }),
            (shelf(), any::<[u8; 32]>())
                .prop_map(|(shelf, bytes)| { ResourceUri::Policy { shelf, digest: Digest::from_bytes(bytes) } }),
        ]
    }

    proptest! {
        #[test]
        fn an_address_reads_back_as_what_it_names(address in address()) {
            prop_assert_eq!(ResourceUri::parse(&address.to_string()), Some(address));
        }

        /// One thing has one address: whatever is read is written again the same way.
        #[test]
        fn what_is_read_is_written_the_same(text in "decision-gate://(docs|runs|packs|policies)/[a-z0-9/.%?=&#_-]{0,30}") {
            if let Some(address) = ResourceUri::parse(&text) {
                prop_assert_eq!(address.to_string(), text);
            }
        }
    }
}
