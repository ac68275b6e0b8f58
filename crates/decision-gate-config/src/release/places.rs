//! From the path of an option, `PolicyGates.VexTrust.AcceptableFreshness[0]`, to steps into a document.
//!
//! Names of tenants and of log categories may have dots, so the document says where one step ends.

use serde_json::Value;

use crate::key_path::{KeyPath, Segment};

/// The steps as far as the document has them, and whether that is all of the path.
pub(crate) fn steps(path: &str, document: &Value) -> (KeyPath, bool) {
    let (mut steps, mut at, mut rest) = (Vec::new(), document, path);
    while !rest.is_empty() {
        let Some((segment, inner, left)) = step(rest, at) else { return (KeyPath::from(steps), false) };
        steps.push(segment);
        (at, rest) = (inner, left);
    }
    (KeyPath::from(steps), true)
}

/// One step, what it leads to, and what is left of the path.
fn step<'a, 'p>(path: &'p str, at: &'a Value) -> Option<(Segment, &'a Value, &'p str)> {
    if let Some(rest) = path.strip_prefix('[') {
        let (index, rest) = rest.split_once(']')?;
        let index: usize = index.parse().ok()?;
        return Some((Segment::Index(index), at.get(index)?, rest.strip_prefix('.').unwrap_or(rest)));
    }
    let fits = |key: &&String| {
        path.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    // The longest: a tenant `a` and a tenant `a.b` may stand side by side.
    let key = at.as_object()?.keys().filter(fits).max_by_key(|key| key.len())?;
    let rest = path.strip_prefix(key.as_str())?;
    Some((Segment::Key(key.clone()), at.get(key)?, rest.strip_prefix('.').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_may_have_dots() {
        let document = json!({ "a": { "b.c": { "d": [1, { "e": 2 }] }, "b": {} } });
        for (path, steps_there, whole) in [
            ("a.b.c.d[1].e", "a.\"b.c\".d[1].e", true),
            ("a.b.c.d[2]", "a.\"b.c\".d", false),
            ("a.b.x", "a.b", false),
            ("", "", true),
        ] {
            let (found, all) = steps(path, &document);
            assert_eq!((found.to_string().as_str(), all), (steps_there, whole), "{path}");
        }
    }
}
