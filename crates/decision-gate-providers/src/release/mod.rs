//! The provider `release`: everything that lies about a release in the folders that the settings name, as bytes.
//!
//! ```text
//! roots, the artifact's own folders ─▶ files as they are, what the trigger asked for ─▶ answer ─▶ judge (pure)
//! ```
//!
//! It looks into no file: whose signature counts and what the gates make of it is for the pure judgement to say, from
//! the kept bytes and again in every replay. A root without files is an answer; one that can't be read is a fault.

mod checks;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::evidence::{Answer, EvidenceAnchor, Fault, FaultCode, Found, Query, Subject};
use decision_gate_core::json::canonical;
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_core::trust::Lane;
use decision_gate_policy::release::{Asked, Brought, BroughtRoot, MEDIA_TYPE, Question};
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub use self::checks::contract;
pub use self::settings::{ReleaseRoot, ReleaseSettings};
use crate::BuildError;
use crate::error::bounded;
use crate::json::folder::{FileFault, Folder};
use crate::json::relative::RelativePath;
use crate::refusal::fault;

/// Most releases that are read for at once.
const MAX_READERS: usize = 8;

const PROVIDER_FAILED: FaultCode = FaultCode::known("provider_failed");
const TOO_LARGE: FaultCode = FaultCode::known("evidence_too_large");
const TOO_MANY: FaultCode = FaultCode::known("attestation_limit");

/// The provider `release`.
#[derive(Debug)]
pub struct ReleaseProvider {
    contract: ProviderContract,
    sources: Arc<Sources>,
    readers: Arc<Semaphore>,
}

#[derive(Debug)]
struct Sources {
    roots: Vec<OpenRoot>,
    max_bytes: usize,
    max_files: usize,
}

#[derive(Debug)]
struct OpenRoot {
    root_id: String,
    folder: Folder,
    max_lane: Option<Lane>,
    only: Option<String>,
}

/// What is left of the limits.
struct Budget {
    /// What was allowed in the beginning.
    allowed: usize,
    bytes: usize,
    files: usize,
}

impl ReleaseProvider {
    /// Opens the roots.
    ///
    /// # Errors
    /// A folder that can't be opened, or settings that open nothing sensible.
    pub fn new(settings: ReleaseSettings) -> Result<Self, BuildError> {
        settings.check()?;
        let open = |ReleaseRoot { root, only }: ReleaseRoot| {
            let folder = Folder::open(&root)?;
            Ok(OpenRoot { root_id: root.root_id, folder, max_lane: root.max_lane, only })
        };
        let roots = settings.roots.into_iter().map(open).collect::<Result<_, BuildError>>()?;
        let sources = Sources { roots, max_bytes: settings.max_bytes, max_files: settings.max_files };
        let readers = Arc::new(Semaphore::new(MAX_READERS));
        Ok(Self { contract: contract()?, sources: Arc::new(sources), readers })
    }

    async fn answer(&self, query: &Query, context: &EvidenceContext) -> Result<Answer, Box<Fault>> {
        // The same reader as the judgement's, so that a question that can't be answered reads nothing.
        let question = Question::of(query)?;
        let asked = match &context.payload {
            Some(PacketPayload::Json { value }) if question.from_trigger => Asked::of_payload(value)?,
            _ => Asked::default(),
        };
        let own = own_folders(context.subject.as_ref());
        let sources = Arc::clone(&self.sources);
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| failed("the reader stopped"))?;
        let work = tokio::task::spawn_blocking(move || {
            // Invariant: the permit is held until the files are, even if nobody waits for the answer any more.
            let _reader = reader;
            sources.answer(asked, &own)
        });
        work.await.map_err(|_| failed("the reader stopped"))?
    }
}

/// Folders below a root that hold what is about one artifact: called by its SHA-256.
fn own_folders(subject: Option<&Subject>) -> Vec<String> {
    let artifacts = subject.map(Subject::artifacts).unwrap_or_default();
    artifacts.iter().filter_map(|it| it.digest.get("sha256").cloned()).collect()
}

