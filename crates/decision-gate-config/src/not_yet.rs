//! Settings that the design has and the program has not yet. They are refused, not ignored: a configuration that
//! asks for signatures must not be answered as though it had got them. Each goes when its feature comes.

use crate::decode::Found;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::tree::Tree;

/// Notes the settings that are not supported yet and takes them out.
pub(crate) fn refuse(tree: &mut Tree, found: &mut Vec<Found>) {
    let mut refused = Vec::new();
    let default_policy = KeyPath::of_keys(["trust", "default_policy"]);
    if let Some(trust) = tree.get("trust") {
        refuse_signatures(trust, "default_policy", default_policy, &mut refused);
    }
    if let Some(Tree::List(providers)) = tree.get("providers") {
        for (index, provider) in providers.iter().enumerate() {
            let at = KeyPath::of_keys(["providers"]).index(index);
            refuse_signatures(provider, "trust", at.key("trust"), &mut refused);
        }
    }
    for (key, what) in refused {
        tree.remove(&key);
        found.push(Found { key, fault: Fault::NotSupportedYet { what } });
    }
}

type Refused = (KeyPath, &'static str);

fn refuse_signatures(table: &Tree, key: &str, path: KeyPath, refused: &mut Vec<Refused>) {
    if table.get(key).and_then(|policy| policy.get("require_signature")).is_some() {
        refused.push((path, "`require_signature`"));
    }
}
