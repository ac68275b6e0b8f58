//! Verdicts as reports: what each format says of a pass, a failure and a hold, that readers of others take it, and that
//! nobody who is judged can put words into it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_attest::predicates::{SimpleVerificationResult, VerificationResult, VerificationSummary};
use decision_gate_attest::reports::{self, Summary};
use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::{Envelope, Verified};
use decision_gate_core::intoto::{self, Signers, Statement};
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use serde_json::{Value, json};

use crate::keys::{import, private_pem, write_private};
use crate::release;
use crate::support::{Done, Project};

/// Every format that is made of the report and has no signature.
const FORMATS: [&str; 5] = ["markdown", "junit", "sarif", "github", "gitlab"];

/// A text without what changes with every run: digests, times.
fn settled(text: &str) -> String {
    let mut settled = String::new();
    let mut word = String::new();
    let end = |word: &mut String, settled: &mut String| {
        let hex = word.len() == 64 && word.bytes().all(|it| it.is_ascii_hexdigit());
        let time = Timestamp::from_rfc3339(word.trim_end_matches('.')).is_some();
        settled.push_str(if hex {
            "[digest]"
        } else if time {
            "[time]"
        } else {
            word
        });
        word.clear();
    };
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || matches!(letter, '-' | ':' | '.') {
            word.push(letter);
        } else {
            end(&mut word, &mut settled);
            settled.push(letter);
        }
    }
    end(&mut word, &mut settled);
    settled
}

/// What Markdown escapes of names, times and paths, as it was.
fn plain(text: &str) -> String {
    text.replace("&#58;", ":").replace("\\-", "-").replace("\\.", ".")
}

/// What a command said, without what changes with every run and every version.
fn said(project: &Project, done: &Done) -> String {
    settled(&project.settled(&plain(&done.stdout)).replace(env!("CARGO_PKG_VERSION"), "[version]"))
}

fn check(project: &Project, format: &str, status: i32) -> Done {
    project.run(&["check", "release", "--format", format]).expect(status)
}

#[test]
fn each_format_says_what_passed_failed_and_holds() {
    let project = Project::fresh();
    for (name, report) in [("hold", None), ("fail", Some((2, 71.0))), ("pass", Some((0, 85.0)))] {
        if let Some((failed, coverage)) = report {
            project.report(3, failed, coverage);
        }
        for format in FORMATS {
            let done = check(&project, format, i32::from(name != "pass"));
            insta::assert_snapshot!(format!("{format}_{name}"), said(&project, &done));
        }
    }
}

#[test]
fn each_format_says_who_answers_for_a_release() {
    let project = release::project("Block");
    let held = |format: &str| said(&project, &release::evaluate(&project, &["--format", format]).expect(1));
    FORMATS.into_iter().for_each(|format| insta::assert_snapshot!(format!("release_{format}_hold"), held(format)));
    release::waive(&project, -1, 3);
    let sarif = release::evaluate(&project, &["--format", "sarif"]).expect(0).json();
    let suppressed = sarif.pointer("/runs/0/results/1/suppressions/0").unwrap();
    assert_eq!((&suppressed["kind"], &suppressed["status"]), (&json!("external"), &json!("accepted")));
    assert!(suppressed["justification"].as_str().unwrap().contains("the tracer is down"), "{suppressed}");
    let junit = release::evaluate(&project, &["--format", "junit"]).expect(0).stdout;
    assert!(junit.contains("waived by release-board") && junit.contains("failures=\"0\""), "{junit}");
    let markdown = release::evaluate(&project, &["--format", "markdown"]).expect(0).stdout;
    assert!(markdown.contains("⚠️ waived"), "{markdown}");
}

/// The official schema of SARIF 2.1.0.
fn sarif_schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/schemas/sarif/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    // The pattern of languages is no regular expression: it was published with a bracket too many. No report says one.
    for place in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{place}/properties/language")).unwrap();
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    jsonschema::draft7::new(&schema).unwrap()
}

fn is_sarif(log: &Value) {
    let schema = sarif_schema();
    let faults: Vec<_> = schema.iter_errors(log).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}\n{log:#}");
}

/// What our own reader of reports makes of it.
fn read(text: &str) -> Summary {
    reports::read(text.as_bytes(), None).unwrap_or_else(|error| panic!("{error}\n{text}")).stated().clone()
}