impl Sources {
    fn answer(&self, asked: Asked, own: &[String]) -> Result<Answer, Box<Fault>> {
        let ids: Vec<&str> = self.roots.iter().map(|it| it.root_id.as_str()).collect();
        let anchor = anchor(&ids.join(","));
        let mut left = Budget { allowed: self.max_bytes, bytes: self.max_bytes, files: self.max_files };
        let mut roots = Vec::with_capacity(self.roots.len());
        for root in &self.roots {
            roots.push(BroughtRoot::new(root.root_id.clone(), root.max_lane, root.read(own, &mut left, &anchor)?));
        }
        Ok(Answer::Found(Box::new(Found {
            value: Brought::new(asked, roots).to_value(),
            content_type: Some(MEDIA_TYPE.to_owned()),
            anchor: Some(anchor),
            // Bytes that nobody has looked into: it is the signatures in them that may make more of them.
            lane_ceiling: Some(Lane::Asserted),
            ..Found::json(Value::Null)
        })))
    }
}

impl OpenRoot {
    fn read(
        &self,
        own: &[String],
        left: &mut Budget,
        anchor: &EvidenceAnchor,
    ) -> Result<Vec<(String, Vec<u8>)>, Box<Fault>> {
        let place = |name: &str| format!("{}/{}", self.root_id, bounded(name));
        let allowed = left.allowed;
        let told = |name: &str, refusal: &FileFault| match refusal {
            FileFault::TooLarge { .. } => Box::new(too_large(&place(name), allowed, anchor)),
            other => Box::new(fault(other, "file", &place(name), Some(anchor.clone()))),
        };
        let mut files = Vec::new();
        for name in self.names(own, left.files).map_err(|(name, it)| told(&name, &it))? {
            left.files = left.files.checked_sub(1).ok_or_else(|| {
                let message = format!(
                    "root `{}`: there are more files than `release.attestations.max_files` allows",
                    self.root_id
                );
                Box::new(Fault::new(TOO_MANY, message).with_anchor(anchor.clone()))
            })?;
            let path = RelativePath::parse(&name)
                .map_err(|refusal| Box::new(fault(&refusal, "file", &place(&name), Some(anchor.clone()))))?;
            let bytes = self.folder.read(&path, left.bytes).map_err(|it| told(&name, &it))?;
            left.bytes = left.bytes.saturating_sub(bytes.len());
            files.push((name, bytes));
        }
        Ok(files)
    }

    /// The files of the root itself, and those of the artifact's own folders.
    fn names(&self, own: &[String], most: usize) -> Result<Vec<String>, (String, FileFault)> {
        if let Some(only) = &self.only {
            return Ok(vec![only.clone()]);
        }
        let mut names = self.folder.list(None, most).map_err(|it| (String::new(), it))?;
        for folder in own {
            let Ok(path) = RelativePath::parse(folder) else { continue };
            match self.folder.list(Some(&path), most) {
                Ok(below) => names.extend(below.into_iter().map(|name| format!("{folder}/{name}"))),
                Err(FileFault::NotFound) => {}
                Err(fault) => return Err((folder.clone(), fault)),
            }
        }
        Ok(names)
    }
}

fn anchor(roots: &str) -> EvidenceAnchor {
    let value = canonical::to_vec(&json!({ "roots": roots }));
    let anchor_value = String::from_utf8(value).unwrap_or_default();
    EvidenceAnchor { anchor_type: "release_roots".to_owned(), anchor_value }
}

/// All files together are one piece of evidence, with a limit of its own.
fn too_large(place: &str, allowed: usize, anchor: &EvidenceAnchor) -> Fault {
    let message =
        format!("with `{place}` there are more than the {allowed} bytes that `release.attestations.max_bytes` allows");
    let hint = "take files away that are not about this release, or raise `release.attestations.max_bytes`";
    let details = json!({ "file": place, "max_bytes": allowed, "hint": hint });
    Fault::new(TOO_LARGE, message).with_details(details).with_anchor(anchor.clone())
}

/// Something that can't happen as long as this provider is right.
fn failed(message: &str) -> Fault {
    Fault::new(PROVIDER_FAILED, message)
}

#[async_trait]
impl Provider for ReleaseProvider {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, context: &EvidenceContext) -> Answer {
        self.answer(query, context).await.unwrap_or_else(|fault| Answer::Fault(*fault))
    }
}
