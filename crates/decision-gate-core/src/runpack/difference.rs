//! Where two JSON documents begin to differ.

use serde_json::Value;

use crate::json::{self, pointer};

/// JSON Pointer of the first difference, in the order of the canonical form; `None` when there is none.
pub(crate) fn first(left: &Value, right: &Value) -> Option<String> {
    let mut path = String::new();
    differ(left, right, &mut path).then_some(path)
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
        }
    }
}
