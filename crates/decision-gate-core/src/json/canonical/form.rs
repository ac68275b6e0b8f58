//! Canonical forms that types write themselves, for what is written and compared for every event.
//!
//! Members stand in the order of RFC 8785 in the code already, so nothing is sorted, moved or allocated. The form that
//! serde gives is the definition: wherever debug assertions are on, each form is held to it ([`append`]).

use serde::Serialize;
use serde_json::Value;

use super::{write, write_integer, write_string, writer};

/// Something that writes its own canonical form.
pub(crate) trait Form {
    /// Appends the form.
    fn form(&self, out: &mut Vec<u8>);

    /// Whether an object leaves the member out.
    fn is_left_out(&self) -> bool {
        false
    }
}

/// A member that is left out when there is nothing; a bare `Option` is null then.
pub(crate) struct Optional<'a, T>(pub(crate) &'a Option<T>);

/// The form that serde gives, for what is rare.
pub(crate) struct Plain<'a, T: ?Sized>(pub(crate) &'a T);

/// Bytes that are a canonical form already.
pub(crate) struct Written<'a>(pub(crate) &'a [u8]);

/// The canonical form of `value`.
pub(crate) fn formed<T: Form + Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    append(value, &mut out);
    out
}

/// Appends the canonical form of `value`.
pub(crate) fn append<T: Form + Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let start = out.len();
    value.form(out);
    debug_assert_eq!(
        out.get(start..).map(String::from_utf8_lossy),
        Some(String::from_utf8_lossy(&super::own(value))),
        "a form differs from what serde writes"
    );
}

/// Whether names stand as RFC 8785 sorts them; all of ours are ASCII.
pub(crate) const fn in_order(names: &[&str]) -> bool {
    let mut rest = names;
    while let [first, others @ ..] = rest {
        if let [second, ..] = others
            && !is_before(first.as_bytes(), second.as_bytes())
        {
            return false;
        }
        rest = others;
    }
    true
}

const fn is_before(mut left: &[u8], mut right: &[u8]) -> bool {
    loop {
        match (left, right) {
            ([], [_, ..]) => return true,
            (_, []) => return false,
            ([first, left_rest @ ..], [second, right_rest @ ..]) => {
                if *first != *second {
                    return *first < *second;
                }
                (left, right) = (left_rest, right_rest);
            }
        }
    }
}

/// Appends a member, `prefix` being its quoted name and the colon, and the comma behind it.
pub(crate) fn member<T: Form + ?Sized>(out: &mut Vec<u8>, prefix: &'static str, value: &T) {
    if !value.is_left_out() {
        out.extend_from_slice(prefix.as_bytes());
        value.form(out);
        out.push(b',');
    }
}

/// Closes an object after its last member.
pub(crate) fn close(out: &mut Vec<u8>) {
    match out.last_mut() {
        Some(last) if *last == b',' => *last = b'}',
        Some(_) | None => out.push(b'}'),
    }
}

/// Appends an object; its members stand in canonical order, or it does not compile.
macro_rules! object {
    ($out:expr, { $($name:literal: $value:expr),+ $(,)? }) => {{
        const { assert!($crate::json::canonical::form::in_order(&[$($name),+])) };
        let out: &mut Vec<u8> = $out;
        out.push(b'{');
        $($crate::json::canonical::form::member(out, concat!("\"", $name, "\":"), $value);)+
        $crate::json::canonical::form::close(out);
    }};
}
pub(crate) use object;

/// The form of an enumeration of words.
macro_rules! word_form {
    ($($type:ty),+) => {$(
        impl $crate::json::canonical::form::Form for $type {
            fn form(&self, out: &mut Vec<u8>) {
                self.word().form(out);
            }
        }
    )+};
}
pub(crate) use word_form;

impl<T: Form + ?Sized> Form for &T {
    fn form(&self, out: &mut Vec<u8>) {
        (**self).form(out);
    }

    fn is_left_out(&self) -> bool {
        (**self).is_left_out()
    }
}

impl Form for str {
    fn form(&self, out: &mut Vec<u8>) {
        write_string(self, out);
    }
}

impl Form for String {
    fn form(&self, out: &mut Vec<u8>) {
        write_string(self, out);
    }
}

impl Form for bool {
    fn form(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Form for u8 {
    fn form(&self, out: &mut Vec<u8>) {
        write_integer(false, u64::from(*self), out);
    }
}

impl Form for u32 {
    fn form(&self, out: &mut Vec<u8>) {
        write_integer(false, u64::from(*self), out);
    }
}

impl Form for u64 {
    fn form(&self, out: &mut Vec<u8>) {
        write_integer(false, *self, out);
    }
}

impl Form for i64 {
    fn form(&self, out: &mut Vec<u8>) {
        write_integer(*self < 0, self.unsigned_abs(), out);
    }
}

impl Form for Value {
    fn form(&self, out: &mut Vec<u8>) {
        write(self, out);
    }
}

impl<T: Form> Form for Option<T> {
    fn form(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.form(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Form> Form for [T] {
    fn form(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            item.form(out);
        }
        out.push(b']');
    }
}

impl<T: Form> Form for Vec<T> {
    fn form(&self, out: &mut Vec<u8>) {
        self.as_slice().form(out);
    }
}

impl<T: Form> Form for Optional<'_, T> {
    fn form(&self, out: &mut Vec<u8>) {
        self.0.form(out);
    }

    fn is_left_out(&self) -> bool {
        self.0.is_none()
    }
}

impl<T: Serialize + ?Sized> Form for Plain<'_, T> {
    fn form(&self, out: &mut Vec<u8>) {
        writer::append(self.0, out);
    }
}

impl Form for Written<'_> {
    fn form(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(form: &dyn Fn(&mut Vec<u8>)) -> String {
        let mut out = b"before".to_vec();
        form(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_object_has_its_members_and_leaves_out_what_is_optional() {
        let (none, some) = (None::<u64>, Some(7_u64));
        let all = |out: &mut Vec<u8>| {
            object!(out, {
                "a": &Optional(&none), "b": &some, "c": &none, "d": &Optional(&some), "e": "\"\n",
                "f": [true, false].as_slice(), "g": &json!({ "z": 1.0, "a": [] }), "h": &-3_i64, "i": &u64::MAX,
                "j": &Plain(&json!([1, { "b": 2, "a": 1 }])), "k": &Written(b"0"), "l": &Optional(&none),
            });
        };
        let wanted = concat!(
            r#"before{"b":7,"c":null,"d":7,"e":"\"\n","f":[true,false],"g":{"a":[],"z":1},"h":-3,"#,
            r#""i":18446744073709552000,"j":[1,{"a":1,"b":2}],"k":0}"#
        );
        assert_eq!(text(&all), wanted);
        assert_eq!(text(&|out| object!(out, { "a": &Optional(&none) })), "before{}");
    }

    #[test]
    fn order_is_that_of_bytes() {
        assert!(in_order(&["a", "ab", "b", "run", "run_id"]) && in_order(&[]) && in_order(&["x"]));
        assert!(!in_order(&["b", "a"]) && !in_order(&["a", "a"]) && !in_order(&["ab", "a"]));
    }
}
