//! Who reads a block that is a document: the product's own reader of that form, so that what a page shows is what is
//! taken. The word of a reader stands in the fence.

use std::fs;
use std::io::Write as _;

use decision_gate_attest::builders::{BeaconOptions, beacon_attestations};
use decision_gate_attest::{beacon, execution_evidence, issuers};
use decision_gate_core::dsse::Envelope;
use decision_gate_core::evidence::{Answer, EvidenceResult};
use decision_gate_core::explain::Explanation;
use decision_gate_core::intoto::Statement;
use decision_gate_core::json::{Limits, canonical, parse_exact};
use decision_gate_core::keys::TrustedKey;
use decision_gate_core::ledger::{Event, Salt, StreamHead, read_checkpoint};
use decision_gate_core::policy::Policy;
use decision_gate_core::runpack::Report;
use decision_gate_core::scenario::Scenario;
use decision_gate_core::trust::EvidenceStatement;
use decision_gate_policy::options::PolicyDocument;
use decision_gate_policy::waiver::Waiver;
use decision_gate_policy::{confidence, lattice_state, uncertainty_tier};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ci;
use crate::fenced::Block;
use crate::walk::Walk;

/// Reads one block, or says what is wrong with it.
type Read = fn(&Block, &mut Walk) -> Result<(), String>;

/// A form of document.
pub(crate) struct Reader {
    pub(crate) word: &'static str,
    pub(crate) languages: &'static [&'static str],
    pub(crate) read: Read,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.word)
    }
}

