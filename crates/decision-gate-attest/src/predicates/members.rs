//! Members that may be left out. One that is there must be right all the same.

use crate::predicate::{Members, PredicateFault};

/// Reading what may be left out or null.
pub(super) trait Optional<'a>: Sized {
    /// An object.
    fn maybe_object(&self, name: &'a str) -> Result<Option<Self>, PredicateFault>;
    /// The objects of an array; none where it is left out.
    fn maybe_objects(&self, name: &'a str) -> Result<Vec<Self>, PredicateFault>;
    /// A text that is not empty.
    fn maybe_text(&self, name: &str) -> Result<Option<String>, PredicateFault>;
    /// Texts, none of them empty.
    fn maybe_texts(&self, name: &str) -> Result<Option<Vec<String>>, PredicateFault>;
    /// A time as RFC 3339, in the spelling that was signed.
    fn maybe_time(&self, name: &str) -> Result<Option<String>, PredicateFault>;
    /// The names of an object's members.
    fn names(&self, name: &str) -> Result<Vec<String>, PredicateFault>;
}

impl<'a> Optional<'a> for Members<'a> {
    fn maybe_object(&self, name: &'a str) -> Result<Option<Self>, PredicateFault> {
        self.get(name).map(|_| self.object(name)).transpose()
    }

    fn maybe_objects(&self, name: &'a str) -> Result<Vec<Self>, PredicateFault> {
        self.get(name).map_or_else(|| Ok(Vec::new()), |_| self.objects(name))
    }

    fn maybe_text(&self, name: &str) -> Result<Option<String>, PredicateFault> {
        self.get(name).map(|_| self.text(name).map(str::to_owned)).transpose()
    }

    fn maybe_texts(&self, name: &str) -> Result<Option<Vec<String>>, PredicateFault> {
        self.get(name).map(|_| self.texts(name)).transpose()
    }

    fn maybe_time(&self, name: &str) -> Result<Option<String>, PredicateFault> {
        self.get(name).map(|_| self.time(name)).transpose()?;
        self.maybe_text(name)
    }

    fn names(&self, name: &str) -> Result<Vec<String>, PredicateFault> {
        let members = self.need(name)?.as_object().ok_or_else(|| self.malformed(name, "an object"))?;
        Ok(members.keys().cloned().collect())
    }
}
