use decision_gate_core::json::{Limits, parse};

use super::*;

fn broken(text: &[u8]) -> Refusal {
    parse(text, &Limits::new(64, 2)).unwrap_err().into()
}

/// One of each, as the client sees it; a code that goes away is a visible change.
#[test]
fn every_refusal_says_what_is_wrong_and_what_to_do() {
    let refusals = [
        broken(b"{"),
        broken(b"\"\xFF\""),
        broken(b"[[[]]]"),
        broken(b"{\"a\":1,\"a\":2}"),
        broken(b"\"\\ud800\""),
        Refusal::LineTooLong { length: 3_000_000, limit: 1_048_576 },
        Refusal::Batch,
        Refusal::NotAnObject { found: "a number" },
        Refusal::Version,
        Refusal::Method,
        Refusal::Id { found: "null" },
        Refusal::DuplicateId,
        Refusal::UnknownMethod { method: "no/such".to_owned() },
        Refusal::param("params.name", "a text"),
        Refusal::Number { pointer: "/params/x".to_owned(), text: "1e400".to_owned() },
        Refusal::UnknownTool { name: "precheque".to_owned(), nearest: Some("precheck") },
        Refusal::Cursor,
        Refusal::NoSession { missing: vec!["io.modelcontextprotocol/protocolVersion"] },
        Refusal::Internal,
    ];
    let lines = refusals.map(|refusal| {
        let ErrorData { code, message, data } = refusal.into();
        format!("{} {message}\n       {}", code.0, data.unwrap_or_default())
    });
    insta::assert_snapshot!(lines.join("\n"));
}
