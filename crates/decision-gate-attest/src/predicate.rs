//! Reading members of a predicate, and why one is refused: always with the field named.

use decision_gate_core::at::Timestamp;
use serde_json::{Map, Value};

/// Why a predicate is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredicateFault {
    /// A member is not there.
    #[error("`{field}` is missing")]
    Missing {
        /// Which.
        field: String,
    },
    /// A member is of another kind or out of range.
    #[error("`{field}` must be {expected}")]
    Malformed {
        /// Which.
        field: String,
        /// What would do.
        expected: &'static str,
    },
    /// A member says something else than what the others come to.
    #[error("`{field}` is {stated}, and the other fields come to {computed}")]
    Inconsistent {
        /// Which.
        field: String,
        /// As stated.
        stated: String,
        /// As computed.
        computed: String,
    },
}

impl PredicateFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "predicate_field_missing",
            Self::Malformed { .. } => "predicate_field_malformed",
            Self::Inconsistent { .. } => "predicate_inconsistent",
        }
    }

    /// The field that it is about.
    pub fn field(&self) -> &str {
        match self {
            Self::Missing { field } | Self::Malformed { field, .. } | Self::Inconsistent { field, .. } => field,
        }
    }
}

/// A predicate, or a part of one.
#[derive(Clone, Copy)]
pub struct Members<'a> {
    members: &'a Map<String, Value>,
    within: &'a str,
}

impl<'a> Members<'a> {
    /// The members of a whole predicate.
    ///
    /// # Errors
    /// [`PredicateFault::Malformed`] where it is no object.
    pub fn of(value: &'a Value) -> Result<Self, PredicateFault> {
        let members = value.as_object();
        let members = members.ok_or(PredicateFault::Malformed { field: "predicate".into(), expected: "an object" })?;
        Ok(Self { members, within: "" })
    }

    /// Where a member stands, for faults.
    pub fn field(&self, name: &str) -> String {
        if self.within.is_empty() { name.to_owned() } else { format!("{}.{name}", self.within) }
    }

    /// A member that does not do.
    pub fn malformed(&self, name: &str, expected: &'static str) -> PredicateFault {
        PredicateFault::Malformed { field: self.field(name), expected }
    }

    /// A member that says something else than what the others come to.
    pub fn inconsistent(&self, name: &str, stated: &dyn ToString, computed: &dyn ToString) -> PredicateFault {
        PredicateFault::Inconsistent {
            field: self.field(name),
            stated: stated.to_string(),
            computed: computed.to_string(),
        }
    }

    /// A member that may be missing or null.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|it| !it.is_null())
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// [`PredicateFault::Missing`].
    pub fn need(&self, name: &str) -> Result<&'a Value, PredicateFault> {
        self.get(name).ok_or_else(|| PredicateFault::Missing { field: self.field(name) })
    }

    /// An object.
    ///
    /// # Errors
    /// [`PredicateFault`] where it is missing or none.
    pub fn object(&self, name: &'a str) -> Result<Self, PredicateFault> {
        let members = self.need(name)?.as_object().ok_or_else(|| self.malformed(name, "an object"))?;
        Ok(Self { members, within: name })
    }

    /// A text that is not empty.
    ///
    /// # Errors
    /// [`PredicateFault`] where it is missing or none.
    pub fn text(&self, name: &str) -> Result<&'a str, PredicateFault> {
        let text = self.need(name)?.as_str().filter(|it| !it.is_empty());
        text.ok_or_else(|| self.malformed(name, "a text that is not empty"))
    }

    /// A count: a whole number that JSON carries exactly.
    ///
    /// # Errors
    /// [`PredicateFault`] where it is missing or none.
    pub fn count(&self, name: &str) -> Result<u64, PredicateFault> {
        let count = self.need(name)?.as_u64().filter(|it| *it < 1 << 53);
        count.ok_or_else(|| self.malformed(name, "a whole number of 0 or more"))
    }

    /// A time as RFC 3339, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`PredicateFault`] where it is missing or none.
    pub fn time(&self, name: &str) -> Result<i64, PredicateFault> {
        match self.need(name)?.as_str().and_then(Timestamp::from_rfc3339) {
            Some(Timestamp::UnixMillis(millis)) => Ok(millis),
            Some(Timestamp::Logical(_)) | None => Err(self.malformed(name, "a time as RFC 3339")),
        }
    }

    /// Texts, none of them empty.
    ///
    /// # Errors
    /// [`PredicateFault`] where it is missing or no array of texts.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, PredicateFault> {
        let items = self.need(name)?.as_array().ok_or_else(|| self.malformed(name, "an array of texts"))?;
        let text = |it: &Value| it.as_str().filter(|it| !it.is_empty()).map(str::to_owned);
        items.iter().map(|it| text(it).ok_or_else(|| self.malformed(name, "an array of texts"))).collect()
    }

    /// The objects of an array.
    ///
    /// # Errors
    /// [`PredicateFault`] where it is missing or no array of objects.
    pub fn objects(&self, name: &'a str) -> Result<Vec<Self>, PredicateFault> {
        let items = self.need(name)?.as_array().ok_or_else(|| self.malformed(name, "an array of objects"))?;
        let object = |it: &'a Value| it.as_object().map(|members| Self { members, within: name });
        items.iter().map(|it| object(it).ok_or_else(|| self.malformed(name, "an array of objects"))).collect()
    }
}
