//! A part of a JSON report, with the place where it stands.

use serde_json::Value;

use super::error::ReportError;

/// The largest count that JSON carries exactly.
const MAX_COUNT: u64 = 1 << 53;

/// A value and its place.
#[derive(Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    pointer: String,
}

impl<'a> Node<'a> {
    /// The whole of a document.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, pointer: String::new() }
    }

    /// A document of several, by its line.
    pub(super) fn line(value: &'a Value, index: usize) -> Self {
        Self { value, pointer: format!("line {}: ", index + 1) }
    }

    /// The value itself.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// Where a member stands, or should.
    pub(super) fn at(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }

    /// A member that may be missing or null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|it| !it.is_null())?;
        Some(Self { value, pointer: self.at(name) })
    }

    /// A member that must be there.
    pub(super) fn need(&self, name: &str) -> Result<Self, ReportError> {
        self.get(name).ok_or_else(|| ReportError::member(self.at(name), "there"))
    }

    /// An object that must be there.
    pub(super) fn object(&self, name: &str) -> Result<Self, ReportError> {
        let found = self.need(name)?;
        if found.value.is_object() { Ok(found) } else { Err(ReportError::member(found.pointer, "an object")) }
    }

    /// A text, where there is one.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.value.get(name).and_then(Value::as_str)
    }

    /// A count that must be there.
    pub(super) fn count(&self, name: &str) -> Result<u64, ReportError> {
        let found = self.need(name)?;
        let whole = found.value.as_u64().or_else(|| whole(found.value.as_f64()?));
        let count = whole.filter(|it| *it < MAX_COUNT);
        count.ok_or_else(|| ReportError::member(found.pointer, "a whole number of 0 or more"))
    }

    /// A count, 0 where it is not given.
    pub(super) fn count_or_none(&self, name: &str) -> Result<u64, ReportError> {
        if self.get(name).is_none() { Ok(0) } else { self.count(name) }
    }

    /// The items of an array that must be there.
    pub(super) fn array(&self, name: &str) -> Result<Vec<Self>, ReportError> {
        self.need(name)?.items()
    }

    /// The items of an array; none where it is missing.
    pub(super) fn array_or_none(&self, name: &str) -> Result<Vec<Self>, ReportError> {
        self.get(name).map_or(Ok(Vec::new()), |it| it.items())
    }

    /// The items of this array.
    pub(super) fn items(&self) -> Result<Vec<Self>, ReportError> {
        let items = self.value.as_array().ok_or_else(|| ReportError::member(&self.pointer, "an array"))?;
        let node = |(index, value)| Self { value, pointer: format!("{}/{index}", self.pointer) };
        Ok(items.iter().enumerate().map(node).collect())
    }

    /// The members of this object.
    pub(super) fn members(&self) -> Result<Vec<(&'a str, Self)>, ReportError> {
        let members = self.value.as_object().ok_or_else(|| ReportError::member(&self.pointer, "an object"))?;
        let node = |(name, value): (&'a String, &'a Value)| (name.as_str(), Self { value, pointer: self.at(name) });
        Ok(members.iter().map(node).collect())
    }
}

/// A whole number that is written with a point, such as `7.0`.
fn whole(number: f64) -> Option<u64> {
    let fits = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and in range")]
    fits.then_some(number as u64)
}
