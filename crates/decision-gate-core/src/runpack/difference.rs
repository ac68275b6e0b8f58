//! Where two JSON documents begin to differ.

use serde_json::Value;

use crate::json::{self, pointer};

/// JSON Pointer of the first difference, in the order of the canonical form; `None` when there is none.
pub(crate) fn first(left: &Value, right: &Value) -> Option<String> {
    let mut path = String::new();
    differ(left, right, &mut path).then_some(path)
}

/// JSON Pointers of all places at which two documents differ, none within another. A member or an element that only one
/// of them has is one place.
pub(crate) fn all(left: &Value, right: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(left, right, &mut String::new(), &mut found);
    found
}

fn collect(left: &Value, right: &Value, path: &mut String, found: &mut Vec<String>) {
    let length = path.len();
    let mut below = |left: Option<&Value>, right: Option<&Value>, path: &mut String| {
        match (left, right) {
            (Some(left), Some(right)) => collect(left, right, path, found),
            (None, None) => {}
            _ => found.push(path.clone()),
        }
        path.truncate(length);
    };
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            for index in 0..left.len().max(right.len()) {
                pointer::push_index(path, index);
                below(left.get(index), right.get(index), path);
            }
        }
        (Value::Object(left), Value::Object(right)) => {
            let names: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
            for name in names {
                pointer::push_key(path, name);
                below(left.get(name), right.get(name), path);
            }
        }
        _ if left != right => found.push(path.clone()),
        _ => {}
    }
}

/// The same for two texts; the whole document where one of them does not read.
pub(crate) fn first_in_bytes(left: &[u8], right: &[u8]) -> String {
    let read = |bytes| json::parse(bytes, &json::Limits::message(usize::MAX)).ok().map(|it| it.value);
    match (read(left), read(right)) {
        (Some(left), Some(right)) => first(&left, &right).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Leaves `path` at the first difference.
fn differ(left: &Value, right: &Value, path: &mut String) -> bool {
    let length = path.len();
    let below = |push: &dyn Fn(&mut String), left: Option<&Value>, right: Option<&Value>, path: &mut String| {
        push(path);
        let found = match (left, right) {
            (Some(left), Some(right)) => differ(left, right, path),
            (None, None) => false,
            _ => true,
        };
        if !found {
            path.truncate(length);
        }
        found
    };
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => (0..left.len().max(right.len()))
            .any(|index| below(&|path| pointer::push_index(path, index), left.get(index), right.get(index), path)),
        (Value::Object(left), Value::Object(right)) => {
            let mut names: Vec<_> = left.keys().chain(right.keys()).collect();
            names.sort_unstable();
            names.dedup();
            names
                .into_iter()
                .any(|name| below(&|path| pointer::push_key(path, name), left.get(name), right.get(name), path))
        }
        _ => left != right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_listed_once() {
        let read = |text| serde_json::from_str::<Value>(text).unwrap();
        let (left, right) = (read(r#"{"a":[1,2,3],"b":{"c":1},"d":1}"#), read(r#"{"a":[1,9],"b":{"c":[]},"e":1}"#));
        assert_eq!(all(&left, &right), ["/a/1", "/a/2", "/b/c", "/d", "/e"]);
    }

    #[test]
    fn the_first_difference_has_a_place() {
        for (left, right, at) in [
            ("1", "1", None),
            ("1", "2", Some("")),
            (r#"{"a":[1,{"b":2}]}"#, r#"{"a":[1,{"b":3}]}"#, Some("/a/1/b")),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#, Some("/b")),
            ("[1,2]", "[1]", Some("/1")),
            (r#"{"x/y":1}"#, r#"{"x/y":[]}"#, Some("/x~1y")),
        ] {
            let read = |text| serde_json::from_str::<Value>(text).unwrap();
            assert_eq!(first(&read(left), &read(right)).as_deref(), at, "{left} {right}");
            assert_eq!(all(&read(left), &read(right)).first().map(String::as_str), at, "{left} {right}");
        }
    }
}
