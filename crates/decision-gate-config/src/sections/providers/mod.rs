//! `providers`: where evidence may come from.
//!
//! Sources are closed unless opened (DESIGN P25): `env`, `http`, `json` and external servers exist only if they are
//! listed with what they may read. `time` reads nothing and is there without being listed.

mod address;
mod attestation;
mod env;
mod http;
mod json;
mod mcp;
mod prepare;
mod report;
mod report_source;
mod time;

use decision_gate_core::name::{NameError, ProviderId};
use decision_gate_core::trust::Lane;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

pub(crate) use self::prepare::prepare;
pub use self::{
    address::{HeaderName, HeaderNameFault, PublicRoots, ServerUrl, ServerUrlFault},
    attestation::{AttestationSettings, Signers},
    env::{EnvSettings, VariableFault, VariableName},
    http::{HostName, HostNameFault, HttpHost, HttpSettings, UserAgent, UserAgentFault},
    json::{JsonRoot, JsonSettings, RootId, RootIdFault},
    mcp::{AnswerForm, Handshake, McpCheck, McpSettings, Program, ProgramFault, Protocol, StderrUse},
    report::ReportSettings,
    report_source::{ReportPath, ReportPathFault, ReportPlace, ReportSource, ReportSources},
    time::TimeSettings,
};
use super::limits::Limits;
use super::trust::{Trust, TrustKey, TrustPolicy};
use super::{Checks, Section};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::values::{Bounded, ConfigPath};

/// Where evidence may come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Providers(Vec<Provider>);

/// One provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = by_name)]
pub struct Provider {
    /// The name that scenarios call it by; for a built-in one it is also which one.
    pub name: ProviderId,
    /// What kind of provider it is.
    #[serde(rename = "type", default = "ProviderKind::default_kind")]
    pub kind: ProviderKind,
    /// What its answers must bring; without it `trust.default_policy`.
    pub trust: Option<TrustPolicy>,
    /// Whether its raw values may be shown, where `evidence.allow_raw_values` is set.
    #[serde(default)]
    pub allow_raw: bool,
    /// The highest lane that its evidence can have; without it `verified`.
    pub max_lane: Option<Lane>,
    /// How long it may take for one query; without it `limits.query_timeout_ms`.
    pub timeout_ms: Option<QueryTimeout>,
    /// Its own settings.
    pub config: BuiltinSettings,
}

/// How long a query may take, in milliseconds.
pub type QueryTimeout = Bounded<100, 30_000, 10_000>;

/// What kind of provider it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Part of this program.
    Builtin,
    /// A server of its own, by default one that speaks the Model Context Protocol.
    Mcp,
}

impl ProviderKind {
    /// Whether its answers come from outside this program.
    pub fn is_outside(self) -> bool {
        match self {
            Self::Builtin => false,
            Self::Mcp => true,
        }
    }

    fn default_kind() -> Self {
        Self::Builtin
    }
}

/// The settings of a provider; which, its name says, or that it is of type `mcp`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuiltinSettings {
    /// Of `attestation`.
    Attestation(AttestationSettings),
    /// Of `env`.
    Env(EnvSettings),
    /// Of `http`.
    Http(HttpSettings),
    /// Of `json`.
    Json(JsonSettings),
    /// Of a provider of type `mcp`.
    Mcp(Box<McpSettings>),
    /// Of `report`.
    Report(ReportSettings),
    /// Of `time`.
    Time(TimeSettings),
}

/// The built-in providers by name.
pub(crate) const BUILTIN: [&str; 6] = ["attestation", "env", "http", "json", "report", "time"];

impl Providers {
    /// The providers that are listed.
    pub fn listed(&self) -> &[Provider] {
        &self.0
    }

    /// The providers there are: those that are listed, and `time`.
    pub fn effective(&self) -> Vec<Provider> {
        let is_time = |provider: &Provider| matches!(provider.config, BuiltinSettings::Time(_));
        let unlisted = if self.0.iter().any(is_time) { None } else { Provider::time().ok() };
        self.0.iter().cloned().chain(unlisted).collect()
    }
}

impl Providers {
    /// Notes every key that a provider's policy names and that there is not.
    pub(crate) fn check_keys(&self, keys: &[TrustKey], checks: &mut Checks) {
        checks.items(&self.0, |checks, provider| {
            if let Some(policy) = &provider.trust {
                checks.key("trust", |checks| policy.check_keys(keys, checks));
            }
            if let BuiltinSettings::Attestation(settings) = &provider.config {
                checks.key("config", |checks| settings.check_keys(keys, checks));
            }
        });
    }
}

impl Provider {
    /// What its answers must bring. What the gate reads itself needs no signature, whatever is asked of others.
    pub fn trust_policy<'a>(&'a self, trust: &'a Trust) -> &'a TrustPolicy {
        if self.kind.is_outside() { self.trust.as_ref().unwrap_or(&trust.default_policy) } else { &TrustPolicy::Audit }
    }

