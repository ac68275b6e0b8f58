//! One file a section: its keys, their types, ranges and defaults, and what must hold between them.
//!
//! A new section is a file here and a line in [`crate::Config`]. Reader, schema, environment variables, flags and
//! `config show` follow from the types.

pub mod anchors;
pub mod environments;
pub mod evidence;
pub mod ledger;
pub mod limits;
pub mod logging;
pub mod policy;
pub mod providers;
pub mod release;
pub mod rules;
pub mod runpacks;
pub mod scenarios;
pub mod schemas;
pub mod server;
pub mod store;
pub mod telemetry;
pub mod tenants;
pub mod time;
pub mod trust;

use crate::decode::Found;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::values::ConfigPath;

/// What a section can say beyond the types of its keys.
pub(crate) trait Section {
    /// Notes what does not fit together.
    fn check(&self, _checks: &mut Checks) {}

    /// Its paths, so that they can be made absolute.
    fn paths<'a>(&'a mut self, _at: &KeyPath, _paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {}
}

/// What checks found, and where they are looking.
pub(crate) struct Checks {
    at: KeyPath,
    found: Vec<Found>,
}

impl Checks {
    pub(crate) fn new() -> Self {
        Self { at: KeyPath::ROOT, found: Vec::new() }
    }

    /// Looks into the table or value at `key`.
    pub(crate) fn key(&mut self, key: &str, look: impl FnOnce(&mut Self)) {
        self.step(self.at.key(key), look);
    }

    /// Looks into each item of the list at the current place.
    pub(crate) fn items<T>(&mut self, items: &[T], mut look: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            self.step(self.at.index(index), |checks| look(checks, item));
        }
    }

    /// Notes that `what`, which must be unique, is there twice among the items of the list at the current place;
    /// `key` is where in an item it stands, or empty for the item itself.
    pub(crate) fn unique<T>(&mut self, items: &[T], what: &'static str, key: &str, name: impl Fn(&T) -> String) {
        let mut seen = std::collections::BTreeSet::new();
        self.items(items, |checks, item| {
            let name = name(item);
            if !seen.insert(name.clone()) {
                let fault = Fault::Duplicate { what, name };
                if key.is_empty() { checks.report(fault) } else { checks.key(key, |checks| checks.report(fault)) }
            }
        });
    }

    /// Notes a fault at the current place.
    pub(crate) fn report(&mut self, fault: Fault) {
        self.found.push(Found { key: self.at.clone(), fault });
    }

    pub(crate) fn into_found(self) -> Vec<Found> {
        self.found
    }

    fn step(&mut self, to: KeyPath, look: impl FnOnce(&mut Self)) {
        let back = std::mem::replace(&mut self.at, to);
        look(self);
        self.at = back;
    }
}
