//! Is a message what the protocol's own JSON schema says it is? The schemas of both revisions are vendored. A checker
//! follows a conversation, so that each answer is held against the definition of what was asked, in the revision that
//! the request was made in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The revision that has no handshake.
pub const MODERN: &str = "2026-07-28";
/// The last revision that begins with `initialize`.
pub const LEGACY: &str = "2025-11-25";
/// The key under which a modern request carries its revision.
pub const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

const UNSUPPORTED_VERSION: i64 = -32022;
const MISSING_CAPABILITY: i64 = -32021;

/// Which of the two ways to talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// `initialize` first, up to 2025-11-25.
    Legacy,
    /// Each request stands alone, 2026-07-28.
    Modern,
}

impl Era {
    /// Both, for tests that hold in each.
    pub const ALL: [Self; 2] = [Self::Legacy, Self::Modern];

    /// The revision that stands for the era.
    pub fn revision(self) -> &'static str {
        match self {
            Self::Legacy => LEGACY,
            Self::Modern => MODERN,
        }
    }

    fn schema(self) -> &'static Value {
        static LEGACY_SCHEMA: OnceLock<Value> = OnceLock::new();
        static MODERN_SCHEMA: OnceLock<Value> = OnceLock::new();
        let (cell, text) = match self {
            Self::Legacy => (&LEGACY_SCHEMA, include_str!("../schemas/mcp/2025-11-25.json")),
            Self::Modern => (&MODERN_SCHEMA, include_str!("../schemas/mcp/2026-07-28.json")),
        };
        // A vendored file that is not JSON validates nothing and is caught by this module's own tests.
        cell.get_or_init(|| serde_json::from_str(text).unwrap_or(Value::Null))
    }
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The test.
    Client,
    /// The server under test.
    Server,
}

/// A message that the schema does not allow.
#[derive(Debug, thiserror::Error)]
#[error("not a `{definition}` of {revision}: {reasons}\n  in {line}")]
pub struct Violation {
    /// The definition it was held against.
    pub definition: String,
    /// The revision of that definition.
    pub revision: &'static str,
    /// What the schema says against it.
    pub reasons: String,
    /// The message.
    pub line: String,
}

/// Holds `message` against one definition of the era's schema.
///
/// # Errors
/// When the schema does not allow it, or has no such definition.
pub fn validate_as(era: Era, definition: &str, message: &Value) -> Result<(), Violation> {
    let violation = |reasons: String| Violation {
        definition: definition.to_owned(),
        revision: era.revision(),
        reasons,
        line: message.to_string(),
    };
    let validator = validator(era, definition).map_err(&violation)?;
    let reasons: Vec<String> =
        validator.iter_errors(message).map(|error| format!("{error} at `{}`", error.instance_path())).collect();
    if reasons.is_empty() { Ok(()) } else { Err(violation(reasons.join("; "))) }
}

/// Holds a line against the schema's `JSONRPCMessage`, knowing nothing about what came before.
///
/// # Errors
/// When it is not JSON, or not such a message.
pub fn validate(era: Era, line: &str) -> Result<(), Violation> {
    validate_as(era, "JSONRPCMessage", &parse(era, line)?)
}

/// Follows one conversation and holds each message against what it must be at that place.
#[derive(Debug)]
pub struct Checker {
    era: Era,
    pending: BTreeMap<String, (Era, String)>,
}

impl Checker {
    /// A conversation whose messages are of `era` unless they say otherwise.
    pub fn new(era: Era) -> Self {
        Self { era, pending: BTreeMap::new() }
    }

    /// Notes a line of the client, whatever it is: a test may send nonsense on purpose.
    pub fn sent(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Value>(line) else { return };
        let (Some(id), Some(method)) = (message.get("id"), message.get("method").and_then(Value::as_str)) else {
            return;
        };
        let modern = message.pointer("/params/_meta").is_some_and(|meta| meta.get(VERSION_KEY).is_some());
        let era = if modern { Era::Modern } else { Era::Legacy };
        self.pending.insert(id.to_string(), (era, method.to_owned()));
    }

    /// Holds a line of the server against the schema.
    ///
    /// # Errors
    /// When the schema does not allow it.
    pub fn received(&mut self, line: &str) -> Result<(), Violation> {
        let message = parse(self.era, line)?;
        // An id that has been answered is free again.
        let is_answer = message.get("method").is_none();
        let asked = message.get("id").filter(|_| is_answer).and_then(|id| self.pending.remove(&id.to_string()));
        let era = asked.as_ref().map_or(self.era, |(era, _)| *era);
        if message.get("method").is_some() {
            // The modern revision knows no requests of a server.
            let is_request = message.get("id").is_some();
            return validate_as(era, if is_request { "ServerRequest" } else { "ServerNotification" }, &message);
        }
        if message.get("error").is_some() {
            return validate_error(era, &message);
        }
        validate_as(era, "JSONRPCResultResponse", &message)?;
        match (asked, message.get("result")) {
            (Some((_, method)), Some(result)) => validate_result(era, &method, result),
            _ => Ok(()),
        }
    }
}

fn validate_error(era: Era, message: &Value) -> Result<(), Violation> {
    validate_as(era, "JSONRPCErrorResponse", message)?;
    match (era, message.pointer("/error/code").and_then(Value::as_i64)) {
        (Era::Modern, Some(UNSUPPORTED_VERSION)) => validate_as(era, "UnsupportedProtocolVersionError", message),
        (Era::Modern, Some(MISSING_CAPABILITY)) => validate_as(era, "MissingRequiredClientCapabilityError", message),
        _ => Ok(()),
    }
}

