//! Log notifications: what happens to a client's calls, once it asks to be told.
//!
//! A session asks by `logging/setLevel`, a request that stands alone by `logLevel` in its `_meta`; whoever does not ask gets
//! none. A notice names the tool, the outcome and the code, and never an argument, a value or anything else that a caller,
//! a provider or the configuration brought: what may be seen of these is in the answer, redacted as the policy says.

#![expect(deprecated, reason = "the newest revision is about to drop logging; clients of the others ask for it")]

use std::sync::atomic::{AtomicU8, Ordering};

use rmcp::{
    RoleServer,
    model::{CallToolResult, LoggingLevel, LoggingMessageNotificationParam, RequestMetaObject},
    service::Peer,
};
use serde_json::{Map, Value, json};

use super::era::Era;

/// Who says it.
const LOGGER: &str = "decision-gate";

/// No level: nothing is said.
const SILENT: u8 = u8::MAX;

/// The least level that the session asked for.
pub(super) struct Notices(AtomicU8);

impl Notices {
    pub(super) const fn silent() -> Self {
        Self(AtomicU8::new(SILENT))
    }

    /// From now on the session hears of `level` and above.
    pub(super) fn set(&self, level: LoggingLevel) {
        self.0.store(rank(level), Ordering::Relaxed);
    }

    /// The least level that is told for a request.
    pub(super) fn for_request(&self, era: Era, meta: &RequestMetaObject) -> Threshold {
        Threshold(match era {
            Era::Session => self.0.load(Ordering::Relaxed),
            Era::Stateless => meta.log_level().map_or(SILENT, rank),
        })
    }
}

/// The least level that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Threshold(u8);

impl Threshold {
    /// Whether anything is told at all.
    pub(super) fn is_silent(self) -> bool {
        self.0 == SILENT
    }

    /// Tells the client of a call that was answered. It has been told when this returns, so that nothing comes after the
    /// answer.
    pub(super) async fn answered(self, peer: &Peer<RoleServer>, tool: &'static str, result: &CallToolResult) {
        let (level, data) = account(tool, result);
        self.tell(peer, level, data).await;
    }

    /// Tells the client that a tool broke.
    pub(super) async fn broke(self, peer: &Peer<RoleServer>, tool: &'static str) {
        self.tell(peer, LoggingLevel::Error, json!({ "event": "tool_failed", "tool": tool })).await;
    }

    /// Tells the client that resources could not be listed.
    pub(super) async fn left_out(self, peer: &Peer<RoleServer>, code: &'static str) {
        self.tell(peer, LoggingLevel::Warning, json!({ "event": "resources_left_out", "code": code })).await;
    }

    async fn tell(self, peer: &Peer<RoleServer>, level: LoggingLevel, data: Value) {
        if rank(level) < self.0 {
            return;
        }
        let mut notice = LoggingMessageNotificationParam::new(level, data);
        notice.logger = Some(LOGGER.to_owned());
        let told = peer.notify_logging_message(notice).await;
        // A client that is gone is told nothing; the answer finds that out too.
        drop(told);
    }
}

/// What is said of a call: a decision at `info`, a refusal at `warning`, everything else at `debug`.
fn account(tool: &'static str, result: &CallToolResult) -> (LoggingLevel, Value) {
    let said = result.structured_content.as_ref();
    let word = |pointer: &str| said.and_then(|it| it.pointer(pointer)).and_then(Value::as_str).map(Value::from);
    let mut data = Map::new();
    data.insert("tool".to_owned(), tool.into());
    let level = if result.is_error == Some(true) {
        data.insert("event".to_owned(), "tool_refused".into());
        data.extend(word("/code").map(|code| ("code".to_owned(), code)));
        LoggingLevel::Warning
    } else if let Some(outcome) = word("/decision/outcome/kind") {
        data.insert("event".to_owned(), "decision".into());
        data.insert("outcome".to_owned(), outcome);
        for key in ["run_id", "status"] {
            data.extend(word(&format!("/{key}")).map(|it| (key.to_owned(), it)));
        }
        data.extend(word("/decision/decision_id").map(|it| ("decision_id".to_owned(), it)));
        LoggingLevel::Info
    } else {
        data.insert("event".to_owned(), "tool_answered".into());
        LoggingLevel::Debug
    };
    (level, Value::Object(data))
}

/// The order of levels, least first.
const fn rank(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}
