//! Where reports are and what they must be: what the parameters of a question say, or the settings in their place.
//!
//! Both are read by the same rules, so that a default opens nothing that a question could not name.

use std::collections::BTreeMap;
use std::fmt;

use decision_gate_attest::reports::{self, Format, Kind, ReportError};
use decision_gate_core::evidence::Fault;
use serde_json::{Map, Value};

use super::fault::ReportFault;
use crate::error::bounded;
use crate::json::relative::RelativePath;
use crate::params;
use crate::refusal::fault;

/// Most files of a list.
const MAX_LIST: usize = 256;

/// The three ways to say where; one of them is used.
pub(super) const WAYS: [&str; 3] = ["file", "files", "glob"];

/// The places that are read where a question does not say.
pub(super) type Places = BTreeMap<Kind, Place>;

/// Where reports are, and of which format they must be.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) format: Option<&'static Format>,
    pub(super) root: Option<String>,
}

/// Where to look.
#[derive(Clone, Debug)]
pub(super) enum Source {
    File(RelativePath),
    Files(Vec<RelativePath>),
    Glob { folder: Option<RelativePath>, name: Pattern, at_least: usize },
}

/// A name with `*` for any part of it.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<String>);

impl Place {
    /// The place that parameters name.
    pub(super) fn of(kind: Kind, params: &Map<String, Value>) -> Result<Self, Box<Fault>> {
        let source = source(params)?;
        let format = format(kind, params)?;
        Ok(Self { source, format, root: text(params, "root")?.map(str::to_owned) })
    }
}

/// The format that parameters name, which must be one of the kind.
pub(super) fn format(kind: Kind, params: &Map<String, Value>) -> Result<Option<&'static Format>, Box<Fault>> {
    let place = text(params, "file")?.or(text(params, "glob")?).unwrap_or("files");
    let refused = |error: ReportError| Box::new(fault(&ReportFault(error), "file", &bounded(place), None));
    let format = text(params, "format")?.map(reports::format_named).transpose().map_err(refused)?;
    match format.filter(|it| it.kind != kind) {
        None => Ok(format),
        Some(other) => {
            let (found, asked) = (other.kind.word(), kind.word());
            Err(refused(ReportError::OtherKind { format: other.id, found, asked }))
        }
    }
}

/// A parameter that is a text.
pub(super) fn text<'a>(params: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Box<Fault>> {
    match params.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(params::invalid(format!("`{name}` must be a string")).into()),
    }
}

fn source(params: &Map<String, Value>) -> Result<Source, Box<Fault>> {
    let at_least = match params.get("at_least") {
        None => None,
        Some(count) => match count.as_u64().and_then(|it| usize::try_from(it).ok()).filter(|it| *it > 0) {
            Some(count) => Some(count),
            None => return Err(params::invalid("`at_least` must be a whole number of 1 or more").into()),
        },
    };
    if at_least.is_some() && !params.contains_key("glob") {
        return Err(params::invalid("`at_least` goes with `glob`").into());
    }
    match (text(params, "file")?, params.get("files"), text(params, "glob")?) {
        (Some(file), None, None) => path(file).map(Source::File),
        (None, Some(files), None) => list(files).map(Source::Files),
        (None, None, Some(glob)) => self::glob(glob, at_least.unwrap_or(1)),
        (None, None, None) => Err(params::missing("`file` is missing, or `files` or `glob` in its place").into()),
        _ => Err(params::invalid("`file`, `files` and `glob` are three ways to say where: use one of them").into()),
    }
}

fn glob(glob: &str, at_least: usize) -> Result<Source, Box<Fault>> {
    let (folder, name) = glob.rsplit_once('/').map_or((None, glob), |(folder, name)| (Some(folder), name));
    let folder = folder.map(path).transpose()?;
    if folder.as_ref().is_some_and(|it| it.to_text().contains('*')) {
        return Err(params::invalid("`*` stands in the name of the files only, not in a folder").into());
    }
    // Checked as a name like any other: no way out stands in it.
    path(name)?;
    Ok(Source::Glob { folder, name: Pattern(name.split('*').map(str::to_owned).collect()), at_least })
}

fn list(files: &Value) -> Result<Vec<RelativePath>, Box<Fault>> {
    let files = files.as_array().filter(|it| (1..=MAX_LIST).contains(&it.len()));
    let files = files.ok_or_else(|| params::invalid(format!("`files` must be a list of 1 to {MAX_LIST} paths")))?;
    let mut paths: Vec<RelativePath> = Vec::with_capacity(files.len());
    for file in files {
        let file = file.as_str().ok_or_else(|| params::invalid("`files` must be a list of paths"))?;
        let file = path(file)?;
        if paths.contains(&file) {
            let message = format!("`{}` stands twice in `files`, and would count twice", bounded(&file.to_text()));
            return Err(params::invalid(message).into());
        }
        paths.push(file);
    }
    Ok(paths)
}

fn path(text: &str) -> Result<RelativePath, Box<Fault>> {
    RelativePath::parse(text).map_err(|refusal| Box::new(fault(&refusal, "file", &bounded(text), None)))
}

impl Pattern {
    /// Whether a name fits.
    pub(super) fn fits(&self, name: &str) -> bool {
        let (first, middle, last) = match self.0.as_slice() {
            [] => return false,
            [only] => return name == only,
            [first, middle @ .., last] => (first, middle, last),
        };
        let Some(rest) = name.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
            return false;
        };
        // The earliest place for each part leaves the most for those after it.
        let found = middle.iter().try_fold(rest, |rest, part| rest.split_once(part.as_str()).map(|(_, after)| after));
        found.is_some()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("*"))
    }
}