/// Holds a result against the definition that belongs to `method`, or against an empty result where it has none.
fn validate_result(era: Era, method: &str, result: &Value) -> Result<(), Violation> {
    if result.get("resultType").and_then(Value::as_str) == Some("input_required") {
        return validate_as(era, "InputRequiredResult", result);
    }
    validate_as(era, &result_definition(era, method), result)
}

/// `tools/list` is asked by a `ListToolsRequest` and answered by a `ListToolsResult`: the schema's own naming.
fn result_definition(era: Era, method: &str) -> String {
    let named = definitions(era).and_then(|all| {
        all.iter().find_map(|(name, definition)| {
            let asked = definition.pointer("/properties/method/const").and_then(Value::as_str);
            let answer = format!("{}Result", name.strip_suffix("Request")?);
            (asked == Some(method) && all.contains_key(&answer)).then_some(answer)
        })
    });
    named.unwrap_or_else(|| "Result".to_owned())
}

fn definitions(era: Era) -> Option<&'static serde_json::Map<String, Value>> {
    era.schema().get("$defs").and_then(Value::as_object)
}

fn parse(era: Era, line: &str) -> Result<Value, Violation> {
    serde_json::from_str(line).map_err(|error| Violation {
        definition: "JSONRPCMessage".to_owned(),
        revision: era.revision(),
        reasons: error.to_string(),
        line: line.to_owned(),
    })
}

type Compiled = BTreeMap<(Era, String), Arc<Validator>>;

fn validator(era: Era, definition: &str) -> Result<Arc<Validator>, String> {
    static COMPILED: Mutex<Compiled> = Mutex::new(Compiled::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (era, definition.to_owned());
    if let Some(known) = compiled.get(&key) {
        return Ok(Arc::clone(known));
    }
    let all = definitions(era).filter(|all| all.contains_key(definition)).ok_or("the revision has no such message")?;
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/$defs/{definition}"),
        "$defs": all,
    });
    let made = Arc::new(jsonschema::validator_for(&schema).map_err(|error| error.to_string())?);
    compiled.insert(key, Arc::clone(&made));
    Ok(made)
}

impl fmt::Display for Era {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(era: Era, sent: &Value, received: &Value) -> Result<(), Violation> {
        let mut checker = Checker::new(era);
        checker.sent(&sent.to_string());
        checker.received(&received.to_string())
    }

    fn modern(method: &str) -> Value {
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": {VERSION_KEY: MODERN}}})
    }

    #[test]
    fn an_answer_is_held_against_what_was_asked_in_its_own_revision() {
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        let tools = |more: Value| {
            let mut result = json!({"tools": [{"name": "a", "inputSchema": {"type": "object"}}]});
            for (key, value) in more.as_object().unwrap() {
                result[key] = value.clone();
            }
            json!({"jsonrpc": "2.0", "id": 1, "result": result})
        };
        let complete = json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private"});
        judge(Era::Legacy, &list, &tools(json!({}))).unwrap();
        judge(Era::Legacy, &modern("tools/list"), &tools(complete)).unwrap();
        // Without `resultType` and cache hints it is not an answer of the modern revision.
        let violation = judge(Era::Legacy, &modern("tools/list"), &tools(json!({}))).unwrap_err();
        assert_eq!((violation.revision, violation.definition.as_str()), (MODERN, "JSONRPCResultResponse"));
        let bare = json!({"jsonrpc": "2.0", "id": 1, "result": {"resultType": "complete", "tools": []}});
        let violation = judge(Era::Modern, &modern("tools/list"), &bare).unwrap_err();
        assert_eq!(violation.definition, "ListToolsResult");
        let wrong = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": 1}]}});
        assert_eq!(judge(Era::Legacy, &list, &wrong).unwrap_err().definition, "ListToolsResult");
    }

    #[test]
    fn what_a_server_may_never_write() {
        let ask = modern("tools/call");
        let cases = [
            ("an error whose id is null", json!({"jsonrpc": "2.0", "id": null, "error": {"code": -1, "message": ""}})),
            ("an error without a message", json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -1}})),
            ("a request of a modern server", json!({"jsonrpc": "2.0", "id": 7, "method": "roots/list"})),
            ("an unknown notification", json!({"jsonrpc": "2.0", "method": "notifications/no_such"})),
            (
                "a refused version without the supported ones",
                json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32022, "message": "no"}}),
            ),
            ("a tool result without content", json!({"jsonrpc": "2.0", "id": 1, "result": {"resultType": "complete"}})),
        ];
        for (what, message) in cases {
            assert!(judge(Era::Modern, &ask, &message).is_err(), "{what} passed: {message}");
        }
        assert!(validate(Era::Legacy, "starting up …").is_err());
        assert!(validate(Era::Legacy, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).is_ok());
    }

    #[test]
    fn every_request_of_both_revisions_has_the_result_its_name_says() {
        let named = |era, method| result_definition(era, method);
        assert_eq!(named(Era::Legacy, "initialize"), "InitializeResult");
        assert_eq!(named(Era::Legacy, "ping"), "Result");
        assert_eq!(named(Era::Modern, "server/discover"), "DiscoverResult");
        assert_eq!(named(Era::Modern, "tools/call"), "CallToolResult");
        assert_eq!(named(Era::Modern, "no/such"), "Result");
    }
}