#[test]
fn readers_of_others_take_what_is_written() {
    let project = Project::fresh();
    for (report, allowed) in [(None, false), (Some((2, 71.0)), false), (Some((0, 85.0)), true)] {
        if let Some((failed, coverage)) = report {
            project.report(3, failed, coverage);
        }
        let status = i32::from(!allowed);
        let sarif = check(&project, "sarif", status);
        is_sarif(&sarif.json());
        let kinds: Vec<_> =
            sarif.json()["runs"][0]["results"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect();
        let kind = if allowed {
            "pass"
        } else if report.is_some() {
            "fail"
        } else {
            "open"
        };
        assert!(kinds.contains(&json!(kind)), "{kinds:?}");
        let Summary::Findings(findings) = read(&sarif.stdout) else { panic!("no findings") };
        assert_eq!(findings.by_severity.high > 0, kind == "fail", "{findings:?}");
        let junit = check(&project, "junit", status).stdout;
        let Summary::Tests(tests) = read(&junit) else { panic!("no tests") };
        assert_eq!(tests.failures > 0, !allowed, "{tests:?}\n{junit}");
        assert_eq!(tests.errors > 0, kind == "open", "{tests:?}\n{junit}");
        well_formed(&junit);
        let gitlab = check(&project, "gitlab", status).json();
        assert_eq!(gitlab.as_array().unwrap().is_empty(), allowed);
        for issue in gitlab.as_array().unwrap() {
            let place = issue.pointer("/location/path").unwrap();
            assert!(issue["fingerprint"].is_string() && place.is_string(), "{issue}");
        }
    }
}

/// Reads XML to its end, and gives every text and every attribute.
fn well_formed(xml: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut texts, mut depth) = (Vec::new(), 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                depth += 1;
                texts.extend(tag.attributes().map(|it| String::from_utf8(it.unwrap().value.into_owned()).unwrap()));
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) => texts.push(String::from_utf8(text.to_vec()).unwrap()),
            Event::Eof => break,
            Event::Empty(_) | Event::GeneralRef(_) | Event::Decl(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(depth, 0);
    texts
}

/// A run that went on without knowing is allowed nowhere, though every gate that was asked may be green.
#[test]
fn a_degraded_run_is_green_nowhere() {
    let project = Project::fresh();
    write_private(&project, "gate.pem", &private_pem(9));
    let branch = "    advance_to: { kind: branch, branches: [{ gate_id: quality, outcome: unknown, next_stage_id: last }], default: null }\n  - stage_id: last\n    ungated: true\n    advance_to: terminal\n";
    project.write("soft.yaml", &crate::check::scenario("soft", "passed", branch));
    let said = |format: &str| project.run(&["check", "soft.yaml", "--format", format]).expect(1).stdout;
    let Summary::Tests(tests) = read(&said("junit")) else { panic!("no tests") };
    assert_eq!(tests.failures, 1, "{tests:?}");
    assert!(said("markdown").contains("❌ not allowed") && said("github").starts_with("::error "));
    assert_eq!(
        serde_json::from_str::<Value>(&said("sarif")).unwrap()["runs"][0]["properties"]["allowed"],
        json!(false)
    );
    let subject = format!("sha256:{}", "ab".repeat(32));
    let flags = ["--subject", &subject, "--sign", "gate.pem", "--format"];
    let signed = |format: &str| {
        let done = project.run(&[&["check", "soft.yaml"], &flags[..], &[format]].concat()).expect(1);
        let envelope: Value = done.json();
        STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap()
    };
    assert!(String::from_utf8(signed("vsa")).unwrap().contains("FAILED"));
    assert!(!String::from_utf8(signed("svr")).unwrap().contains("DECISION_GATE_ALLOWED"));
}

/// What an attacker has been seen to try; each short enough to be shown whole.
const HOSTILE: [&str; 6] = [
    "x]]></failure><testcase name=\"owned\"/>",
    "\n::error file=a::owned\r\n##[error]owned",
    "owned | a | b |\n| c | d |",
    "`rm` [owned](https://e.vil) ![i](u) @everyone",
    "<img src=x onerror=owned> %0A::warning::y",
    "owned \u{1b}[2J\u{202e}\u{0} ## ALLOWED",
];

/// A project whose report says hostile things; a first configuration lets its values be shown.
fn hostile() -> Project {
    let project = Project::fresh();
    let condition = |(index, value): (usize, &&str)| {
        json!({
            "condition_id": format!("said{index}"),
            "query": {
                "provider_id": "json", "check_id": "path",
                "params": { "file": "tests.json", "jsonpath": format!("$.said[{index}]") },
            },
            "comparator": "not_equals",
            "expected": value,
        })
    };
    let conditions: Vec<_> = HOSTILE.iter().enumerate().map(condition).collect();
    let all: Vec<_> = (0..HOSTILE.len()).map(|index| format!("said{index}")).collect();
    let gates = json!([{ "gate_id": "quality", "requirement": { "And": all } }]);
    let stages = json!([{ "stage_id": "first", "gates": gates }]);
    let scenario = json!({ "scenario_id": "hostile", "stages": stages, "conditions": conditions });
    project.write("hostile.json", &scenario.to_string());
    project.write("reports/tests.json", &json!({ "said": HOSTILE }).to_string());
    project
}

/// Whether a line could be taken for a command to the runner, or for a heading of ours.
fn is_command(format: &str, line: &str) -> bool {
    let line = line.trim_start();
    let ours = match format {
        "github" => ["::error file=hostile.json,title=", "::notice file=hostile.json,title="]
            .iter()
            .any(|it| line.starts_with(it)),
        "markdown" => line.starts_with("### Decision Gate: ❌ not allowed"),
        _ => false,
    };
    !ours && (line.starts_with("::") || line.starts_with("##"))
}

#[test]
fn nothing_that_is_judged_can_put_words_into_a_report() {
    let project = hostile();
    let said = |format: &str| project.run(&["check", "hostile.json", "--format", format]).expect(1).stdout;
    for format in ["text", "json"].into_iter().chain(FORMATS) {
        let said = said(format);
        assert!(said.matches("owned").count() >= HOSTILE.len(), "{format}: the values are shown: {said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\0', '\r']), "{format}: {said:?}");
        let commands: Vec<_> = said.lines().filter(|line| is_command(format, line)).collect();
        assert!(commands.is_empty(), "{format}: {commands:#?}");
    }
    // As many cases as there are gates, and the verdict.
    let junit = said("junit");
    assert_eq!(junit.matches("<testcase ").count(), 2, "{junit}");
    assert!(well_formed(&junit).iter().any(|it| it.contains("owned")));
    let sarif: Value = serde_json::from_str(&said("sarif")).unwrap();
    is_sarif(&sarif);
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    let markdown = said("markdown");
    assert!(
        !markdown.contains("<img") && !markdown.contains("](http") && !markdown.contains("@everyone"),
        "{markdown}"
    );
    let cells = markdown.lines().filter(|it| it.starts_with("| first / quality"));
    assert!(cells.map(|it| it.matches('|').count()).all(|it| it == 4), "{markdown}");
    let github = said("github");
    assert!(!github.contains("%0A::warning") && github.contains("%250A"), "{github}");
}

#[test]
fn one_run_writes_several_reports_and_a_summary() {
    let project = Project::fresh();
    project.report(3, 2, 85.0);
    let outputs = ["junit=gate.xml", "sarif=gate.sarif", "markdown=gate.md", "json=gate.json", "text=gate.txt"];
    let flags: Vec<&str> = outputs.iter().flat_map(|it| ["--output", it]).collect();
    let mut command = project.command(&[&["check", "release", "--quiet"], &flags[..]].concat());
    let done =
        project.done(command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "summary.md").output().unwrap());
    assert_eq!(done.expect(1).stdout, "");
    let report: Value = serde_json::from_str(&project.read("gate.json")).unwrap();
    let run = report["run"]["run_id"].as_str().unwrap();
    for file in ["gate.sarif", "gate.md", "gate.txt"] {
        assert!(plain(&project.read(file)).contains(run), "{file} is about the same run");
    }
    assert!(!project.read("gate.txt").contains('\u{1b}'));
    assert!(!project.folder().join("summary.md").exists(), "a quiet command writes no summary");
    project.write("summary.md", "what was there\n");
    let mut command = project.command(&["check", "release"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "summary.md");
    project.done(command.output().unwrap()).expect(1);
    let summary = project.read("summary.md");
    assert!(summary.starts_with("what was there\n### Decision Gate: ❌ not allowed"), "{summary}");
    // A summary that can't be written changes no verdict.
    let mut command = project.command(&["check", "release"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "no/such/folder.md");
    let done = project.done(command.output().unwrap()).expect(1);
    assert!(done.stderr.contains("the summary `no/such/folder.md`"), "{}", done.stderr);
}

#[test]
fn what_can_not_be_written_is_found_before_the_run() {
    let project = Project::fresh();
    project.report(3, 0, 85.0);
    for (flags, says) in [
        (&["--output", "junt=a.xml"][..], "none of text, json"),
        (&["--output", "junit"], "FORMAT=FILE"),
        (&["--output", "junit=no/such/folder.xml"], "no place for a file"),
        (&["--output", "vsa=a.json"], "give `--sign FILE`"),
        (&["--format", "svr"], "give `--sign FILE`"),
        (&["--sign", "key.pem"], "`--export`, a vsa or an svr"),
        (&["--output", "vsa=a.json", "--sign", "key.pem"], "give `--subject"),
        (&["--verifier-id", "nobody"], "an absolute uri"),
    ] {
        let done = project.run(&[&["check", "release"], flags].concat()).expect(2);
        assert!(done.stderr.contains(says), "{flags:?}: {}", done.stderr);
    }
}

/// What an envelope says to whoever has the gate's key.
fn verified(envelope: &Envelope) -> Verified<Statement> {
    let key = SigningKey::from_pkcs8_pem(&private_pem(9)).unwrap();
    let keyring = Keyring::new([TrustedKey::new(KeyId::try_from("gate").unwrap(), key.public())]).unwrap();
    let provider = "release".try_into().unwrap();
    let signers = Signers {
        keyring: &keyring,
        threshold: std::num::NonZeroUsize::MIN,
        at: Timestamp::UnixMillis(0),
        provider: &provider,
    };
    intoto::verify(envelope, &signers).unwrap()
}

#[test]
fn a_verdict_is_signed_and_reads_back_field_by_field() {
    let project = Project::fresh();
    write_private(&project, "gate.pem", &private_pem(9));
    import(&project, "gate", 9, &[]);
    let subject = format!("sha256:{}", "ab".repeat(32));
    let line = ["check", "release", "--subject", &subject, "--sign", "gate.pem", "--quiet"];
    let names = ["--verifier-id", "https://ci.example/gate", "--resource-uri", "oci://registry.example/app"];
    let outputs = ["--output", "vsa=vsa.json", "--output", "svr=svr.json", "--output", "json=gate.json"];
    for (failed, allowed) in [(2, false), (0, true)] {
        project.report(3, failed, 85.0);
        project.run(&[&line[..], &names, &outputs].concat()).expect(i32::from(!allowed));
        let statement = |file: &str| verified(&Envelope::parse(project.read(file).as_bytes()).unwrap());
        let report: Value = serde_json::from_str(&project.read("gate.json")).unwrap();
        let vsa = statement("vsa.json");
        let summary = VerificationSummary::of(&vsa).unwrap();
        assert_eq!(summary.result, if allowed { VerificationResult::Passed } else { VerificationResult::Failed });
        assert_eq!((summary.verifier_id.as_str(), summary.resource_uri.as_str()), (names[1], names[3]));
        assert_eq!(summary.policy_uri, "urn:decision-gate:scenario:1:release");
        let digest = vsa.get().predicate().pointer("/policy/digest/sha256").unwrap();
        assert_eq!(digest, &report["run"]["spec_hash"]["value"]);
        let levels: &[&str] = if allowed { &["DECISION_GATE_ALLOWED"] } else { &[] };
        assert_eq!(summary.verified_levels, levels);
        assert!(summary.time_verified.is_some());
        let svr = SimpleVerificationResult::of(&statement("svr.json")).unwrap();
        assert_eq!(svr.properties.contains(&"DECISION_GATE_ALLOWED".to_owned()), allowed, "{svr:?}");
        assert_eq!(svr.policies, ["urn:decision-gate:scenario:1:release"]);
        // Our own command says the same of them.
        for file in ["vsa.json", "svr.json"] {
            let verify = ["attest", "verify", file, "--keys", ".decision-gate/keyring.json", "--subject", &subject];
            project.run(&verify).expect(0);
        }
    }
}

#[test]
fn a_summary_of_a_release_lists_every_envelope_that_it_rests_on() {
    let project = release::project("Block");
    write_private(&project, "gate.pem", &private_pem(9));
    release::trace(&project, "ci.pem");
    let flags = ["--sign", "gate.pem", "--output", "vsa=vsa.json", "--format", "json"];
    let answer = release::evaluate(&project, &flags).expect(0).json();
    let envelope = Envelope::parse(project.read("vsa.json").as_bytes()).unwrap();
    let statement = verified(&envelope);
    let predicate = statement.get().predicate();
    let trace = Envelope::parse(project.read("attested/trace.json").trim_end().as_bytes()).unwrap().digest().to_hex();
    let inputs: Vec<_> =
        predicate["inputAttestations"].as_array().unwrap().iter().map(|it| it["digest"]["sha256"].clone()).collect();
    assert_eq!(inputs, [json!(trace)]);
    assert_eq!(predicate["policy"]["uri"], "urn:decision-gate:release-policy:default");
    assert_eq!(predicate["policy"]["digest"]["sha256"], answer["release"]["policy_digest"]["value"]);
}
