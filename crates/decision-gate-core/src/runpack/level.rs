//! How far a proof reaches, as one word: facets in their order.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::{Facets, Level};

/// A level is reached when its facet, and those before it, are `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofLevel {
    /// `integrity`.
    Hashes,
    /// And `replay`.
    Replayed,
    /// And `signatures`.
    Signed,
    /// And `anchoring`.
    Anchored,
}

impl ProofLevel {
    /// All, lowest first.
    pub const ALL: [Self; 4] = [Self::Hashes, Self::Replayed, Self::Signed, Self::Anchored];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hashes => "hashes",
            Self::Replayed => "replayed",
            Self::Signed => "signed",
            Self::Anchored => "anchored",
        }
    }

    /// The highest level that is reached.
    pub(crate) fn reached(facets: &Facets) -> Option<Self> {
        let reached = [&facets.integrity, &facets.replay, &facets.signatures, &facets.anchoring];
        Self::ALL.into_iter().zip(reached).take_while(|(_, facet)| facet.level == Level::All).last().map(|(it, _)| it)
    }

    /// The facet that a level adds, and why it is no better.
    pub(crate) fn lacks(self, facets: &Facets) -> String {
        let named = [
            ("integrity", &facets.integrity),
            ("replay", &facets.replay),
            ("signatures", &facets.signatures),
            ("anchoring", &facets.anchoring),
        ];
        let short =
            Self::ALL.into_iter().zip(named).find(|(level, (_, facet))| *level <= self && facet.level != Level::All);
        short.map_or_else(String::new, |(_, (name, facet))| {
            format!("{name} is `{}`: {}", facet.level.word(), facet.reasons.join("; "))
        })
    }
}

/// A text that is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level is one of `hashes`, `replayed`, `signed`, `anchored`")]
pub struct ProofLevelFault;

impl FromStr for ProofLevel {
    type Err = ProofLevelFault;

    fn from_str(text: &str) -> Result<Self, ProofLevelFault> {
        Self::ALL.into_iter().find(|level| level.word() == text).ok_or(ProofLevelFault)
    }
}
