//! From a [`Tree`] to typed settings, finding every fault and not just the first.
//!
//! Serde stops at the first error. Here the faulty value is noted, taken out of the tree, so that its default
//! stands in for it, and the tree is read again until nothing is wrong. The result of a faulty tree is thrown away.

mod cursor;
mod failure;

use serde::de::DeserializeOwned;

use self::cursor::Cursor;
use crate::error::{Fault, MAX_ERRORS};
use crate::key_path::{KeyPath, Segment};
use crate::schema::Shapes;
use crate::tree::Tree;

/// A fault and the setting that it is about.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) key: KeyPath,
    pub(crate) fault: Fault,
}

/// The typed settings with defaults in place of what is faulty, and everything that is.
pub(crate) struct Decoded<T> {
    pub(crate) value: Option<T>,
    pub(crate) found: Vec<Found>,
}

pub(crate) fn decode<T: DeserializeOwned>(mut tree: Tree) -> Decoded<T> {
    let mut found = Vec::new();
    loop {
        match T::deserialize(Cursor::new(&tree)) {
            Ok(value) => return Decoded { value: Some(value), found },
            Err(failure) => {
                let Found { key, fault } = failure.into_found();
                let faults = all_missing(&tree, &key, fault);
                tree.remove(&key);
                let hopeless = key.is_root();
                for fault in faults {
                    if !follows(&key, &fault, &found) {
                        found.push(Found { key: key.clone(), fault });
                    }
                }
                if hopeless || found.len() > MAX_ERRORS {
                    return Decoded { value: None, found };
                }
            }
        }
    }
}

/// Serde names the first key that is missing; the schema knows the others.
fn all_missing(tree: &Tree, at: &KeyPath, fault: Fault) -> Vec<Fault> {
    let Fault::MissingKey { key: missing } = &fault else { return vec![fault] };
    let there = |key: &str| tree.at(at).is_some_and(|table| table.get(key).is_some());
    let required = Shapes::new().required(at, missing);
    let others = required.into_iter().filter(|key| key != missing && !there(key));
    let others: Vec<_> = others.map(|key| Fault::MissingKey { key }).collect();
    std::iter::once(fault).chain(others).collect()
}

/// Whether the fault at `key` only follows from one that was found before, since what was faulty was taken out: a
/// key that is missing now, or was meant by one that is unknown, or a table with nothing left in it.
fn follows(key: &KeyPath, fault: &Fault, found: &[Found]) -> bool {
    let parents = |earlier: &&Found| earlier.key.split_last().is_some_and(|(parents, _)| parents == key.segments());
    let mut inside = found.iter().filter(parents);
    if let Fault::MissingKey { key: missing } = fault {
        let step = Segment::Key(missing.clone());
        return inside.any(|earlier| {
            let stranger = matches!(earlier.fault, Fault::UnknownKey { .. });
            let meant = stranger && earlier.fault.nearest().as_ref() == Some(missing);
            meant || earlier.key.split_last().is_some_and(|(_, last)| *last == step)
        });
    }
    matches!(fault, Fault::Type { .. }) && inside.next().is_some()
}
