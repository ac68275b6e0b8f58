//! What is asked: which fact, of which files, and of which format they must be.

use std::fmt;

use decision_gate_attest::predicates::FactKind;
use decision_gate_attest::reports::{self, Format, Kind, ReportError};
use decision_gate_core::evidence::{Fault, Query};
use serde_json::{Map, Value};

use super::fault::ReportFault;
use crate::error::bounded;
use crate::json::relative::RelativePath;
use crate::params;
use crate::refusal::fault;

/// Most files of a list.
const MAX_LIST: usize = 256;
const KNOWN: [&str; 7] = ["at_least", "commit", "file", "files", "format", "glob", "root"];

/// A question.
pub(super) struct Question {
    pub(super) kind: Kind,
    pub(super) fact: &'static FactKind,
    pub(super) source: Source,
    pub(super) format: Option<&'static Format>,
    /// The commit, in lower case.
    pub(super) commit: Option<String>,
    pub(super) root: Option<String>,
}

/// Where to look.
pub(super) enum Source {
    File(RelativePath),
    Files(Vec<RelativePath>),
    Glob { folder: Option<RelativePath>, name: Pattern, at_least: usize },
}

/// A name with `*` for any part of it.
pub(super) struct Pattern(Vec<String>);

impl Question {
    /// The question of a query.
    pub(super) fn of(query: &Query) -> Result<Self, Box<Fault>> {
        let (kind, fact) = fact(query)?;
        let params = match &query.params {
            None => return Err(params::missing("the check needs parameters").into()),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(params::invalid("the parameters must be an object").into()),
        };
        if let Some(unknown) = params.keys().find(|it| !KNOWN.contains(&it.as_str())) {
            let message = format!("`{}` is no parameter of `{}`", bounded(unknown), query.check_id);
            return Err(params::invalid(message).into());
        }
        let commit = text(params, "commit")?.map(str::to_ascii_lowercase);
        if commit.is_some() && kind != Kind::Checks {
            return Err(params::invalid(format!("`commit` is no parameter of `{}`", query.check_id)).into());
        }
        let source = source(params)?;
        let place = text(params, "file")?.or(text(params, "glob")?).unwrap_or("files");
        let refused = |error: ReportError| Box::new(fault(&ReportFault(error), "file", &bounded(place), None));
        let format = text(params, "format")?.map(reports::format_named).transpose().map_err(refused)?;
        if let Some(format) = format.filter(|it| it.kind != kind) {
            let (found, asked) = (format.kind.word(), kind.word());
            return Err(refused(ReportError::OtherKind { format: format.id, found, asked }));
        }
        Ok(Self { kind, fact, source, format, commit, root: text(params, "root")?.map(str::to_owned) })
    }
}

/// The fact that a check asks for.
fn fact(query: &Query) -> Result<(Kind, &'static FactKind), Box<Fault>> {
    let id = query.check_id.as_str();
    let named = |kind: Kind| {
        let name = id.strip_prefix(kind.word())?.strip_prefix('.')?;
        Some((kind, kind.facts().iter().find(|it| it.name == name)?))
    };
    let missing = || {
        let message = format!("`{}` has no check `{id}`", query.provider_id);
        Box::new(Fault::new(params::CHECK_MISSING, message))
    };
    Kind::ALL.into_iter().find_map(named).ok_or_else(missing)
}

fn text<'a>(params: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Box<Fault>> {
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
        (None, None, Some(glob)) => {
            let (folder, name) = glob.rsplit_once('/').map_or((None, glob), |(folder, name)| (Some(folder), name));
            let folder = folder.map(path).transpose()?;
            if folder.as_ref().is_some_and(|it| it.to_text().contains('*')) {
                return Err(params::invalid("`*` stands in the name of the files only, not in a folder").into());
            }
            // Checked as a name like any other: no way out stands in it.
            path(name)?;
            let name = Pattern(name.split('*').map(str::to_owned).collect());
            Ok(Source::Glob { folder, name, at_least: at_least.unwrap_or(1) })
        }
        (None, None, None) => Err(params::missing("`file` is missing, or `files` or `glob` in its place").into()),
        _ => Err(params::invalid("`file`, `files` and `glob` are three ways to say where: use one of them").into()),
    }
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
