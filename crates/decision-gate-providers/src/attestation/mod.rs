//! The provider `attestation`: envelopes and bundles as bytes, from the folders that the settings name.
//!
//! ```text
//! params ─▶ root, file or folder ─▶ files as they are ─▶ answer: the files ─▶ weighing (pure): the value
//! ```
//!
//! It looks into no file: which keys signed what is for the pure weighing to say, from the kept bytes and again in every
//! replay. So what it answers is asserted at most, whatever becomes of it. A folder without files is an answer, and
//! gives an absence; a file or folder that is missing or can't be read is a fault.

mod checks;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_attest::evidence::{COLLECTED_TYPE, Collected, Question};
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::evidence::{Answer, EvidenceAnchor, EvidenceRef, Fault, FaultCode, Found, Query};
use decision_gate_core::json::canonical;
use decision_gate_core::trust::Lane;
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub use self::checks::contract;
pub use self::settings::AttestationSettings;
use crate::error::bounded;
use crate::json::folder::FileFault;
use crate::json::relative::RelativePath;
use crate::refusal::fault;
use crate::roots::{OpenRoot, Roots};
use crate::{BuildError, params};

/// Most questions that are read for at once.
const MAX_READERS: usize = 8;

const PROVIDER_FAILED: FaultCode = FaultCode::known("provider_failed");
const TOO_MANY: FaultCode = FaultCode::known("attestation_limit");

/// The provider `attestation`.
#[derive(Debug)]
pub struct AttestationProvider {
    contract: ProviderContract,
    roots: Roots,
    readers: Arc<Semaphore>,
    max_bytes: usize,
    max_files: usize,
}

/// Where to look.
enum Source {
    File(RelativePath),
    /// A folder below the root, or the root.
    Folder(Option<RelativePath>),
}

struct Request {
    root: Arc<OpenRoot>,
    source: Source,
    max_bytes: usize,
    max_files: usize,
}

impl AttestationProvider {
    /// Opens the roots.
    ///
    /// # Errors
    /// A folder that can't be opened, or settings that open nothing sensible.
    pub fn new(settings: AttestationSettings) -> Result<Self, BuildError> {
        settings.check()?;
        let contract = contract()?;
        let AttestationSettings { roots, max_bytes, max_files } = settings;
        let roots = Roots::open(roots)?;
        Ok(Self { contract, roots, readers: Arc::new(Semaphore::new(MAX_READERS)), max_bytes, max_files })
    }

    fn request(&self, query: &Query) -> Result<Request, Box<Fault>> {
        // The same reader as the weighing's, so that a question that can't be answered reads nothing.
        Question::of(query)?;
        let text = |name: &str| match query.params.as_ref().and_then(|params| params.get(name)) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(Box::new(params::invalid(format!("`{name}` must be a string")))),
        };
        let path = |text: &str| {
            RelativePath::parse(text).map_err(|refusal| Box::new(fault(&refusal, "file", &bounded(text), None)))
        };
        let source = match (text("file")?, text("folder")?) {
            (Some(_), Some(_)) => {
                return Err(params::invalid("`file` and `folder` are two places: name one of them").into());
            }
            (Some(file), None) => Source::File(path(file)?),
            (None, folder) => Source::Folder(folder.map(path).transpose()?),
        };
        let root = self.roots.find(text("root")?)?;
        let (max_bytes, max_files) = (self.max_bytes, self.max_files);
        Ok(Request { root: Arc::clone(root), source, max_bytes, max_files })
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
        let (anchor_type, path) = match &self.source {
            Source::File(path) => ("file_path_rooted", path.to_text()),
            Source::Folder(Some(path)) => ("folder_path_rooted", path.to_text()),
            Source::Folder(None) => ("folder_path_rooted", ".".to_owned()),
        };
        let anchor = anchor(anchor_type, &path, &self.root.root_id);
        let files = self.files(&path, &anchor)?;
        let uri = match &self.source {
            Source::File(path) | Source::Folder(Some(path)) => path.to_uri(),
            Source::Folder(None) => String::new(),
        };
        Ok(Answer::Found(Box::new(Found {
            value: Collected::new(files).under(self.root.max_lane).to_value(),
            content_type: Some(COLLECTED_TYPE.to_owned()),
            anchor: Some(anchor),
            reference: Some(EvidenceRef { uri: format!("dg+file://{}/{uri}", self.root.root_id) }),
            // Bytes that nobody has looked into: it is the signatures in them that may make more of them.
            lane_ceiling: Some(Lane::Asserted),
            ..Found::json(Value::Null)
        })))
    }

    fn files(&self, path: &str, anchor: &EvidenceAnchor) -> Result<Vec<(String, Vec<u8>)>, Box<Fault>> {
        let told = |name: &str, refusal: &FileFault| Box::new(fault(refusal, "file", name, Some(anchor.clone())));
        match &self.source {
            Source::File(file) => {
                let bytes = self.root.folder.read(file, self.max_bytes).map_err(|it| told(path, &it))?;
                Ok(vec![(path.to_owned(), bytes)])
            }
            Source::Folder(folder) => {
                let names = self.root.folder.list(folder.as_ref(), self.max_files).map_err(|it| told(path, &it))?;
                if names.len() > self.max_files {
                    let message = format!("`{path}`: the folder has more than `{}` files", self.max_files);
                    return Err(Fault::new(TOO_MANY, message).with_anchor(anchor.clone()).into());
                }
                let mut left = self.max_bytes;
                let mut files = Vec::with_capacity(names.len());
                for name in names {
                    let below = if path == "." { name } else { format!("{path}/{name}") };
                    let file = RelativePath::parse(&below)
                        .map_err(|refusal| Box::new(fault(&refusal, "file", &bounded(&below), Some(anchor.clone()))))?;
                    let bytes = self.root.folder.read(&file, left).map_err(|it| told(&below, &it))?;
                    left = left.saturating_sub(bytes.len());
                    files.push((below, bytes));
                }
                Ok(files)
            }
        }
    }
}

fn anchor(anchor_type: &str, path: &str, root_id: &str) -> EvidenceAnchor {
    let value = canonical::to_vec(&json!({ "path": path, "root_id": root_id }));
    let anchor_value = String::from_utf8(value).unwrap_or_default();
    EvidenceAnchor { anchor_type: anchor_type.to_owned(), anchor_value }
}

/// Something that can't happen as long as this provider is right.
fn failed(message: &str) -> Fault {
    Fault::new(PROVIDER_FAILED, message)
}

#[async_trait]
impl Provider for AttestationProvider {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, _context: &EvidenceContext) -> Answer {
        self.answer(query).await.unwrap_or_else(|fault| Answer::Fault(*fault))
    }
}
