//! The kinds of faults, their codes and their hints.

use std::path::PathBuf;

use decision_gate_policy::options::OptionFault;

use crate::near;

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No such key at this level.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// As it was written.
        key: String,
        /// The keys that may stand there.
        allowed: Vec<String>,
        /// Where the setting that was meant stands, if it is another level.
        elsewhere: Option<String>,
    },
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What may stand there.
        expected: String,
        /// What does.
        found: String,
    },
    /// A number outside its range.
    #[error("`{found}` is out of range, expected {expected}")]
    Range {
        /// What may stand there.
        expected: String,
        /// What does.
        found: String,
    },
    /// A word that is not one of the few that may stand there.
    #[error("`{found}` is not one of the allowed values")]
    Choice {
        /// As it was written.
        found: String,
        /// The words that may stand there.
        allowed: Vec<String>,
    },
    /// A text that does not fit its grammar; the grammar says how.
    #[error("{problem}")]
    Grammar {
        /// What the checked type said.
        problem: String,
    },
    /// A key without which the table means nothing.
    #[error("key `{key}` is missing")]
    MissingKey {
        /// Its name.
        key: String,
    },
    /// A table that needs one of several keys and has none.
    #[error("at least one of {} is needed", join(keys))]
    MissingOneOf {
        /// Their names.
        keys: Vec<String>,
    },
    /// Something that must be unique is there twice.
    #[error("duplicate {what}: {name}")]
    Duplicate {
        /// What must be unique.
        what: &'static str,
        /// What is there twice.
        name: String,
    },
    /// Two settings that exclude each other.
    #[error("`{this}` cannot stand together with `{other}`")]
    Conflict {
        /// The one.
        this: String,
        /// The other.
        other: String,
    },
    /// A name that points at nothing.
    #[error("no {what} is named `{name}`")]
    UnknownName {
        /// What it should name.
        what: &'static str,
        /// As it was written.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A relative path, and no file whose folder it could be relative to.
    #[error("`{path}` is relative and there is no configuration file to be relative to")]
    RelativePath {
        /// As it was written.
        path: String,
    },
    /// An option of a release policy.
    #[error("{fault}")]
    Option {
        /// What is wrong with it.
        fault: OptionFault,
        /// The words that may stand there, if it is about a word.
        allowed: Vec<String>,
    },
    /// A policy that is not the one that is pinned.
    #[error("the policy has the digest `{found}`, pinned is `{pinned}`")]
    PolicyDigest {
        /// What must be.
        pinned: String,
        /// What is.
        found: String,
    },
    /// A policy, or the issuer directory, where evidence is read from.
    #[error("`{path}` lies in, or is reached through, the evidence root `{root}`")]
    InEvidenceRoot {
        /// As it leads.
        path: String,
        /// Which folder of evidence.
        root: String,
    },
    /// Something about the file as a whole.
    #[error(transparent)]
    File(#[from] FileFault),
}

/// What is wrong with a file as a whole; which file, the origin says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// There is no such file.
    #[error("no such file")]
    NotFound,
    /// It is there and can't be read.
    #[error("the file cannot be read: {reason}")]
    Unreadable {
        /// What the system said.
        reason: String,
    },
    /// A folder, a pipe or a device.
    #[error("not a regular file")]
    NotAFile,
    /// Over the size limit.
    #[error("the file is over the limit of `{limit}` bytes")]
    TooLarge {
        /// The most bytes that are read.
        limit: u64,
    },
    /// Not UTF-8.
    #[error("the file is not utf-8 at byte `{offset}`")]
    NotUtf8 {
        /// The first byte that is wrong.
        offset: usize,
    },
    /// An extension that names none of the formats.
    #[error("the extension names none of the formats")]
    UnknownFormat,
    /// Two files in one folder, and no telling which is meant.
    #[error("`{}` is there too", other.display())]
    Ambiguous {
        /// The one that the origin does not name.
        other: PathBuf,
    },
    /// Not well-formed TOML, YAML or JSON.
    #[error("{problem}")]
    Syntax {
        /// What the parser said.
        problem: String,
    },
    /// A default path lies in the home directory and there is none.
    #[error("there is no home directory to keep {what} in")]
    NoHome {
        /// What should be kept there.
        what: &'static str,
    },
    /// An environment variable that is not text.
    #[error("the value is not utf-8")]
    VariableNotUtf8,
}

