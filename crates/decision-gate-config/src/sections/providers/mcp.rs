//! Settings of a provider of type `mcp`: a server of somebody else that is started, or called, to answer.
//!
//! One that is started gets no environment variable that is not named here, and works in the folder of the configuration file unless
//! `cwd` says otherwise, never in the one that the gate was started in. What it is asked stands here too: the checks,
//! each with the tool that answers it and where in the tool's answer the value lies.

use std::collections::BTreeMap;

use decision_gate_core::condition::Comparator;
use decision_gate_core::contract::AnchorType;
use decision_gate_core::name::CheckId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::VariableName;
use super::address::{HeaderName, PublicRoots, ServerUrl};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::values::{Bounded, ConfigPath, text_type};

/// Settings of a provider of type `mcp`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct McpSettings {
    /// What is spoken with it.
    pub protocol: Protocol,
    /// How an MCP server is greeted.
    pub handshake: Handshake,
    /// The address of a server that is not started here, over streamable HTTP: `https://host/path`.
    pub url: Option<ServerUrl>,
    /// Whether that address may be plain `http`. No secret is sent over it.
    pub allow_http: bool,
    /// Whether the host of that address may be a loopback or private one.
    pub allow_private: bool,
    /// The environment variable with a bearer token for that address.
    pub bearer_token_env: Option<VariableName>,
    /// Headers for that address, each with the environment variable that holds its value.
    pub header_env: BTreeMap<HeaderName, VariableName>,
    /// Certificates in PEM form of authorities that are trusted for that address beside the public ones.
    pub ca_file: Option<ConfigPath>,
    /// Whether the public authorities that this build carries are trusted for that address.
    pub public_roots: PublicRoots,
    /// The program: a path, relative to the configuration file's folder, or a bare name that is looked up in `PATH`.
    pub command: Option<Program>,
    /// Its arguments.
    pub args: Vec<String>,
    /// The environment variables that it gets from this process.
    pub env: Vec<VariableName>,
    /// Environment variables that it gets with these values. Not for secrets: `config show` prints them.
    pub set_env: BTreeMap<VariableName, String>,
    /// The folder that it works in; without it that of the configuration file.
    pub cwd: Option<ConfigPath>,
    /// A file with its contract; without it the contract is made of `checks`.
    pub contract: Option<ConfigPath>,
    /// What it can be asked, or, beside a contract file, how some of those checks are asked.
    pub checks: Vec<McpCheck>,
    /// Whether it is told which check is asked for, with which parameters, by which run: what a signature binds.
    pub send_context: bool,
    /// How long it may take to start, in milliseconds.
    pub start_timeout_ms: Bounded<100, 120_000, 20_000>,
    /// The longest message that is read from it.
    pub max_message_bytes: Bounded<1_024, 16_777_216, 1_048_576>,
    /// How many queries it gets at the same time; the others wait.
    pub max_concurrent: Bounded<1, 256, 16>,
    /// What becomes of what it writes to stderr.
    pub stderr: StderrUse,
}

/// One thing that it can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct McpCheck {
    /// The check's id.
    pub check_id: CheckId,
    /// The tool that answers it; without it the one of the same name.
    pub tool: Option<String>,
    /// The tool's arguments. A text `{params.NAME}` stands for that parameter of the check, and for nothing if the
    /// parameter is not given. Without this table the parameters are the arguments.
    pub arguments: Option<BTreeMap<String, Value>>,
    /// What form the tool's answer has.
    #[serde(default)]
    pub answer: AnswerForm,
    /// Where in the answer the value lies; without it the answer is the value.
    pub jsonpath: Option<String>,
    /// What it answers, in one sentence.
    pub description: Option<String>,
    /// JSON Schema of its parameters; without it what `arguments` names, or any object.
    pub params_schema: Option<Value>,
    /// JSON Schema of its values; without it any value.
    pub result_schema: Option<Value>,
    /// Which comparators may be used on it; without them all.
    pub comparators: Option<Vec<Comparator>>,
    /// The anchors that it brings.
    pub anchor_types: Option<Vec<AnchorType>>,
}

/// What is spoken with a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Protocol {
    /// The Model Context Protocol.
    #[default]
    #[serde(rename = "mcp")]
    Mcp,
    /// The provider protocol of the public Decision Gate project.
    #[serde(rename = "decision-gate-v0")]
    DecisionGateV0,
}

/// How an MCP server is greeted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Handshake {
    /// With `server/discover`, and with `initialize` if it does not know that.
    #[default]
    Auto,
    /// With `initialize`.
    Initialize,
    /// With `server/discover`.
    Discover,
}

/// What form a tool's answer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerForm {
    /// `structuredContent` is the value, or holds it.
    #[default]
    Structured,
    /// `structuredContent` is an evidence result: value, lane, error, hash, anchor, signature.
    Evidence,
    /// The one text of the answer is the value.
    Text,
    /// The one text of the answer is JSON, which is the value, or holds it.
    JsonText,
}

