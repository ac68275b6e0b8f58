//! Settings that the design has and the program has not yet. They are refused, not ignored: a configuration that
//! asks for something must not be answered as though it had got it. Each goes when its feature comes.

use crate::decode::Found;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::tree::Tree;

/// Notes the settings that are not supported yet and takes them out.
pub(crate) fn refuse(tree: &mut Tree, found: &mut Vec<Found>) {
    let mut refused = Vec::new();
    if let Some(Tree::List(providers)) = tree.get("providers") {
        for (index, provider) in providers.iter().enumerate() {
            let at = KeyPath::of_keys(["providers"]).index(index);
            if provider.get("type").and_then(Tree::text) == Some("mcp") {
                refused.push((at, "type", "a provider of type `mcp`"));
            }
        }
    }
    for (key, inner, what) in refused {
        tree.remove(&key);
        found.push(Found { key: key.key(inner), fault: Fault::NotSupportedYet { what } });
    }
}
