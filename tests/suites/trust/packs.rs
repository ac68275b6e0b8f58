//! Signed packs as an auditor meets them: the small verifier and the server's tool, each with keys of its own.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Workspace, binary, verifier};
use serde_json::{Value, json};

/// Runs one of the built programs; gives its exit code and what it said.
fn run(program: &Path, arguments: &[&str]) -> Result<(Option<i32>, String), Fault> {
    let launch = arguments.iter().fold(Launch::program(program), |launch, argument| launch.arg(*argument));
    let output = launch.output(Stdio::null())?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8(said).unwrap()))
}

fn gate(arguments: &[&str]) -> Result<String, Fault> {
    let (code, said) = run(&binary()?, arguments)?;
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    Ok(said)
}

/// A folder with keys, and packs of one release: signed by the gate, by somebody else, and by nobody.
struct Packs(Workspace);

impl Packs {
    fn made() -> Result<Self, Fault> {
        let packs = Self(Workspace::new()?);
        packs.0.mend()?;
        let config = packs.at("decision-gate.toml");
        for (key, keyring) in [("gate", "ring.json"), ("stranger", "other.json")] {
            let private = packs.at(&format!("{key}.pem"));
            gate(&["keys", "generate", key, "--private", &private, "--keyring", &packs.at(keyring)])?;
            let pack = packs.at(&format!("packs/{key}"));
            let scenario = packs.at("scenario.json");
            gate(&["check", &scenario, "--config", &config, "--run-id", key, "--export", &pack, "--sign", &private])?;
        }
        gate(&["runpack", "export", "gate", "--config", &config, "--out", &packs.at("packs/bare")])?;
        // The forger's pack holds together, and carries the gate's signature over another.
        gate(&["runpack", "export", "stranger", "--config", &config, "--out", &packs.at("packs/moved")])?;
        fs::copy(packs.at("packs/gate/manifest.sig"), packs.at("packs/moved/manifest.sig")).unwrap();
        Ok(packs)
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// The configuration with the gate's key, or with none.
    fn trusting(&self, trusted: bool) -> Result<(), Fault> {
        let config = fs::read_to_string(self.0.config()).unwrap();
        let (plain, _) = config.split_once("\n[[trust.keys]]").unwrap_or((&config, ""));
        let ring: Value = serde_json::from_str(&fs::read_to_string(self.at("ring.json")).unwrap()).unwrap();
        let key = format!(
            "\n[[trust.keys]]\nkey_id = \"gate\"\nalgorithm = \"ed25519\"\npublic_key = {}\n",
            ring[0]["public_key"]
        );
        self.0.write_config(&format!("{plain}{}", if trusted { &key } else { "" }))
    }
}

/// A pack, what its verification comes to with the gate's key, and the level that it reaches.
const JUDGED: [(&str, Option<&str>, &str); 4] = [
    ("gate", None, "signed"),
    ("bare", Some("expected_level"), "replayed"),
    ("stranger", Some("manifest_signer_refused"), "replayed"),
    ("moved", Some("manifest_signature_invalid"), "replayed"),
];

#[test]
fn the_small_verifier_judges_with_the_keys_of_whoever_runs_it() -> Result<(), Fault> {
    let packs = Packs::made()?;
    let program = verifier()?;
    let ring = packs.at("ring.json");
    for (name, finding, level) in JUDGED {
        let (code, said) = run(&program, &[&packs.at(&format!("packs/{name}")), "--keys", &ring])?;
        assert_eq!(code, Some(i32::from(finding.is_some())), "{name}: {said}");
        assert!(said.contains(&format!("(level {level})")), "{name}: {said}");
        assert!(finding.is_none_or(|finding| said.contains(finding)), "{name}: {said}");
    }
    let signed = packs.at("packs/gate");
    for (more, wanted, says) in [
        (&["--keys", &ring, "--level", "anchored"][..], 1, "expected_level"),
        (&["--keys", &packs.at("other.json")], 1, "manifest_signer_refused"),
        (&["--level", "signed"], 1, "no keys were given"),
        (&["--level", "replayed"], 0, "(level replayed)"),
        (&[], 0, "(level replayed)"),
        (&["--level", "best"], 2, "a level is one of"),
        (&["--keys", &packs.at("nowhere.json")], 2, "can't be read"),
        (&["--keys", &packs.at("gate.pem")], 2, "is no keyring"),
        (&["--keys"], 2, "needs a value"),
    ] {
        let (code, said) = run(&program, &[&[signed.as_str()], more].concat())?;
        assert_eq!(code, Some(wanted), "{more:?}: {said}");
        assert!(said.contains(says) && !said.contains("PRIVATE"), "{more:?}: {said}");
    }
    Ok(())
}

#[test]
fn the_server_refuses_what_its_own_keys_did_not_sign_when_it_is_asked_to() -> Result<(), Fault> {
    let packs = Packs::made()?;
    packs.trusting(true)?;
    let mut server = Launch::serve(&packs.0.config())?.spawn(Era::Legacy)?;
    server.open()?;
    for (name, finding, level) in JUDGED {
        let report = server.answer("runpack_verify", &json!({"runpack_dir": name, "require_signed": true}))?;
        assert_eq!(report["status"], if finding.is_some() { "fail" } else { "pass" }, "{name}: {report}");
        assert_eq!(report["level"], level, "{name}: {report}");
        assert_eq!(report["findings"][0]["code"].as_str(), finding, "{name}: {report}");
    }
    // Who does not ask for it is told how far the proof reaches.
    let bare = server.answer("runpack_verify", &json!({"runpack_dir": "bare"}))?;
    assert_eq!((&bare["status"], &bare["level"]), (&json!("pass"), &json!("replayed")), "{bare}");
    server.close()?;

    packs.trusting(false)?;
    let mut server = Launch::serve(&packs.0.config())?.spawn(Era::Legacy)?;
    server.open()?;
    let report = server.answer("runpack_verify", &json!({"runpack_dir": "gate", "require_signed": true}))?;
    assert_eq!(report["findings"][0]["code"], "expected_level", "{report}");
    server.close()?;
    Ok(())
}