/// What becomes of what a provider writes to stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StderrUse {
    /// It is thrown away: it may contain what must not be shown.
    #[default]
    Discard,
    /// It is logged, line by line, cut and bounded.
    Log,
}

impl McpSettings {
    pub(super) fn check(&self, checks: &mut Checks) {
        self.check_way(checks);
        if self.contract.is_none() && self.checks.is_empty() {
            checks.report(Fault::MissingOneOf { keys: vec!["checks".to_owned(), "contract".to_owned()] });
        }
        checks.key("checks", |checks| {
            checks.unique(&self.checks, "check_id", "check_id", |check| check.check_id.to_string());
            checks.items(&self.checks, |checks, check| check.check(checks, self));
        });
    }

    /// A program or an address, and only what goes with the one that it is.
    fn check_way(&self, checks: &mut Checks) {
        let mut conflict = |set: bool, this: &str, other: &str| {
            if set {
                let (this, other) = (this.to_owned(), other.to_owned());
                checks.report(Fault::Conflict { this, other });
            }
        };
        let Some(url) = &self.url else {
            conflict(self.allow_http, "allow_http", "command");
            conflict(self.allow_private, "allow_private", "command");
            conflict(self.bearer_token_env.is_some(), "bearer_token_env", "command");
            conflict(!self.header_env.is_empty(), "header_env", "command");
            conflict(self.ca_file.is_some(), "ca_file", "command");
            conflict(self.public_roots == PublicRoots(false), "public_roots", "command");
            if self.command.is_none() {
                checks.report(Fault::MissingOneOf { keys: vec!["command".to_owned(), "url".to_owned()] });
            }
            return;
        };
        conflict(self.command.is_some(), "url", "command");
        conflict(!self.args.is_empty(), "args", "url");
        conflict(!self.env.is_empty(), "env", "url");
        conflict(!self.set_env.is_empty(), "set_env", "url");
        conflict(self.cwd.is_some(), "cwd", "url");
        conflict(self.stderr != StderrUse::default(), "stderr", "url");
        conflict(self.protocol == Protocol::DecisionGateV0, "url", "protocol = \"decision-gate-v0\"");
        let plain = url.is_plain();
        conflict(plain && !self.allow_http, "url = \"http://…\"", "allow_http = false");
        conflict(plain && self.bearer_token_env.is_some(), "bearer_token_env", "url = \"http://…\"");
        conflict(plain && !self.header_env.is_empty(), "header_env", "url = \"http://…\"");
        if !plain && self.public_roots == PublicRoots(false) && self.ca_file.is_none() {
            checks.report(Fault::MissingOneOf { keys: vec!["ca_file".to_owned(), "public_roots".to_owned()] });
        }
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        paths.extend(self.cwd.iter_mut().map(|path| (at.key("cwd"), path)));
        paths.extend(self.contract.iter_mut().map(|path| (at.key("contract"), path)));
        paths.extend(self.ca_file.iter_mut().map(|path| (at.key("ca_file"), path)));
    }
}

impl McpCheck {
    fn check(&self, checks: &mut Checks, settings: &McpSettings) {
        let mut conflict = |set: bool, this: &str, other: &str| {
            if set {
                let (this, other) = (this.to_owned(), other.to_owned());
                checks.report(Fault::Conflict { this, other });
            }
        };
        if settings.contract.is_some() {
            conflict(self.description.is_some(), "description", "contract");
            conflict(self.params_schema.is_some(), "params_schema", "contract");
            conflict(self.result_schema.is_some(), "result_schema", "contract");
            conflict(self.comparators.is_some(), "comparators", "contract");
            conflict(self.anchor_types.is_some(), "anchor_types", "contract");
        }
        if settings.protocol == Protocol::DecisionGateV0 {
            conflict(self.tool.is_some(), "tool", "protocol = \"decision-gate-v0\"");
            conflict(self.arguments.is_some(), "arguments", "protocol = \"decision-gate-v0\"");
            conflict(self.answer != AnswerForm::default(), "answer", "protocol = \"decision-gate-v0\"");
        }
        let whole = settings.protocol == Protocol::DecisionGateV0
            || matches!(self.answer, AnswerForm::Evidence | AnswerForm::Text);
        conflict(whole && self.jsonpath.is_some(), "jsonpath", "an answer that is no JSON document");
    }
}

text_type! {
    /// The program of a provider.
    Program, ProgramFault, check_program, { "type": "string", "minLength": 1, "maxLength": 4096 }
}

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a command must be 1 to 4096 bytes without a zero byte; its arguments go to `args`")]
pub struct ProgramFault;

fn check_program(text: &str) -> Result<(), ProgramFault> {
    let good = (1..=4096).contains(&text.len()) && !text.contains('\0') && text.trim() == text;
    if good { Ok(()) } else { Err(ProgramFault) }
}
