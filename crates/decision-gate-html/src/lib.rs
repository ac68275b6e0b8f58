//! A verified run as one page of HTML that needs nothing else: no script, no request, no font from elsewhere.
//!
//! ```text
//! Report + Account ─▶ view (what is shown, checked texts only) ─▶ template (escaped) ─▶ one page
//! ```
//!
//! Everything is pure: the same verification gives the same bytes. Texts from elsewhere reach a template as
//! [`shown::Shown`] only, which is cut and has what hides or reorders text spelled out; the templates escape all of it.
//! The page forbids itself every source but its own style, which it names by hash.

mod badge;
mod command;
mod evidence;
mod judged;
mod proof;
mod release;
mod shown;
mod timeline;
mod verdict;
mod why;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_core::digest::Digest;
use decision_gate_core::runpack::{Account, Finding, Report, RunTold};

use crate::command::Command;
use crate::judged::Judgement;
use crate::proof::Proof;
use crate::release::Release;
use crate::shown::Shown;
use crate::timeline::Timeline;
use crate::verdict::Verdict;
use crate::why::Why;

/// The one style sheet.
const STYLE: &str = include_str!("../templates/style.css");

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    /// What verification said.
    pub report: &'a Report,
    /// The run, where it could be put together.
    pub run: Option<&'a RunTold>,
    /// What the pack is called on the command line.
    pub pack: &'a str,
    /// The flags that it was verified with, and their values.
    pub flags: &'a [(&'static str, String)],
    /// What made the page, such as `decision-gate 1.2.3`.
    pub maker: &'a str,
}

impl<'a> Verified<'a> {
    /// The run as it was replayed.
    fn account(&self) -> Option<&'a Account> {
        match self.run? {
            RunTold::Replayed(account) => Some(account),
            RunTold::Recorded(_) => None,
        }
    }

    /// Whether a release was decided in the run.
    pub fn has_release(&self) -> bool {
        release::of(self).is_some()
    }

    /// The page on a run. Same verification, same bytes.
    pub fn run_page(&self) -> String {
        self.page("Run report")
    }

    /// The page on a release: the same with the release gates first.
    pub fn release_page(&self) -> String {
        self.page("Release report")
    }

    fn page(&self, kind: &'static str) -> String {
        let page = Page {
            kind,
            release_first: kind == "Release report",
            style: STYLE,
            policy: content_policy(),
            verdict: verdict::of(self),
            findings: self.report.findings.iter().map(FindingRow::of).collect(),
            omitted: self.report.findings_omitted,
            why: why::of(self),
            release: release::of(self),
            timeline: timeline::of(self),
            judgements: judged::of(self),
            earlier: judged::left_out(self),
            proof: proof::of(self),
            commands: command::all(self),
            maker: Shown::line(self.maker),
        };
        // Templates are compiled; writing to a string does not fail.
        page.render().unwrap_or_default()
    }
}

/// What the page may load: its own style, known by its hash, and an empty icon.
fn content_policy() -> String {
    let hash = STANDARD.encode(Digest::of(STYLE.as_bytes()).as_bytes());
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'")
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    kind: &'static str,
    release_first: bool,
    style: &'static str,
    policy: String,
    verdict: Verdict,
    findings: Vec<FindingRow>,
    omitted: u64,
    why: Option<Why>,
    release: Option<Release>,
    timeline: Timeline,
    judgements: Vec<Judgement>,
    earlier: usize,
    proof: Proof,
    commands: Vec<Command>,
    maker: Shown,
}

/// Something that is wrong with the pack.
struct FindingRow {
    code: &'static str,
    place: Shown,
    reason: Shown,
}

impl FindingRow {
    fn of(finding: &Finding) -> Self {
        let pointer = finding.pointer.as_deref().map(|it| format!("#{it}")).unwrap_or_default();
        Self {
            code: finding.code.code(),
            place: Shown::line(format_args!("{}{pointer}", finding.path)),
            reason: Shown::line(&finding.reason),
        }
    }
}

#[cfg(test)]
mod tests;
