//! Before typing: ties each provider's `config` to the name that says which settings they are.

use super::BUILTIN;
use crate::decode::Found;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::tree::Tree;

/// Marks the `config` of each listed provider with its name. A provider of a name that there is not is noted and
/// taken out, since nothing can be said about its settings.
pub(crate) fn prepare(tree: &mut Tree, found: &mut Vec<Found>) {
    let Some(providers) = tree.get_mut("providers") else { return };
    for (index, provider) in providers.items_mut().iter_mut().enumerate() {
        let name = provider.get("name").and_then(Tree::text);
        if provider.get("type").and_then(Tree::text) == Some("mcp") {
            if let Some(name) = name.filter(|name| BUILTIN.contains(name)).map(str::to_owned) {
                let key = KeyPath::of_keys(["providers"]).index(index).key("name");
                let other = format!("name = \"{name}\"");
                found.push(Found { key, fault: Fault::Conflict { this: "type = \"mcp\"".to_owned(), other } });
                *provider = Tree::Removed;
                continue;
            }
            tie(provider, "mcp");
            continue;
        }
        let builtin = name.and_then(|name| BUILTIN.into_iter().find(|known| *known == name));
        let unknown = name.filter(|_| builtin.is_none()).map(str::to_owned);
        if let Some(name) = unknown {
            let key = KeyPath::of_keys(["providers"]).index(index).key("name");
            let known = BUILTIN.map(str::to_owned).to_vec();
            found.push(Found { key, fault: Fault::UnknownName { what: "built-in provider", name, known } });
            *provider = Tree::Removed;
            continue;
        }
        match builtin {
            Some(name) => tie(provider, name),
            // That the name is missing, or no name at all, is found when it is read.
            None => {
                if let Tree::Table(entries) = provider {
                    entries.insert("config".to_owned(), Tree::Named("time", Box::new(Tree::table())));
                }
            }
        }
    }
}

/// Marks the `config` of `provider`, an empty one if there is none, as settings of that name.
fn tie(provider: &mut Tree, name: &'static str) {
    let Tree::Table(entries) = provider else { return };
    let config = entries.remove("config").unwrap_or_else(Tree::table);
    entries.insert("config".to_owned(), Tree::Named(name, Box::new(config)));
}