impl Fault {
    /// A fault about an option of a release policy.
    pub(crate) fn option(fault: OptionFault) -> Self {
        let allowed = match &fault {
            OptionFault::UnknownKey { allowed, .. } => allowed.clone(),
            OptionFault::Value { expected, .. } => expected.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        };
        Self::Option { fault, allowed }
    }

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey { .. } => "config_unknown_key",
            Self::Type { .. } => "config_type",
            Self::Range { .. } => "config_range",
            Self::Choice { .. } => "config_choice",
            Self::Grammar { .. } => "config_value",
            Self::MissingKey { .. } | Self::MissingOneOf { .. } => "config_missing_key",
            Self::Duplicate { .. } => "config_duplicate",
            Self::Conflict { .. } => "config_conflict",
            Self::UnknownName { .. } => "config_unknown_name",
            Self::RelativePath { .. } => "config_relative_path",
            Self::Option { fault, .. } => fault.code(),
            Self::PolicyDigest { .. } => "policy_pin_mismatch",
            Self::InEvidenceRoot { .. } => "policy_in_evidence_root",
            Self::File(fault) => fault.code(),
        }
    }

    /// What may stand there, if it is a short list.
    pub fn allowed(&self) -> &[String] {
        match self {
            Self::UnknownKey { allowed: words, .. }
            | Self::Choice { allowed: words, .. }
            | Self::UnknownName { known: words, .. }
            | Self::Option { allowed: words, .. }
            | Self::MissingOneOf { keys: words } => words,
            Self::Type { .. }
            | Self::Range { .. }
            | Self::Grammar { .. }
            | Self::MissingKey { .. }
            | Self::Duplicate { .. }
            | Self::Conflict { .. }
            | Self::RelativePath { .. }
            | Self::PolicyDigest { .. }
            | Self::InEvidenceRoot { .. }
            | Self::File(_) => &[],
        }
    }

    /// The valid word that was probably meant.
    pub fn nearest(&self) -> Option<String> {
        let found = match self {
            Self::UnknownKey { elsewhere: Some(elsewhere), .. } => return Some(elsewhere.clone()),
            Self::Option { fault: OptionFault::UnknownKey { nearest, .. }, .. } => return nearest.clone(),
            Self::Option { fault: OptionFault::Value { found, .. }, .. } => found,
            Self::UnknownKey { key: found, .. }
            | Self::Choice { found, .. }
            | Self::UnknownName { name: found, .. } => found,
            Self::Type { .. }
            | Self::Range { .. }
            | Self::Grammar { .. }
            | Self::MissingKey { .. }
            | Self::MissingOneOf { .. }
            | Self::Duplicate { .. }
            | Self::Conflict { .. }
            | Self::RelativePath { .. }
            | Self::PolicyDigest { .. }
            | Self::InEvidenceRoot { .. }
            | Self::File(_) => return None,
        };
        near::nearest(found, self.allowed().iter().map(String::as_str))
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { elsewhere: Some(elsewhere), .. } => Some(format!("that setting is `{elsewhere}` here")),
            Self::UnknownKey { .. } | Self::Choice { .. } => words(self.nearest(), "allowed", self.allowed()),
            Self::UnknownName { what, known, .. } => {
                let known = words(self.nearest(), "known", known);
                let declare = what.split_once(" under ").map(|(_, place)| format!("declare it under {place}"));
                let both: Vec<String> = known.into_iter().chain(declare).collect();
                (!both.is_empty()).then(|| both.join("; or "))
            }
            Self::RelativePath { .. } => Some("give an absolute path".to_owned()),
            Self::Option { fault: OptionFault::UnknownKey { .. }, allowed } => {
                words(self.nearest(), "allowed", allowed)
            }
            Self::Option { fault: OptionFault::Value { .. }, .. } => words(self.nearest(), "allowed", &[]),
            Self::PolicyDigest { .. } => {
                Some("look at what changed, then pin the new digest, or put the policy back".to_owned())
            }
            Self::InEvidenceRoot { .. } => Some("keep it where whoever hands in evidence cannot write".to_owned()),
            Self::File(fault) => fault.hint().map(str::to_owned),
            Self::Type { .. }
            | Self::Range { .. }
            | Self::Grammar { .. }
            | Self::MissingKey { .. }
            | Self::MissingOneOf { .. }
            | Self::Duplicate { .. }
            | Self::Conflict { .. } => None,
        }
    }
}

impl FileFault {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "config_not_found",
            Self::Unreadable { .. } | Self::NotAFile => "config_unreadable",
            Self::TooLarge { .. } => "config_too_large",
            Self::NotUtf8 { .. } | Self::VariableNotUtf8 => "config_not_utf8",
            Self::UnknownFormat => "config_unknown_format",
            Self::Ambiguous { .. } => "config_ambiguous",
            Self::Syntax { .. } => "config_syntax",
            Self::NoHome { .. } => "config_no_home",
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("check the path, or write one with `decision-gate init`"),
            Self::UnknownFormat => Some("name it `.toml`, `.yaml`, `.yml` or `.json`"),
            Self::Ambiguous { .. } => Some("remove one, or name one with `--config`"),
            Self::NoHome { .. } => Some("set the path in the configuration, or XDG_STATE_HOME or HOME"),
            Self::Unreadable { .. }
            | Self::NotAFile
            | Self::TooLarge { .. }
            | Self::NotUtf8 { .. }
            | Self::Syntax { .. }
            | Self::VariableNotUtf8 => None,
        }
    }
}

fn words(nearest: Option<String>, label: &str, list: &[String]) -> Option<String> {
    let list = (!list.is_empty()).then(|| format!("{label}: {}", join(list)));
    match (nearest, list) {
        (Some(nearest), Some(list)) => Some(format!("did you mean `{nearest}`? {list}")),
        (Some(nearest), None) => Some(format!("did you mean `{nearest}`?")),
        (None, list) => list,
    }
}

fn join(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
