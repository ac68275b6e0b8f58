//! The provider `report`: what test runners, coverage tools, scanners and CI servers wrote into files.
//!
//! ```text
//! params ─▶ question ─▶ files as bytes ─▶ reports (pure): typed summary ─▶ sum ─▶ fact ─▶ answer
//! texts     no way out  rooted, bounded   empty, cut, failed: faults              or absent
//! ```
//!
//! A question that does not say where to look means the source that the settings name for its kind. The contract says
//! which that is, so that the policy in force, which has the contract's digest, is another one where a source is.
//!
//! *Silence is not a pass*: each file that is named must be there, and each report must be good; one that is empty,
//! cut, broken or of a tool that failed is a fault with its own code. The anchor of an answer has the digest of the
//! bytes that it was read from.

mod checks;
mod fault;
mod place;
mod question;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_attest::reports::{self, Report, ReportError, Summary};
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::{
    Answer, EvidenceAnchor, EvidenceRef, EvidenceValue, Fault, FaultCode, Found, Query,
};
use decision_gate_core::json::canonical;
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub use self::checks::contract;
use self::fault::{FilesFault, ReportFault};
use self::place::{Places, Source};
use self::question::Question;
pub use self::settings::{ReportSettings, ReportSource};
use crate::BuildError;
use crate::error::bounded;
use crate::json::relative::RelativePath;
use crate::refusal::{Refusal, fault as told};
use crate::roots::{OpenRoot, Roots};

/// Most questions that are read for at once.
const MAX_READERS: usize = 4;
/// Most names of a folder that a pattern is held against.
const MAX_NAMES: usize = 10_000;

const PROVIDER_FAILED: FaultCode = FaultCode::known("provider_failed");

/// The provider `report`.
#[derive(Debug)]
pub struct ReportProvider {
    contract: ProviderContract,
    roots: Roots,
    places: Places,
    readers: Arc<Semaphore>,
    max_bytes: usize,
    max_files: usize,
}

struct Request {
    question: Question,
    root: Arc<OpenRoot>,
    max_bytes: usize,
    max_files: usize,
}

/// A report and the bytes that it was read from, as far as they are told.
struct Original {
    path: String,
    format: &'static str,
    digest: Digest,
    size: usize,
}

impl ReportProvider {
    /// Opens the roots.
    ///
    /// # Errors
    /// A folder that can't be opened, or settings that open nothing sensible.
    pub fn new(settings: ReportSettings) -> Result<Self, BuildError> {
        settings.check()?;
        let contract = checks::fitted(contract()?, &settings);
        let places = settings.places()?;
        let ReportSettings { roots, max_bytes, max_files, sources: _ } = settings;
        let roots = Roots::open(roots)?;
        Ok(Self { contract, roots, places, readers: Arc::new(Semaphore::new(MAX_READERS)), max_bytes, max_files })
    }

    fn request(&self, query: &Query) -> Result<Request, Box<Fault>> {
        let question = Question::of(query, &self.places)?;
        let root = self.roots.find(question.place.root.as_deref())?;
        let root = Arc::clone(root);
        Ok(Request { question, root, max_bytes: self.max_bytes, max_files: self.max_files })
    }

    async fn answer(&self, query: &Query) -> Result<Answer, Box<Fault>> {
        let request = self.request(query)?;
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| failed("the reader stopped"))?;
        let work = tokio::task::spawn_blocking(move || {
            // Invariant: the permit is held until the files are, even if nobody waits for the answer any more.
            let _reader = reader;
            request.answer()
        });
        work.await.map_err(|_| failed("the reader stopped"))?
    }
}

impl Request {
    fn answer(&self) -> Result<Answer, Box<Fault>> {
        let (place, files) = self.files()?;
        let mut sum: Option<Summary> = None;
        let mut originals = Vec::with_capacity(files.len());
        let mut left = self.max_bytes;
        for file in &files {
            let (summary, original) = self.summary(file, left)?;
            left = left.saturating_sub(original.size);
            originals.push(original);
            sum = Some(match sum {
                None => summary,
                Some(before) => {
                    let kind = self.question.kind.word();
                    before.plus(summary).ok_or_else(|| refused(&FilesFault::NoSum { kind }, &place, None))?
                }
            });
        }
        let anchor = match (&self.question.place.source, originals.as_slice()) {
            (Source::File(_), [original]) => self.anchor(original),
            _ => self.anchor_of_several(&place, &originals),
        };
        let facts = sum.ok_or_else(|| failed("no file was read"))?.facts();
        let fact = facts.get(self.question.fact.name).map_err(|_| failed("a fact that does not read"))?;
        let lane_ceiling = self.root.max_lane;
        let Some(fact) = fact else {
            return Ok(Answer::Absent { anchor: Some(anchor), lane_ceiling, attestation: None });
        };
        let reference = match &self.question.place.source {
            Source::File(path) => Some(format!("dg+file://{}/{}", self.root.root_id, path.to_uri())),
            Source::Files(_) | Source::Glob { .. } => None,
        };
        Ok(Answer::Found(Box::new(Found {
            value: EvidenceValue::Json(fact.clone()),
            content_type: Some("application/json".to_owned()),
            anchor: Some(anchor),
            reference: reference.map(|uri| EvidenceRef { uri }),
            lane_ceiling,
            ..Found::json(Value::Null)
        })))
    }

