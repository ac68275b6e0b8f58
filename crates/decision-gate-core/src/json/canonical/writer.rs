//! The canonical form of any value that serde can write, without a tree of it in between.
//!
//! Members are written as they come, and put in order at the end of their object where they did not come in order. The
//! bytes are those of the tree, which a law holds: the tree's form is the definition, this one is only faster.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;
use serde::ser::{self, Error as _};
use serde_json::{Error, Value};

use super::{FIRST_UNORDERED, MAX_SAFE, print, write_integer, write_string};

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// Whether an integer is among them that JSON does not carry exactly.
    pub(super) doubtful: bool,
}

/// Writes `value`.
pub(super) fn written<T: Serialize + ?Sized>(value: &T) -> Result<Written, Error> {
    let mut written = Written { bytes: Vec::with_capacity(256), doubtful: false };
    value.serialize(&mut written)?;
    Ok(written)
}

/// Appends `value`; a value without a JSON form is `null`.
pub(super) fn append<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let start = out.len();
    let mut written = Written { bytes: std::mem::take(out), doubtful: false };
    let result = value.serialize(&mut written);
    *out = written.bytes;
    if result.is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

impl Written {
    fn integer(&mut self, negative: bool, magnitude: u64) {
        self.doubtful |= magnitude > MAX_SAFE;
        write_integer(negative, magnitude, &mut self.bytes);
    }
}

/// Wide integers are written if they fit into 64 bits, like serde's trees.
fn out_of_range() -> Error {
    Error::custom("number out of range")
}

impl<'a> ser::Serializer for &'a mut Written {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.bytes.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.integer(value < 0, value.unsigned_abs());
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        match (u64::try_from(value), i64::try_from(value)) {
            (Ok(value), _) => self.serialize_u64(value),
            (_, Ok(value)) => self.serialize_i64(value),
            _ => Err(out_of_range()),
        }
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.integer(false, value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.serialize_u64(u64::try_from(value).map_err(|_| out_of_range())?)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            print::double(value, |text| self.bytes.extend_from_slice(text.as_bytes()));
            return Ok(());
        }
        self.serialize_unit()
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        write_string(value, &mut self.bytes);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.bytes.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        open_variant(self, variant);
        value.serialize(&mut *self)?;
        self.bytes.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'a>, Error> {
        Ok(Items::open(self, false))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Items<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'a>, Error> {
        open_variant(self, variant);
        Ok(Items::open(self, true))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::open(self, false))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Members<'a>, Error> {
        Ok(Members::open(self, false))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Members<'a>, Error> {
        open_variant(self, variant);
        Ok(Members::open(self, true))
    }
}

/// `{"variant":`
fn open_variant(written: &mut Written, variant: &str) {
    written.bytes.push(b'{');
    write_string(variant, &mut written.bytes);
    written.bytes.push(b':');
}

/// An array that is being written.
pub(super) struct Items<'a> {
    written: &'a mut Written,
    empty: bool,
    in_variant: bool,
}

impl<'a> Items<'a> {
    fn open(written: &'a mut Written, in_variant: bool) -> Self {
        written.bytes.push(b'[');
        Self { written, empty: true, in_variant }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !std::mem::take(&mut self.empty) {
            self.written.bytes.push(b',');
        }
        value.serialize(&mut *self.written)
    }

    fn close(self) {
        self.written.bytes.extend_from_slice(if self.in_variant { b"]}" } else { b"]" });
    }
}

/// An object that is being written.
pub(super) struct Members<'a> {
    written: &'a mut Written,
    /// Where its first member begins.
    start: usize,
    members: Vec<(Cow<'static, str>, Range<usize>)>,
    key: Option<String>,
    in_variant: bool,
}

impl<'a> Members<'a> {
    fn open(written: &'a mut Written, in_variant: bool) -> Self {
        written.bytes.push(b'{');
        let start = written.bytes.len();
        Self { written, start, members: Vec::with_capacity(8), key: None, in_variant }
    }

    fn member<T: Serialize + ?Sized>(&mut self, key: Cow<'static, str>, value: &T) -> Result<(), Error> {
        if !self.members.is_empty() {
            self.written.bytes.push(b',');
        }
        let from = self.written.bytes.len();
        write_string(&key, &mut self.written.bytes);
        self.written.bytes.push(b':');
        value.serialize(&mut *self.written)?;
        self.members.push((key, from..self.written.bytes.len()));
        Ok(())
    }

    fn close(mut self) {
        if !self.members.is_sorted_by(|(left, _), (right, _)| order(left, right).is_lt()) {
            self.put_in_order();
        }
        self.written.bytes.extend_from_slice(if self.in_variant { b"}}" } else { b"}" });
    }

    /// Members in their order; of those with one key the last, as in a tree.
    fn put_in_order(&mut self) {
        self.members.sort_by(|(left, _), (right, _)| order(left, right));
        let (start, members) = (self.start, &self.members);
        let mut ordered = Vec::with_capacity(self.written.bytes.len() - start);
        for (number, (key, place)) in members.iter().enumerate() {
            if members.get(number + 1).is_some_and(|(next, _)| next == key) {
                continue;
            }
            if !ordered.is_empty() {
                ordered.push(b',');
            }
            ordered.extend_from_slice(self.written.bytes.get(place.clone()).unwrap_or_default());
        }
        self.written.bytes.truncate(start);
        self.written.bytes.append(&mut ordered);
    }
}

/// UTF-16 code units, as RFC 8785 demands. Bytes have the same order below the surrogates.
fn order(left: &str, right: &str) -> std::cmp::Ordering {
    let ordered = |key: &str| key.is_ascii() || key.bytes().all(|byte| byte < FIRST_UNORDERED);
    if ordered(left) && ordered(right) { left.cmp(right) } else { left.encode_utf16().cmp(right.encode_utf16()) }
}

/// What a key is as text. Whatever serde's trees refuse as a key is refused.
fn key_of<T: Serialize + ?Sized>(key: &T) -> Result<String, Error> {
    match serde_json::to_value(key)? {
        Value::String(text) => Ok(text),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Error::custom("key must be a string")),
    }
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(key_of(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().ok_or_else(|| Error::custom("a value without its key"))?;
        self.member(Cow::Owned(key), value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.member(Cow::Borrowed(key), value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.member(Cow::Borrowed(key), value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
