//! The provider `json`: values in JSON and YAML files under the folders that the settings name.
//!
//! ```text
//! params ─▶ relative ─▶ folder ─▶ document ─▶ select ─▶ answer
//! texts     no way out  bytes     strict      bounded
//! ```
//!
//! *Absence is an answer, silence is not*: a path that selects nothing in a well-formed file is absent (an empty array
//! under `[*]` too), while a file that is missing, empty, half written or unreadable is a fault. From the step on at
//! which it is known where to look, every answer says so by its anchor.

mod document;
pub(crate) mod folder;
pub(crate) mod relative;
mod settings;
#[cfg(test)]
mod tests;
mod yaml;

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::evidence::{
    Answer, EvidenceAnchor, EvidenceRef, EvidenceValue, Fault, FaultCode, Found, Query,
};
use decision_gate_core::json::canonical;
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use self::document::{DocumentFault, Format};
use self::relative::RelativePath;
pub use self::settings::{JsonSettings, Root};
use crate::error::bounded;
use crate::params::Params;
use crate::paths::JsonPaths;
use crate::refusal::{Refusal, fault};
use crate::roots::{OpenRoot, Roots};
use crate::select::{SelectFault, select};
use crate::{BuildError, contract};

pub(crate) const CONTRACT: &str = include_str!("contract.json");

/// Most files that are read at once. It bounds memory, and the threads that a file system that hangs can hold.
const MAX_READERS: usize = 8;

const PROVIDER_FAILED: FaultCode = FaultCode::known("provider_failed");

/// The provider `json`.
#[derive(Debug)]
pub struct JsonProvider {
    contract: ProviderContract,
    roots: Roots,
    readers: Arc<Semaphore>,
    shared: Arc<Shared>,
}

/// What all readers have in common.
#[derive(Debug)]
struct Shared {
    max_bytes: usize,
    allow_yaml: bool,
    paths: JsonPaths,
}

/// A question whose place is known.
struct Request {
    root: Arc<OpenRoot>,
    path: RelativePath,
    jsonpath: Option<String>,
}

impl JsonProvider {
    /// The provider with these settings; every root is opened now and held.
    ///
    /// # Errors
    /// A folder that can't be opened, or settings that open nothing sensible.
    pub fn new(settings: JsonSettings) -> Result<Self, BuildError> {
        settings.check()?;
        let contract = fitted(contract::read(CONTRACT)?, &settings.roots);
        let JsonSettings { roots, max_bytes, allow_yaml } = settings;
        let roots = Roots::open(roots)?;
        let shared = Arc::new(Shared { max_bytes, allow_yaml, paths: JsonPaths::default() });
        Ok(Self { contract, roots, readers: Arc::new(Semaphore::new(MAX_READERS)), shared })
    }

    fn request(&self, query: &Query) -> Result<Request, Box<Fault>> {
        let params = Params::of(query, "path", &["file", "jsonpath", "root"])?;
        let (file, jsonpath) = (params.required_text("file")?, params.text("jsonpath")?.map(str::to_owned));
        let root = Arc::clone(self.roots.find(params.text("root")?)?);
        let path = RelativePath::parse(file).map_err(|refusal| fault(&refusal, "file", &bounded(file), None))?;
        Ok(Request { root, path, jsonpath })
    }

    async fn answer(&self, query: &Query) -> Result<Answer, Box<Fault>> {
        let request = self.request(query)?;
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| failed("the reader stopped"))?;
        let shared = Arc::clone(&self.shared);
        let work = tokio::task::spawn_blocking(move || {
            // Invariant: the permit is held until the file is, even if nobody waits for the answer any more.
            let _reader = reader;
            request.answer(&shared)
        });
        work.await.map_err(|_| failed("the reader stopped"))?
    }
}

impl Request {
    fn answer(&self, shared: &Shared) -> Result<Answer, Box<Fault>> {
        let file = self.path.to_text();
        let anchor = self.anchor(&file);
        let format = Format::of(&self.path);
        let lane_ceiling = self.root.max_lane;
        match self.value(format, shared) {
            Ok(None) => Ok(Answer::Absent { anchor: Some(anchor), lane_ceiling, attestation: None }),
            Ok(Some(value)) => Ok(Answer::Found(Box::new(Found {
                value: EvidenceValue::Json(value),
                content_type: Some(format.content_type().to_owned()),
                anchor: Some(anchor),
                reference: Some(EvidenceRef { uri: format!("dg+file://{}/{}", self.root.root_id, self.path.to_uri()) }),
                lane_ceiling,
                ..Found::json(Value::Null)
            }))),
            Err(refusal) => Err(fault(&*refusal, "file", &file, Some(anchor)).into()),
        }
    }

    fn value(&self, format: Format, shared: &Shared) -> Result<Option<Value>, Box<dyn Refusal>> {
        if format == Format::Yaml && !shared.allow_yaml {
            return Err(DocumentFault::YamlDisabled.into());
        }
        let compile = |text: &String| shared.paths.get(text).map_err(SelectFault::from);
        let jsonpath = self.jsonpath.as_ref().map(compile).transpose()?;
        let bytes = self.root.folder.read(&self.path, shared.max_bytes)?;
        let document = format.parse(&bytes)?;
        drop(bytes);
        Ok(select(document, jsonpath.as_deref(), shared.max_bytes)?)
    }

    fn anchor(&self, file: &str) -> EvidenceAnchor {
        let value = canonical::to_vec(&json!({ "path": file, "root_id": self.root.root_id }));
        let anchor_value = String::from_utf8(value).unwrap_or_default();
        EvidenceAnchor { anchor_type: "file_path_rooted".to_owned(), anchor_value }
    }
}

/// Something that can't happen as long as this provider is right.
fn failed(message: &str) -> Fault {
    Fault::new(PROVIDER_FAILED, message)
}

/// The contract with the roots that there are: `root` is one of them, and must be given if there are several.
fn fitted(mut contract: ProviderContract, roots: &[Root]) -> ProviderContract {
    let ids: Vec<_> = roots.iter().map(|root| root.root_id.as_str()).collect();
    for check in &mut contract.checks {
        if let Some(Value::Object(root)) = check.params_schema.pointer_mut("/properties/root") {
            root.insert("enum".to_owned(), json!(ids));
        }
        if let (Some(Value::Array(required)), true) = (check.params_schema.get_mut("required"), ids.len() > 1) {
            required.push("root".into());
        }
    }
    let told = roots.iter().filter(|root| root.self_attestable);
    contract.notes.extend(
        told.map(|root| format!("The root `{}` can be written by those whose change is judged.", root.root_id)),
    );
    contract
}

#[async_trait]
impl Provider for JsonProvider {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, _context: &EvidenceContext) -> Answer {
        self.answer(query).await.unwrap_or_else(|fault| Answer::Fault(*fault))
    }
}
