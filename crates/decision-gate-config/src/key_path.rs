//! Where a setting lives: `providers[0].config.roots[1].path`.
//!
//! One spelling for error messages, origins and `config show`. Keys that are not plain words are quoted as TOML
//! quotes them, so that a map key with a dot in it can't be mistaken for two levels.

use std::fmt;

/// One step down into the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Into a table, by key.
    Key(String),
    /// Into a list, by position from 0.
    Index(usize),
}

/// The way from the root of the configuration to one setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<Segment>);

impl KeyPath {
    /// The configuration as a whole.
    pub const ROOT: Self = Self(Vec::new());

    /// A path through tables only.
    pub fn of_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(|key| Segment::Key(key.to_owned())).collect())
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether it names the configuration as a whole.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The setting `key` within the table that `self` names.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.with(Segment::Key(key.into()))
    }

    /// The item at `index` of the list that `self` names.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// The first key: which section the setting belongs to.
    pub fn section(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Key(key)) => Some(key),
            Some(Segment::Index(_)) | None => None,
        }
    }

    /// The table or list around the setting, and the last step to it.
    pub(crate) fn split_last(&self) -> Option<(&[Segment], &Segment)> {
        self.0.split_last().map(|(last, parents)| (parents, last))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl From<Vec<Segment>> for KeyPath {
    fn from(segments: Vec<Segment>) -> Self {
        Self(segments)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if depth > 0 {
                        f.write_str(".")?;
                    }
                    let plain =
                        !key.is_empty() && key.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-'));
                    if plain { f.write_str(key)? } else { write!(f, "{key:?}")? }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_not_plain_words_are_quoted() {
        let path = KeyPath::of_keys(["trust", "provider_trust_overrides", "a.b"]).index(2).key("x");
        assert_eq!(path.to_string(), r#"trust.provider_trust_overrides."a.b"[2].x"#);
        assert_eq!(KeyPath::ROOT.to_string(), "");
        assert_eq!(path.section(), Some("trust"));
    }
}