impl PartialEq for Reader {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Reader {}

const JSON: &[&str] = &["json"];
const ANY: &[&str] = &["json", "yaml", "toml"];

const fn reader(word: &'static str, languages: &'static [&'static str], read: Read) -> Reader {
    Reader { word, languages, read }
}

/// All of them.
pub(crate) static READERS: &[Reader] = &[
    // What people write.
    reader("config", ANY, |block, walk| walk.check_config(block)),
    reader("scenario", ANY, |block, walk| {
        let value = document(block, walk)?;
        fits("scenario", &value)?;
        scenario(&value)
    }),
    reader("case", ANY, |block, walk| fits("case", &document(block, walk)?)),
    reader("settings", JSON, |block, walk| settings(&exact(block)?, walk)),
    reader("release-policy", ANY, |block, walk| release_policy(&document(block, walk)?)),
    reader("github", &["yaml"], |block, walk| ci::github(&list(block, walk)?)),
    reader("gitlab", &["yaml"], |block, walk| ci::gitlab(&document(block, walk)?)),
    // What is signed.
    reader("envelope", JSON, |block, _| read(Envelope::parse(block.text.trim().as_bytes()))),
    reader("statement", JSON, |block, _| statement(block)),
    reader("key", JSON, |block, _| of_type::<TrustedKey>(block)),
    reader("issuers", JSON, |block, _| read(issuers::read_directory(block.text.as_bytes()))),
    reader("outcome", JSON, |block, _| read(issuers::OutcomeRecord::read(&exact(block)?))),
    reader("waiver", JSON, |block, _| read(Waiver::read(&exact(block)?))),
    reader("execution-evidence", JSON, |block, _| read(execution_evidence::ExecutionEvidence::read(&exact(block)?))),
    reader("beacon-attestation", JSON, |block, _| read(beacon::BeaconAttestation::read(&exact(block)?))),
    reader("beacon-log", JSON, |block, _| beacon_log(block)),
    reader("confidence", JSON, |block, _| read(confidence::ConfidenceFactors::read(&exact(block)?))),
    reader("lattice-state", JSON, |block, _| read(lattice_state::Reachability::read(&exact(block)?))),
    reader("uncertainty", JSON, |block, _| read(uncertainty_tier::Uncertainty::read(&exact(block)?))),
    // What providers are asked and answer.
    reader("evidence-result", JSON, |block, _| evidence_result(exact(block)?)),
    reader("evidence-query", JSON, |block, _| of_type::<EvidenceQuery>(block)),
    // What is recorded.
    reader("policy", JSON, |block, _| read(Policy::read(&canonical::to_vec(&exact(block)?)))),
    reader("event", JSON, |block, _| read(Event::from_value(exact(block)?))),
    reader("events", JSON, |block, _| events(&exact(block)?)),
    reader("value", JSON, |block, _| of_type::<Kept>(block)),
    reader("head", JSON, |block, _| StreamHead::read(block.text.trim().as_bytes()).map(drop).ok_or("no head".into())),
    reader("proofs", JSON, |block, _| of_type::<Proofs>(block)),
    reader("checkpoint", &["text"], |block, _| read(read_checkpoint(block.text.as_bytes()))),
    reader("report", JSON, |block, _| of_type::<Report>(block)),
    reader("explanation", JSON, |block, _| of_type::<Explanation>(block)),
];

/// What stands beside a value in `values.json`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read to see that it has this form")]
struct Kept {
    salt: Salt,
    seq: u64,
    slot: String,
    value: Answer,
}

/// `proofs.json`; that its path leads to its checkpoint is a law of its page.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read to see that it has this form")]
struct Proofs {
    checkpoint: Option<Inclusion>,
    generated_at: decision_gate_core::at::Timestamp,
    profile: decision_gate_core::runpack::Profile,
    root: decision_gate_core::digest::Digest,
    size: u64,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read to see that it has this form")]
struct Inclusion {
    inclusion: Vec<decision_gate_core::digest::Digest>,
    index: u64,
}

/// What a server that wants it is told beside a question.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read to see that it has this form")]
struct EvidenceQuery {
    query: decision_gate_core::evidence::Query,
    context: QueryContext,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read to see that it has this form")]
struct QueryContext {
    tenant_id: decision_gate_core::name::TenantId,
    namespace_id: decision_gate_core::name::NamespaceId,
    run_id: Option<decision_gate_core::name::RunId>,
    scenario_id: Option<decision_gate_core::name::ScenarioId>,
    stage_id: Option<decision_gate_core::name::StageId>,
    subject: Option<decision_gate_core::evidence::Subject>,
    environment: Option<String>,
    asked_at: decision_gate_core::at::Timestamp,
}

fn read<T, E: std::fmt::Debug>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|it| format!("{it:?}"))
}

/// The text as strict JSON.
pub(crate) fn exact(block: &Block) -> Result<Value, String> {
    parse_exact(block.text.as_bytes(), &Limits::message(1 << 20)).map_err(|it| it.to_string())
}

fn of_type<T: DeserializeOwned>(block: &Block) -> Result<(), String> {
    read(serde_json::from_value::<T>(exact(block)?))
}

/// The text in whatever language it is.
fn document(block: &Block, walk: &Walk) -> Result<Value, String> {
    parsed(&block.language, &block.text, walk)
}

/// A list in YAML, which is a part of a document.
fn list(block: &Block, walk: &Walk) -> Result<Value, String> {
    let text = format!("list:\n{}", block.text).trim_end().replace('\n', "\n  ");
    let mut document = parsed(&block.language, &text, walk)?;
    Ok(document["list"].take())
}

fn parsed(language: &str, text: &str, walk: &Walk) -> Result<Value, String> {
    let suffix = format!(".{language}");
    let mut file = tempfile::Builder::new().suffix(&suffix).tempfile_in(walk.root()).map_err(|it| it.to_string())?;
    file.write_all(text.as_bytes()).map_err(|it| it.to_string())?;
    let document = decision_gate_config::document(file.path()).map_err(|it| format!("{it:?}"))?;
    Ok(document.value().clone())
}

fn scenario(value: &Value) -> Result<(), String> {
    read(Scenario::read(value).and_then(Scenario::check))
}

fn release_policy(value: &Value) -> Result<(), String> {
    let mut document = PolicyDocument::built_in();
    read(document.overlay("the block", value))?;
    read(document.policy())?;
    fits("release-policy", value)
}

/// Whether a document is what the published schema of its kind takes.
fn fits(name: &str, value: &Value) -> Result<(), String> {
    let path = decision_gate_tests::project_root().join(format!("schemas/{name}.schema.json"));
    let schema = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.validate(value).map_err(|it| format!("{name}.schema.json: {it}"))
}

/// Settings of an editor: the schemas that they name are there.
fn settings(value: &Value, walk: &Walk) -> Result<(), String> {
    let yaml = value["yaml.schemas"].as_object().into_iter().flatten().map(|(path, _)| path.as_str());
    let json = value["json.schemas"].as_array().into_iter().flatten().filter_map(|it| it["url"].as_str());
    let named: Vec<_> = yaml.chain(json).collect();
    let missing = named.iter().find(|it| !walk.root().join("project").join(it).is_file());
    match missing {
        _ if named.is_empty() => Err("no schema is named".to_owned()),
        Some(path) => Err(format!("there is no `{path}`")),
        None => Ok(()),
    }
}

fn statement(block: &Block) -> Result<(), String> {
    read(Statement::read(&canonical::to_vec(&exact(block)?)))?;
    read(EvidenceStatement::read(&exact(block)?))
}

/// What a provider answers: an evidence result without the lane, which the gate assigns.
fn evidence_result(mut value: Value) -> Result<(), String> {
    let members = value.as_object_mut().filter(|it| !it.contains_key("lane")).ok_or("no object, or one with a lane")?;
    members.insert("lane".to_owned(), "verified".into());
    read(serde_json::from_value::<EvidenceResult>(value))
}

fn events(value: &Value) -> Result<(), String> {
    value.as_array().ok_or("no list")?.iter().try_for_each(|it| read(Event::from_value(it.clone())))
}

fn beacon_log(block: &Block) -> Result<(), String> {
    let options = BeaconOptions {
        artifact_id: format!("sha256:{}", "0".repeat(64)),
        environment_id: "staging".to_owned(),
        beacon_source: "ebpf_uprobe".to_owned(),
        beacon_function: None,
        start: None,
        end: None,
        window_millis: None,
        period_millis: Some(1_000),
        timestamp: None,
    };
    read(beacon_attestations(block.text.as_bytes(), &options))
}
