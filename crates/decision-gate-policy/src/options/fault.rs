//! What is wrong with a document of options, and where.

/// What is wrong with a document of options.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionFault {
    /// A key that means nothing there.
    #[error("`{path}` is no option")]
    UnknownKey {
        /// Where, the key included: `PolicyGates.BeaconRate.Enbled`.
        path: String,
        /// The key that was meant, perhaps.
        nearest: Option<String>,
        /// What may stand there.
        allowed: Vec<String>,
    },
    /// A value of another kind, outside its range or none of its words.
    #[error("`{path}` must be {expected}, not `{found}`")]
    Value {
        /// Where.
        path: String,
        /// What was there, cut short.
        found: String,
        /// What would do.
        expected: String,
    },
}

impl OptionFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey { .. } => "policy_unknown_key",
            Self::Value { .. } => "policy_invalid_value",
        }
    }

    /// The key path, for whoever knows the position in the file.
    pub fn path(&self) -> &str {
        match self {
            Self::UnknownKey { path, .. } | Self::Value { path, .. } => path,
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownKey { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownKey { allowed, .. } => {
                let allowed: Vec<_> = allowed.iter().map(|it| format!("`{it}`")).collect();
                format!("allowed are {}", allowed.join(", "))
            }
            Self::Value { expected, .. } => format!("write {expected}"),
        }
    }

    /// A value that does not do, from a path within a gate's options.
    pub fn value(path: impl Into<String>, found: &serde_json::Value, expected: impl Into<String>) -> Self {
        let found = match found {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Self::Value { path: path.into(), found: found.chars().take(64).collect(), expected: expected.into() }
    }

    /// The same fault, further out.
    pub(crate) fn moved(self, to: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::UnknownKey { path, nearest, allowed } => Self::UnknownKey { path: to(&path), nearest, allowed },
            Self::Value { path, found, expected } => Self::Value { path: to(&path), found, expected },
        }
    }
}

/// The word that was meant, perhaps.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let lower = word.to_lowercase();
    let near = known.map(|it| (strsim::damerau_levenshtein(&lower, &it.to_lowercase()), it));
    let (distance, best) = near.min()?;
    (distance <= 2.max(word.chars().count() / 3)).then(|| best.to_owned())
}
