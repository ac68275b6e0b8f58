//! `runpack_export`: a run's proof as a folder of files.

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, TenantId};
use decision_gate_core::runpack::{ManifestName, Profile as Shown, Verification};
use decision_gate_runtime::{ExportRequest, Meter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::{ExportError, PacksError};

use super::progress::Part;
use super::shared::caller;
use super::{CallContext, Card, Hints, Link, Profile, Summary, Tool, ToolError};
use crate::resources::ResourceUri;

/// `runpack_export`.
pub(super) struct RunpackExport;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which run.
    run_id: RunId,
    /// Checked against the run.
    #[serde(default)]
    scenario_id: Option<ScenarioId>,
    /// New folder name under runpacks.root; default the run's.
    #[serde(default)]
    output_dir: Option<String>,
    /// Default: as configured.
    #[serde(default)]
    profile: Option<ExportProfile>,
    /// Verify and include the report.
    #[serde(default = "yes")]
    include_verification: bool,
    /// Default manifest.json.
    #[serde(default)]
    manifest_name: Option<String>,
    /// Default 1.
    #[serde(default)]
    namespace_id: Option<NamespaceId>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

/// How much of the values a pack shows.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum ExportProfile {
    /// All of them: the whole proof.
    Audit,
    /// Only what the disclosure policy allows.
    Disclosed,
}

fn yes() -> bool {
    true
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// The run.
    run_id: RunId,
    /// The pack's name under `runpacks.root`; hand it to runpack_verify.
    runpack_dir: String,
    /// Where it lies.
    path: String,
    /// The manifest's name.
    manifest_name: String,
    /// Who knows it can tell this pack from any other.
    root_hash: Digest,
    /// How many files it has.
    files: usize,
    /// How much of the values it shows.
    profile: Shown,
}

impl Summary for Answer {
    fn text(&self) -> String {
        format!(
            "runpack of {} written to {} ({} files, root sha256 {})\nnext: runpack_verify with runpack_dir {}",
            self.run_id, self.path, self.files, self.root_hash, self.runpack_dir
        )
    }

    fn links(&self) -> Vec<Link> {
        let uri = ResourceUri::Pack { name: self.runpack_dir.clone() };
        // A manifest of another name has no address.
        let named = (self.manifest_name == "manifest.json").then(|| Link::new(uri.to_string(), "manifest of the pack"));
        named.into_iter().collect()
    }
}

impl Tool for RunpackExport {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "runpack_export",
        title: "Export a runpack",
        description: "Write a run's events, evidence and policies as files that anybody can verify offline.",
        hints: Hints::APPENDS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let manifest_name = match arguments.manifest_name {
            None => ManifestName::standard(),
            Some(name) => ManifestName::try_from(name.as_str()).map_err(|fault| {
                ToolError::new("manifest_name_invalid", fault.to_string(), "leave it out")
                    .with("path", "/manifest_name")
            })?,
        };
        let app = context.app();
        let profile = arguments.profile.map_or_else(
            || app.export_profile(),
            |profile| match profile {
                ExportProfile::Audit => Shown::Audit,
                ExportProfile::Disclosed => Shown::Disclosed,
            },
        );
        let verification = if arguments.include_verification { Verification::Include } else { Verification::LeaveOut };
        let scenario_id = arguments.scenario_id;
        let request = ExportRequest { run_id: arguments.run_id, scenario_id, profile, verification, manifest_name };
        let meter = Meter::default();
        let reading = Part { from: 0.0, to: 80.0, what: "reading and replaying the run" };
        let export = context.progress().during(reading, Some(&meter), app.export(&caller, &request, &meter));
        let pack = context.unless_cancelled(export).await??;
        let packs = app.packs()?;
        let name = arguments.output_dir.unwrap_or_else(|| request.run_id.as_str().replace(':', "_"));
        let path = packs.shown(&name);
        let (root_hash, files) = (pack.root_hash(), pack.files().count());
        // From here on it is finished, whoever still waits: a pack is whole or not there.
        let writing = Part { from: 80.0, to: 100.0, what: "writing the pack" };
        context.progress().during(writing, None, packs.write(&name, pack)).await?;
        let manifest_name = request.manifest_name.as_str().to_owned();
        Ok(Answer { run_id: request.run_id, runpack_dir: name, path, manifest_name, root_hash, files, profile })
    }
}

impl From<ExportError> for ToolError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Gate(error) => error.into(),
            ExportError::Setup(error) => error.into(),
        }
    }
}

impl From<PacksError> for ToolError {
    fn from(error: PacksError) -> Self {
        Self::new(error.code(), error.to_string(), error.hint())
    }
}
