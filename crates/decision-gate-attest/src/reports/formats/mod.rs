//! The formats: one file each, and one line in [`FORMATS`].
//!
//! A format says by the content whether a report is its own. A report that says nothing about its format, such as an
//! empty list, is of the one that its asker names.

mod bandit;
mod cargo_audit;
mod cargo_messages;
mod checkov;
mod cobertura;
mod coverage_py;
mod cyclonedx;
mod eslint;
mod github;
mod gitleaks;
mod go_test;
mod grype;
mod hadolint;
mod jacoco;
mod jest;
mod junit;
mod lcov;
mod libtest;
mod llvm_cov;
mod mocha;
mod npm_audit;
mod osv_scanner;
mod pip_audit;
mod pytest;
mod rspec;
mod sarif;
mod scorecard;
mod semgrep;
mod sonarqube;
mod spdx;
mod spdx3;
mod trivy;

use std::fmt;

use serde_json::Value;

use super::content::Content;
use super::error::ReportError;
use super::summary::{Kind, Summary};

/// Every format, in the order of its id.
pub const FORMATS: [&Format; 32] = [
    &bandit::FORMAT,
    &cargo_audit::FORMAT,
    &cargo_messages::FORMAT,
    &checkov::FORMAT,
    &cobertura::FORMAT,
    &coverage_py::FORMAT,
    &cyclonedx::FORMAT,
    &eslint::FORMAT,
    &github::FORMAT,
    &gitleaks::FORMAT,
    &go_test::FORMAT,
    &grype::FORMAT,
    &hadolint::FORMAT,
    &jacoco::FORMAT,
    &jest::FORMAT,
    &junit::FORMAT,
    &lcov::FORMAT,
    &libtest::FORMAT,
    &llvm_cov::FORMAT,
    &mocha::FORMAT,
    &npm_audit::FORMAT,
    &osv_scanner::FORMAT,
    &pip_audit::FORMAT,
    &pytest::FORMAT,
    &rspec::FORMAT,
    &sarif::FORMAT,
    &scorecard::FORMAT,
    &semgrep::FORMAT,
    &sonarqube::FORMAT,
    &spdx::FORMAT,
    &spdx3::FORMAT,
    &trivy::FORMAT,
];

/// A format of reports.
pub struct Format {
    /// Its id, as it is named in questions and answers.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What its reports are about.
    pub kind: Kind,
    fits: fn(&Content) -> bool,
    /// Whether a report that could be of several formats is one of these when it is named.
    bare: fn(&Content) -> bool,
    read: fn(&Content) -> Result<Summary, ReportError>,
}

impl Format {
    /// Whether the content is of this format and of no other.
    pub(super) fn fits(&self, content: &Content) -> bool {
        (self.fits)(content)
    }

    /// Whether the content may be of this format, where that is said.
    pub(super) fn accepts_bare(&self, content: &Content) -> bool {
        (self.bare)(content)
    }

    pub(super) fn read(&self, content: &Content) -> Result<Summary, ReportError> {
        (self.read)(content)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Format").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Where every report says what it is.
fn never(_: &Content) -> bool {
    false
}

/// An empty list.
fn empty_list(content: &Content) -> bool {
    content.as_json().and_then(Value::as_array).is_some_and(Vec::is_empty)
}

/// Whether a document is an object with these members.
fn has(content: &Content, members: &[&str]) -> bool {
    content.as_json().is_some_and(|value| all(value, members))
}

/// Whether a document is a list whose items are objects with these members.
fn lists(content: &Content, members: &[&str]) -> bool {
    let items = content.as_json().and_then(Value::as_array);
    items.is_some_and(|items| !items.is_empty() && items.iter().all(|it| all(it, members)))
}

fn all(value: &Value, members: &[&str]) -> bool {
    members.iter().all(|it| value.get(it).is_some())
}

/// The JSON document; a report of a JSON format always is one.
fn document(content: &Content) -> Result<super::node::Node<'_>, ReportError> {
    content.as_json().map(super::node::Node::root).ok_or_else(|| ReportError::whole("it is no json document"))
}

/// The XML element; a report of an XML format always is one.
fn element(content: &Content) -> Result<&super::xml::Element, ReportError> {
    content.as_xml().ok_or_else(|| ReportError::whole("it is no xml document"))
}

/// How many there are.
fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
