//! Why a query to an external provider has no answer. No variant knows what the provider wrote: its words may be the
//! very values that must not be shown.

use decision_gate_core::evidence::{Fault, FaultCode};
use serde_json::{Value, json};

use super::meter::Death;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QueryFault {
    #[error("there is no check `{check}`")]
    NoCheck { check: String },
    #[error("the parameters must be an object")]
    Params,
    #[error("`{program}` can't be started: {reason}")]
    NotStarted { program: String, reason: String },
    #[error("it did not finish its handshake: {reason}")]
    Handshake { reason: String },
    #[error("it was not ready within {limit_ms} ms")]
    StartTimeout { limit_ms: u64 },
    #[error("it failed {failures} times in a row and rests for {retry_after_ms} ms")]
    Resting { failures: u32, retry_after_ms: u64 },
    #[error("it did not answer within {limit_ms} ms")]
    Timeout { limit_ms: u64 },
    #[error("it has no tool `{tool}`")]
    NoTool { tool: String },
    #[error("{0}")]
    Died(Death),
    #[error("it answered with the status {status}")]
    Status { status: u16 },
    #[error("its answer has {length} bytes, the limit is {limit}")]
    TooLong { length: u64, limit: usize },
    #[error("its answer is not well-formed: {reason}")]
    Malformed { reason: String },
    #[error("its answer has a number that is not exact as a double")]
    Inexact,
    #[error("it answered with the protocol error {code}")]
    Protocol { code: i32 },
    #[error("the tool `{tool}` reports an error")]
    ToolError { tool: String, code: Option<String> },
    #[error("it asks for something before it answers, and gets nothing")]
    AsksBack,
    #[error("its answer has no {wanted}")]
    Form { wanted: &'static str },
    #[error("the jsonpath can't be asked of its answer: {reason}")]
    Path { code: &'static str, reason: String },
}

impl QueryFault {
    /// Stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoCheck { .. } => "check_missing",
            Self::Params => "params_invalid",
            Self::NotStarted { .. } | Self::Handshake { .. } => "provider_not_started",
            Self::StartTimeout { .. } | Self::Timeout { .. } => "provider_timeout",
            Self::Resting { .. } => "provider_resting",
            Self::NoTool { .. } => "provider_tool_missing",
            Self::Died(death) => death.code(),
            Self::Status { .. } => "provider_http_status",
            Self::TooLong { .. } => "evidence_too_large",
            Self::Malformed { .. } => "evidence_invalid",
            Self::Inexact => "number_out_of_range",
            Self::Protocol { .. } => "provider_protocol_error",
            Self::ToolError { .. } => "provider_tool_error",
            Self::AsksBack => "provider_asks_back",
            Self::Form { .. } => "provider_answer_unusable",
            Self::Path { code, .. } => code,
        }
    }

    /// What to do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::NoCheck { .. } => "ask for one of the provider's checks",
            Self::Params => "write the parameters as an object",
            Self::NotStarted { .. } => "correct `command`, or install the program",
            Self::Handshake { .. } => "start the program by hand, or set `handshake = \"initialize\"`",
            Self::StartTimeout { .. } => "raise `start_timeout_ms`",
            Self::Resting { .. } => "find out why it fails, then ask again after that time",
            Self::Timeout { .. } => "raise `timeout_ms` of the provider, or make it answer sooner",
            Self::NoTool { .. } => "name one of its tools under `checks`",
            Self::Died(Death::Unreachable(_)) => {
                "see that `url` is right and can be reached from here; the code in the message says what is wrong"
            }
            Self::Died(_) => "ask again: it is started anew",
            Self::Status { .. } => "send the same call by hand; 401 and 403 mean that it wants another token",
            Self::TooLong { .. } => "let the tool answer with less, or raise `max_message_bytes`",
            Self::Malformed { .. } => "correct the provider",
            Self::Inexact => "let the provider write the number with at most 15 significant digits, or as a string",
            Self::Protocol { .. } | Self::ToolError { .. } => "call the tool by hand with the same arguments",
            Self::AsksBack => "use a tool that answers from its arguments alone",
            Self::Form { .. } => "set `answer` of the check to the form that the tool answers in",
            Self::Path { .. } => "correct `jsonpath` of the check",
        }
    }

    fn facts(&self) -> Value {
        let mut facts = match self {
            Self::StartTimeout { limit_ms } | Self::Timeout { limit_ms } => json!({ "timeout_ms": limit_ms }),
            Self::Resting { failures, retry_after_ms } => {
                json!({ "failures": failures, "retry_after_ms": retry_after_ms })
            }
            Self::TooLong { length, limit } => json!({ "max_bytes": limit, "actual_bytes": length }),
            Self::Protocol { code } => json!({ "error_code": code }),
            Self::Status { status } => json!({ "status": status }),
            Self::Died(Death::Unreachable(reason)) => json!({ "reason": reason }),
            Self::ToolError { tool, code: Some(code) } => json!({ "tool": tool, "provider_code": code }),
            Self::NoTool { tool } | Self::ToolError { tool, code: None } => json!({ "tool": tool }),
            Self::NoCheck { .. }
            | Self::Params
            | Self::NotStarted { .. }
            | Self::Handshake { .. }
            | Self::Died(_)
            | Self::Malformed { .. }
            | Self::Inexact
            | Self::AsksBack
            | Self::Form { .. }
            | Self::Path { .. } => json!({}),
        };
        if let Value::Object(facts) = &mut facts {
            facts.insert("hint".to_owned(), Value::from(self.hint()));
        }
        facts
    }
}

impl From<QueryFault> for Fault {
    fn from(fault: QueryFault) -> Self {
        let (code, facts) = (FaultCode::known(fault.code()), fault.facts());
        Self::new(code, fault.to_string()).with_details(facts)
    }
}
