//! Settings of the provider `attestation`, which brings DSSE envelopes and bundles from the folders named here.
//!
//! Who must have signed what stands beside them, and goes into the policy that every decision names.

use std::collections::BTreeSet;

use decision_gate_core::keys::KeyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::JsonRoot;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::sections::trust::TrustKey;
use crate::values::{Bounded, ConfigPath};

/// Settings of the provider `attestation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttestationSettings {
    /// The folders that may be read.
    pub roots: Vec<JsonRoot>,
    /// The most bytes that are read for one question, all files together.
    pub max_bytes: Bounded<1, 16_777_216, 524_288>,
    /// The most files that are read for one question.
    pub max_files: Bounded<1, 10_000, 256>,
    /// Who must have signed what.
    pub signers: Vec<Signers>,
}

/// Who may sign predicates of some types, and how many of them must.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signers {
    /// The predicate types that it is about; each in one entry at most.
    #[schemars(length(min = 1))]
    pub predicate_types: BTreeSet<String>,
    /// Ids of the keys under `trust.keys` that may sign them.
    #[schemars(length(min = 1))]
    pub keys: BTreeSet<KeyId>,
    /// How many distinct keys must have signed the same value.
    #[serde(default)]
    pub threshold: Bounded<1, 32, 1>,
}

impl AttestationSettings {
    /// The rules as they stand in the policy.
    pub fn signer_rules(&self) -> Value {
        let rule = |rule: &Signers| {
            json!({
                "predicate_types": rule.predicate_types,
                "keys": rule.keys,
                "threshold": rule.threshold.get(),
            })
        };
        self.signers.iter().map(rule).collect()
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        for (key, empty) in [("roots", self.roots.is_empty()), ("signers", self.signers.is_empty())] {
            if empty {
                checks.report(Fault::MissingKey { key: key.to_owned() });
            }
        }
        self.check_lists(checks);
    }

    /// Notes what is wrong with the roots and the rules that there are.
    pub(crate) fn check_lists(&self, checks: &mut Checks) {
        checks.key("roots", |checks| {
            checks.unique(&self.roots, "root_id", "root_id", |root| root.root_id.as_str().to_owned());
        });
        let mut seen = BTreeSet::new();
        checks.key("signers", |checks| {
            checks.items(&self.signers, |checks, rule| {
                for (key, empty) in
                    [("predicate_types", rule.predicate_types.is_empty()), ("keys", rule.keys.is_empty())]
                {
                    if empty {
                        let (expected, found) = ("at least one".to_owned(), "an empty list".to_owned());
                        checks.key(key, |checks| checks.report(Fault::Type { expected, found }));
                    }
                }
                let twice = rule.predicate_types.iter().find(|kind| !seen.insert((*kind).clone()));
                if let Some(kind) = twice {
                    let (what, name) = ("predicate type with signers", kind.clone());
                    checks.key("predicate_types", |checks| checks.report(Fault::Duplicate { what, name }));
                }
                if rule.threshold.as_usize() > rule.keys.len() && !rule.keys.is_empty() {
                    let expected = format!("at most `{}`, the number of `keys`", rule.keys.len());
                    let found = rule.threshold.get().to_string();
                    checks.key("threshold", |checks| checks.report(Fault::Range { expected, found }));
                }
            });
        });
    }

    /// Notes every key that there is not: nothing that it signed would ever count.
    pub(crate) fn check_keys(&self, known: &[TrustKey], checks: &mut Checks) {
        checks.key("signers", |checks| {
            checks.items(&self.signers, |checks, rule| {
                let unknown = rule.keys.iter().find(|id| !known.iter().any(|key| key.key_id == **id));
                if let Some(id) = unknown {
                    let known = known.iter().map(|key| key.key_id.to_string()).collect();
                    let what = "key under `trust.keys`";
                    checks.key("keys", |it| it.report(Fault::UnknownName { what, name: id.to_string(), known }));
                }
            });
        });
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        let roots = at.key("roots");
        let each = self.roots.iter_mut().enumerate();
        paths.extend(each.map(|(index, root)| (roots.index(index).key("path"), &mut root.path)));
    }
}
