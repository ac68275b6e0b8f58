//! Who must have signed what. Said by the operator, never by a question.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use decision_gate_core::keys::KeyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may sign predicates of some types, and how many of them must.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignerRule {
    /// The predicate types that it is about.
    pub predicate_types: BTreeSet<String>,
    /// The keys that may sign them; each is also judged by what the keyring says of it.
    pub keys: BTreeSet<KeyId>,
    /// How many distinct keys must have signed the same value.
    #[serde(default = "one")]
    pub threshold: NonZeroUsize,
}

fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// The rules of one source of attestations: at most one for each predicate type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<SignerRule>", into = "Vec<SignerRule>")]
#[schemars(with = "Vec<SignerRule>")]
pub struct SignerRules(Vec<SignerRule>);

/// Why rules make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// No rule, so nothing would ever count.
    #[error("no signers are named, so no attestation could count")]
    Empty,
    /// A rule without predicate types or without keys.
    #[error("signer rule `{index}` names no `{list}`")]
    EmptyList {
        /// Which rule, from 0.
        index: usize,
        /// Which list.
        list: &'static str,
    },
    /// More keys asked for than there are.
    #[error("signer rule `{index}` asks for `{threshold}` keys and names `{keys}`")]
    Threshold {
        /// Which rule, from 0.
        index: usize,
        /// Asked for.
        threshold: usize,
        /// Named.
        keys: usize,
    },
    /// Two rules for one predicate type.
    #[error("two signer rules are about `{predicate_type}`")]
    Repeated {
        /// Which type.
        predicate_type: String,
    },
}

impl RulesError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "signers_missing",
            Self::EmptyList { .. } => "signers_list_empty",
            Self::Threshold { .. } => "signers_threshold_unreachable",
            Self::Repeated { .. } => "signers_repeated",
        }
    }
}

impl SignerRules {
    /// The rule for a predicate type.
    pub fn of_type(&self, predicate_type: &str) -> Option<&SignerRule> {
        self.0.iter().find(|rule| rule.predicate_types.contains(predicate_type))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SignerRule> {
        self.0.iter()
    }
}

impl TryFrom<Vec<SignerRule>> for SignerRules {
    type Error = RulesError;

    fn try_from(rules: Vec<SignerRule>) -> Result<Self, RulesError> {
        if rules.is_empty() {
            return Err(RulesError::Empty);
        }
        let mut seen = BTreeSet::new();
        for (index, rule) in rules.iter().enumerate() {
            let (threshold, keys) = (rule.threshold.get(), rule.keys.len());
            if keys == 0 || rule.predicate_types.is_empty() {
                let list = if keys == 0 { "keys" } else { "predicate_types" };
                return Err(RulesError::EmptyList { index, list });
            }
            if threshold > keys {
                return Err(RulesError::Threshold { index, threshold, keys });
            }
            if let Some(double) = rule.predicate_types.iter().find(|it| !seen.insert((*it).clone())) {
                return Err(RulesError::Repeated { predicate_type: double.clone() });
            }
        }
        Ok(Self(rules))
    }
}

impl From<SignerRules> for Vec<SignerRule> {
    fn from(rules: SignerRules) -> Self {
        rules.0
    }
}
