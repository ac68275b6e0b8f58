//! Checks that are computed from the decision's own inputs: `time` (`reference/payloads.md` 6.1).

use serde_json::{Value, json};

use crate::at::{Timestamp, instant};
use crate::evidence::{Answer, EvidenceAnchor, EvidenceValue, Fault, FaultCode, Found, Query};
use crate::policy::TimePolicy;

const PARAMS_MISSING: FaultCode = FaultCode::known("params_missing");
const PARAMS_INVALID: FaultCode = FaultCode::known("params_invalid");
const CHECK_MISSING: FaultCode = FaultCode::known("check_missing");
const LOGICAL_FORBIDDEN: FaultCode = FaultCode::known("logical_time_forbidden");

/// The answer of a derived check at `at`, under the time policy in force.
pub fn answer_under(query: &Query, at: Timestamp, time: &TimePolicy) -> Answer {
    match at {
        Timestamp::Logical(_) if !time.allow_logical => {
            Answer::Fault(Fault::new(LOGICAL_FORBIDDEN, "logical timestamps are not permitted").with_anchor(anchor(at)))
        }
        Timestamp::Logical(_) | Timestamp::UnixMillis(_) => answer(query, at),
    }
}

/// The answer of a derived check at `at`.
pub fn answer(query: &Query, at: Timestamp) -> Answer {
    let value = match query.check_id.as_str() {
        "now" => Ok(match at {
            Timestamp::UnixMillis(millis) => json!(millis),
            Timestamp::Logical(count) => json!(count),
        }),
        "after" => bound(query, at).map(|bound| json!(number(at) > bound)),
        "before" => bound(query, at).map(|bound| json!(number(at) < bound)),
        other => Err(Fault::new(CHECK_MISSING, format!("`time` has no check `{other}`"))),
    };
    match value {
        Ok(value) => Answer::Found(Box::new(Found {
            value: EvidenceValue::Json(value),
            content_type: Some("application/json".into()),
            anchor: Some(anchor(at)),
            ..Found::json(Value::Null)
        })),
        Err(fault) => Answer::Fault(fault.with_anchor(anchor(at))),
    }
}

/// Where the answer comes from: the evaluation time itself, as a canonical object with scalar fields.
fn anchor(at: Timestamp) -> EvidenceAnchor {
    let anchor_value = format!(r#"{{"time_kind":"{}","value":"{}"}}"#, at.kind(), number(at));
    EvidenceAnchor { anchor_type: "evaluation_time".into(), anchor_value }
}

fn number(at: Timestamp) -> i128 {
    match at {
        Timestamp::UnixMillis(millis) => millis.into(),
        Timestamp::Logical(count) => count.into(),
    }
}

/// The `timestamp` parameter: an integer of the run's own kind of time, or RFC 3339 text for wall-clock runs.
fn bound(query: &Query, at: Timestamp) -> Result<i128, Fault> {
    let given = query.params.as_ref().and_then(|it| it.get("timestamp"));
    let given = given.ok_or_else(|| Fault::new(PARAMS_MISSING, "`timestamp` is missing"))?;
    match (given, at) {
        (Value::Number(number), _) => {
            number.as_i64().map(i128::from).filter(|it| *it >= 0 || matches!(at, Timestamp::UnixMillis(_))).ok_or_else(
                || Fault::new(PARAMS_INVALID, "`timestamp` must be a whole number, not negative for logical time"),
            )
        }
        (Value::String(text), Timestamp::UnixMillis(_)) => instant(text)
            .map(|time| i128::from(time.as_millisecond()))
            .ok_or_else(|| Fault::new(PARAMS_INVALID, "`timestamp` must be milliseconds or an RFC 3339 date-time")),
        _ => Err(Fault::new(PARAMS_INVALID, "`timestamp` must be a whole number in a run of logical time")),
    }
}
