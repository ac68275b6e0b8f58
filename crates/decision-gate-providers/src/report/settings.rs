//! Settings of the provider `report`.

use std::collections::BTreeMap;

use decision_gate_attest::reports::Kind;
use serde_json::{Map, Value, json};

use super::place::{Place, Places};
use crate::json::Root;
use crate::{BuildError, roots};

/// Settings of the provider `report`. By default nothing may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSettings {
    /// The folders that may be read.
    pub roots: Vec<Root>,
    /// The most bytes that are read for one question, all files together.
    pub max_bytes: usize,
    /// The most files that are read for one question.
    pub max_files: usize,
    /// Where the reports of a kind are, for questions that do not say.
    pub sources: BTreeMap<Kind, ReportSource>,
}

/// Where reports are: what a question would say in its parameters, of which one of the three ways is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportSource {
    /// One file, relative to the root.
    pub file: Option<String>,
    /// Several files, whose reports are summed.
    pub files: Option<Vec<String>>,
    /// All files of a folder that fit; their reports are summed.
    pub glob: Option<String>,
    /// How many files must fit `glob`.
    pub at_least: Option<usize>,
    /// The format that they must be of; else the content says.
    pub format: Option<String>,
    /// The root of the files.
    pub root: Option<String>,
}

impl ReportSettings {
    /// The most bytes, where nothing else is said.
    pub const DEFAULT_MAX_BYTES: usize = 16_777_216;
    /// The most files, where nothing else is said.
    pub const DEFAULT_MAX_FILES: usize = 256;

    pub(super) fn check(&self) -> Result<(), BuildError> {
        if self.max_files == 0 {
            return Err(BuildError::LimitZero { key: "max_files" });
        }
        roots::check(&self.roots, self.max_bytes)?;
        self.places().map(drop)
    }

    /// The sources, read by the rules that parameters are read by.
    pub(super) fn places(&self) -> Result<Places, BuildError> {
        let place = |(kind, source): (&Kind, &ReportSource)| {
            let refused = |reason: String| BuildError::ReportSource { kind: kind.word(), reason };
            let place = Place::of(*kind, &source.params()).map_err(|fault| refused(fault.message))?;
            match &place.root {
                Some(root) if self.roots.iter().all(|it| it.root_id != *root) => {
                    Err(refused(format!("there is no root `{}`", crate::error::bounded(root))))
                }
                None if self.roots.len() > 1 => Err(refused("`root` is missing, and there are several".to_owned())),
                _ => Ok((*kind, place)),
            }
        };
        self.sources.iter().map(place).collect()
    }
}

impl ReportSource {
    /// As parameters of a question.
    pub(super) fn params(&self) -> Map<String, Value> {
        let text = |text: &Option<String>| text.as_ref().map(|it| json!(it));
        let members = [
            ("file", text(&self.file)),
            ("files", self.files.as_ref().map(|it| json!(it))),
            ("glob", text(&self.glob)),
            ("at_least", self.at_least.map(|it| json!(it))),
            ("format", text(&self.format)),
            ("root", text(&self.root)),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

impl Default for ReportSettings {
    fn default() -> Self {
        let (max_bytes, max_files) = (Self::DEFAULT_MAX_BYTES, Self::DEFAULT_MAX_FILES);
        Self { roots: Vec::new(), max_bytes, max_files, sources: BTreeMap::new() }
    }
}
