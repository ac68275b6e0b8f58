//! The provider protocol of the public project: frames with a length, no handshake, one call at a time.

use decision_gate_tests::Fault;
use serde_json::{Value, json};

use super::{ask, serve, workspace};

#[test]
fn d05_a_provider_of_the_public_project_answers_or_costs_its_own_conditions() -> Result<(), Fault> {
    let v0 = "protocol = \"decision-gate-v0\"\nchecks = [{ check_id = \"measure\" }]";
    let modes = ["v0", "v0_text", "v0_lie", "v0_hang", "v0_huge"];
    let others: Vec<(&str, &str, &str)> = modes.iter().map(|mode| (*mode, *mode, v0)).collect();
    let workspace = workspace(&others)?;
    let mut server = serve(&workspace)?;
    for round in 0..2 {
        let answer = ask(&mut server, "v0", &json!({}))?;
        assert_eq!(answer["result"]["error"], Value::Null, "{round}: {answer}");
    }
    let codes = [
        ("v0_text", "provider_answer_unusable"),
        ("v0_lie", "evidence_invalid"),
        ("v0_hang", "provider_timeout"),
        ("v0_huge", "evidence_too_large"),
    ];
    for (mode, code) in codes {
        // A provider that was ended is started anew for the second question.
        for _ in 0..2 {
            let answer = ask(&mut server, mode, &json!({}))?;
            assert_eq!(answer["result"]["error"]["code"], code, "{mode}: {answer}");
            assert!(!answer.to_string().contains("s3cret"), "d22: {answer}");
        }
    }
    server.close()?;
    Ok(())
}