    /// What the question calls the files, and which they are.
    fn files(&self) -> Result<(String, Vec<RelativePath>), Box<Fault>> {
        let (place, files) = match &self.question.place.source {
            Source::File(path) => return Ok((path.to_text(), vec![path.clone()])),
            Source::Files(paths) => {
                (paths.iter().map(RelativePath::to_text).collect::<Vec<_>>().join(", "), paths.clone())
            }
            Source::Glob { folder, name, at_least } => {
                let below = folder.as_ref().map_or_else(String::new, |it| format!("{}/", it.to_text()));
                let place = format!("{below}{name}");
                let names = self.root.folder.list(folder.as_ref(), MAX_NAMES);
                let names = names.map_err(|refusal| refused(&refusal, &place, None))?;
                if names.len() > MAX_NAMES {
                    return Err(refused(&FilesFault::TooMany { limit: MAX_NAMES }, &place, None).into());
                }
                let fitting =
                    names.iter().filter(|it| name.fits(it)).map(|it| RelativePath::parse(&format!("{below}{it}")));
                let files =
                    fitting.collect::<Result<Vec<_>, _>>().map_err(|refusal| refused(&refusal, &place, None))?;
                if files.len() < *at_least {
                    let (found, at_least) = (files.len(), *at_least);
                    return Err(refused(&FilesFault::TooFew { found, at_least }, &place, None).into());
                }
                (place, files)
            }
        };
        let place = bounded(&place);
        if files.len() > self.max_files {
            return Err(refused(&FilesFault::TooMany { limit: self.max_files }, &place, None).into());
        }
        Ok((place, files))
    }

    /// What one file says.
    fn summary(&self, file: &RelativePath, left: usize) -> Result<(Summary, Original), Box<Fault>> {
        let path = file.to_text();
        let bytes = self.root.folder.read(file, left).map_err(|refusal| refused(&refusal, &path, None))?;
        let report = |error: ReportError| refused(&ReportFault(error), &path, None);
        let read = reports::read(&bytes, self.question.place.format.map(|it| it.id)).map_err(report)?;
        let format = read.format();
        let original =
            Original { path: path.clone(), format: format.id, digest: Digest::of(&bytes), size: bytes.len() };
        let anchor = self.anchor(&original);
        let summary = self.evidence(&read).map_err(|error| refused(&ReportFault(error), &path, Some(anchor)))?;
        Ok((summary, original))
    }

    /// What a report proves of what is asked about.
    fn evidence(&self, report: &Report) -> Result<Summary, ReportError> {
        let (found, asked) = (report.format().kind, self.question.kind);
        if found != asked {
            let format = report.format().id;
            return Err(ReportError::OtherKind { format, found: found.word(), asked: asked.word() });
        }
        let summary = report.evidence()?;
        if let (Some(asked), Summary::Checks(checks)) = (&self.question.commit, summary) {
            checks.only_of(asked)?;
        }
        Ok(summary.clone())
    }

    fn anchor(&self, original: &Original) -> EvidenceAnchor {
        let Original { path, format, digest, size } = original;
        let (root_id, sha256) = (&self.root.root_id, digest.to_hex());
        let value = json!({ "format": format, "path": path, "root_id": root_id, "sha256": sha256, "size": size });
        anchor("report_file", &value)
    }

    /// The digest of several files is that of the canonical list of their paths and digests.
    fn anchor_of_several(&self, place: &str, originals: &[Original]) -> EvidenceAnchor {
        let listed = originals.iter().map(|it| json!({ "path": it.path, "sha256": it.digest.to_hex() }));
        let digest = Digest::of(&canonical::to_vec(&listed.collect()));
        let size: usize = originals.iter().map(|it| it.size).fold(0, usize::saturating_add);
        let (root_id, count) = (&self.root.root_id, originals.len());
        let sha256 = digest.to_hex();
        let value = json!({ "count": count, "path": place, "root_id": root_id, "sha256": sha256, "size": size });
        anchor("report_files", &value)
    }
}

fn anchor(anchor_type: &str, value: &Value) -> EvidenceAnchor {
    let anchor_value = String::from_utf8(canonical::to_vec(value)).unwrap_or_default();
    EvidenceAnchor { anchor_type: anchor_type.to_owned(), anchor_value }
}

fn refused(refusal: &dyn Refusal, place: &str, anchor: Option<EvidenceAnchor>) -> Fault {
    told(refusal, "file", place, anchor)
}

/// Something that can't happen as long as this provider is right.
fn failed(message: &str) -> Fault {
    Fault::new(PROVIDER_FAILED, message)
}

#[async_trait]
impl Provider for ReportProvider {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, _context: &EvidenceContext) -> Answer {
        self.answer(query).await.unwrap_or_else(|fault| Answer::Fault(*fault))
    }
}