    /// The highest lane of its evidence without a signature that is good enough, where that is less than `max_lane`.
    pub fn unsigned_max_lane(&self, trust: &Trust) -> Option<Lane> {
        Some(trust.unsigned_max_lane).filter(|lane| self.kind.is_outside() && *lane < Lane::Verified)
    }

    /// A built-in provider reads for the gate itself and never signs: under `require_signature` all of it would be
    /// refused.
    fn check_trust(&self, checks: &mut Checks) {
        match (self.kind, &self.trust) {
            (ProviderKind::Builtin, Some(TrustPolicy::RequireSignature(_))) => {
                let (this, other) = ("require_signature".to_owned(), "type = \"builtin\"".to_owned());
                checks.key("trust", |checks| checks.report(Fault::Conflict { this, other }));
            }
            (ProviderKind::Builtin, Some(TrustPolicy::Audit) | None) | (ProviderKind::Mcp, _) => {}
        }
    }

    /// How long a query to it may take: its own limit, else the one for all.
    pub fn query_timeout_ms(&self, limits: &Limits) -> u64 {
        self.timeout_ms.map_or_else(|| limits.query_timeout_ms.get(), Bounded::get)
    }

    fn time() -> Result<Self, NameError> {
        Ok(Self {
            name: ProviderId::try_from("time")?,
            kind: ProviderKind::Builtin,
            trust: None,
            allow_raw: false,
            max_lane: None,
            timeout_ms: None,
            config: BuiltinSettings::Time(TimeSettings::default()),
        })
    }
}

impl Section for Providers {
    fn check(&self, checks: &mut Checks) {
        checks.unique(&self.0, "providers.name", "name", |provider| provider.name.to_string());
        checks.items(&self.0, |checks, provider| {
            provider.check_trust(checks);
            checks.key("config", |checks| match &provider.config {
                BuiltinSettings::Attestation(settings) => settings.check(checks),
                BuiltinSettings::Env(settings) => settings.check(checks),
                BuiltinSettings::Http(settings) => settings.check(checks),
                BuiltinSettings::Json(settings) => settings.check(checks),
                BuiltinSettings::Mcp(settings) => settings.check(checks),
                BuiltinSettings::Report(settings) => settings.check(checks),
                BuiltinSettings::Time(_) => {}
            });
        });
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        for (index, provider) in self.0.iter_mut().enumerate() {
            let at = at.index(index).key("config");
            match &mut provider.config {
                BuiltinSettings::Attestation(settings) => settings.paths(&at, paths),
                BuiltinSettings::Http(settings) => settings.paths(&at, paths),
                BuiltinSettings::Json(settings) => settings.paths(&at, paths),
                BuiltinSettings::Mcp(settings) => settings.paths(&at, paths),
                BuiltinSettings::Report(settings) => settings.paths(&at, paths),
                BuiltinSettings::Env(_) | BuiltinSettings::Time(_) => {}
            }
        }
    }
}

impl Serialize for BuiltinSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Attestation(settings) => settings.serialize(serializer),
            Self::Env(settings) => settings.serialize(serializer),
            Self::Http(settings) => settings.serialize(serializer),
            Self::Json(settings) => settings.serialize(serializer),
            Self::Mcp(settings) => settings.serialize(serializer),
            Self::Report(settings) => settings.serialize(serializer),
            Self::Time(settings) => settings.serialize(serializer),
        }
    }
}

impl JsonSchema for BuiltinSettings {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BuiltinSettings".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let attestation = generator.subschema_for::<AttestationSettings>();
        let env = generator.subschema_for::<EnvSettings>();
        let http = generator.subschema_for::<HttpSettings>();
        let json = generator.subschema_for::<JsonSettings>();
        let mcp = generator.subschema_for::<McpSettings>();
        let report = generator.subschema_for::<ReportSettings>();
        let time = generator.subschema_for::<TimeSettings>();
        schemars::json_schema!({ "type": "object", "anyOf": [attestation, env, http, json, mcp, report, time] })
    }
}

/// Says in the schema which settings go with which name or type, and that `time` needs none.
fn by_name(schema: &mut Schema) {
    let config = |settings: &str| json!({ "$ref": format!("#/$defs/{settings}") });
    let case = |name: &str, settings: &str, required: &[&str]| {
        json!({
            "if": { "properties": { "name": { "const": name } }, "required": ["name"] },
            "then": { "properties": { "config": config(settings) }, "required": required },
        })
    };
    let mcp = json!({ "properties": { "type": { "const": "mcp" } }, "required": ["type"] });
    let cases = [
        case("attestation", "AttestationSettings", &["config"]),
        case("env", "EnvSettings", &["config"]),
        case("http", "HttpSettings", &["config"]),
        case("json", "JsonSettings", &["config"]),
        case("report", "ReportSettings", &["config"]),
        case("time", "TimeSettings", &[]),
        json!({
            "if": mcp,
            "then": {
                "properties": { "name": { "not": { "enum": BUILTIN } }, "config": config("McpSettings") },
                "required": ["config"],
            },
            "else": { "properties": { "name": { "enum": BUILTIN } } },
        }),
    ];
    schema.insert("allOf".to_owned(), json!(cases));
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|key| key != "config");
    }
}
