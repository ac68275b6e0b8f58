//! Reads the table of `tests/conformance/mcp_stdio`: what is sent, and what must come back.

use std::fs;

use decision_gate_tests::wire::MODERN;
use decision_gate_tests::{Fault, project_root};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Behaviour {
    title: String,
    cases: Vec<Case>,
}

/// One case, with the title of its behaviour.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) why: String,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    #[serde(default)]
    end: Option<String>,
    #[serde(default)]
    pub(crate) last: Vec<Value>,
    #[serde(default)]
    needs: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    send: Send,
    #[serde(default = "newline")]
    end: String,
    #[serde(default)]
    pub(crate) expect: Vec<Value>,
    #[serde(default)]
    order: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Send {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Fill { fill: String, times: usize },
    Hex { hex: String },
}

fn newline() -> String {
    "\n".to_owned()
}

/// Every case, by file.
pub(crate) fn read() -> Result<Vec<Case>, Fault> {
    let folder = project_root().join("tests").join("conformance").join("mcp_stdio");
    let listed = fs::read_dir(&folder).map_err(Fault::io("read", &folder))?;
    let mut files: Vec<_> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let bytes = fs::read(&path).map_err(Fault::io("read", &path))?;
        let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let behaviour: Behaviour = serde_json::from_slice(&bytes).map_err(|source| Fault::BadFile { path, source })?;
        for mut case in behaviour.cases {
            case.name = format!("{file}/{}", case.name);
            case.title.clone_from(&behaviour.title);
            all.push(case);
        }
    }
    Ok(all)
}

impl Case {
    pub(crate) fn has_session(&self) -> bool {
        self.session.as_deref() != Some("none")
    }

    pub(crate) fn needs(&self, what: &str) -> bool {
        self.needs.iter().any(|it| it == what)
    }

    pub(crate) fn ends_by_signal(&self) -> bool {
        self.end.as_deref() == Some("signal")
    }

    /// Whether the same is to be expected of requests that stand alone. A case without a session says itself what it
    /// is, and the eras have a file of their own.
    pub(crate) fn holds_without_a_session(&self) -> bool {
        self.has_session() && !self.name.starts_with("16_eras/")
    }
}

impl Step {
    pub(crate) fn is_strict(&self) -> bool {
        self.order.as_deref() == Some("strict")
    }

    /// What to write.
    pub(crate) fn bytes(&self, modern: bool) -> Vec<u8> {
        let mut bytes = match &self.send {
            Send::Text(text) => filled(text).into_bytes(),
            Send::Parts(parts) => parts.iter().flat_map(Part::bytes).collect(),
        };
        if modern {
            let lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(alone).collect();
            bytes = lines.join(&b'\n');
        }
        bytes.extend_from_slice(self.end.as_bytes());
        bytes
    }
}

impl Part {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => filled(text).into_bytes(),
            Self::Fill { fill, times } => fill.repeat(*times).into_bytes(),
            Self::Hex { hex } => {
                let digits: Vec<_> = hex.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
                digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
            }
        }
    }
}

/// The scenario that the slow call defines: slow because somebody else holds the ledger meanwhile.
pub(crate) fn slow_arguments() -> Value {
    let condition = json!({
        "condition_id": "later", "query": {"provider_id": "time", "check_id": "now"}, "comparator": "exists",
    });
    let stage = json!({
        "stage_id": "only", "gates": [{"gate_id": "time", "requirement": {"Condition": "later"}}],
        "advance_to": {"kind": "terminal"},
    });
    json!({"spec": {
        "scenario_id": "slow", "namespace_id": 1, "spec_version": "1", "stages": [stage], "conditions": [condition],
    }})
}

fn filled(text: &str) -> String {
    text.replace("${tool}", "providers_list")
        .replace("${arguments}", "{}")
        .replace("${slow_tool}", "scenario_define")
        .replace("${slow_arguments}", &slow_arguments().to_string())
}

/// The same request as one that stands alone; any other line as it is.
fn alone(line: &[u8]) -> Vec<u8> {
    with_meta(line).map_or_else(|| line.to_vec(), String::into_bytes)
}

/// The text stays what it is otherwise, since it is what the case is about.
fn with_meta(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?;
    let message: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let method = message.get("method")?.as_str()?;
    if message.get("id").is_none() || method == "initialize" {
        return None;
    }
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "case", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    // A request that stands alone has no `ping`.
    let text = text.replacen(r#""method":"ping""#, r#""method":"tools/list""#, 1);
    match message.get("params") {
        None => {
            let (before, _) = text.rsplit_once('}')?;
            Some(format!(r#"{before},"params":{{"_meta":{meta}}}}}"#))
        }
        Some(Value::Object(params)) if !params.contains_key("_meta") => {
            let comma = if params.is_empty() { "" } else { "," };
            Some(text.replacen(r#""params":{"#, &format!(r#""params":{{"_meta":{meta}{comma}"#), 1))
        }
        Some(_) => None,
    }
}

/// Whether `message` has at least what `expected` has.
fn matches(message: &Value, expected: &Value) -> bool {
    let Value::Object(members) = expected else { return message == expected };
    members.iter().all(|(name, expected)| match message.get(name) {
        None => expected == "$absent",
        Some(found) => matches(found, expected),
    })
}

/// Checks `received` against `expected`: each exactly once, and nothing else.
pub(crate) fn settle(received: &[Value], expected: &[Value], strict: bool) -> Result<(), String> {
    let mut left: Vec<&Value> = received.iter().collect();
    for (at, expected) in expected.iter().enumerate() {
        match left.iter().position(|message| matches(message, expected)) {
            Some(found) if !strict || found == 0 => drop(left.remove(found)),
            _ => return Err(format!("expected message {at} is not there: {expected}\n     received: {received:?}")),
        }
    }
    if left.is_empty() { Ok(()) } else { Err(format!("more than expected: {left:?}")) }
}
