//! Packs in a bucket, on a server that somebody else wrote.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use decision_gate_services::S3;
use serde_json::{Value, json};

use crate::support::{Done, Project};

/// A project whose run `one` was allowed.
fn allowed() -> Project {
    let project = Project::fresh();
    project.report(12, 0, 84.5);
    project.run(&["check", "release", "--run-id", "one"]).expect(0);
    project
}

fn with(command: &mut Command, server: &S3) {
    command.env("AWS_ACCESS_KEY_ID", S3::KEY_ID).env("AWS_SECRET_ACCESS_KEY", S3::SECRET);
    command.env("AWS_ENDPOINT_URL", server.endpoint()).env("AWS_ALLOW_HTTP", "true");
}

fn run(project: &Project, server: &S3, arguments: &[&str]) -> Done {
    let mut command = project.command(arguments);
    with(&mut command, server);
    project.done(command.output().unwrap())
}

#[test]
fn a_pack_goes_to_a_bucket_and_is_verified_there() {
    let Some(server) = S3::start().unwrap() else { return };
    let project = allowed();
    let address = "s3://proofs/nightly/one";
    let export = ["runpack", "export", "one", "--to", address];
    let exported = run(&project, &server, &export).expect(0);
    assert!(
        exported.stdout.contains(&format!("next     decision-gate runpack verify {address}")),
        "{}",
        exported.stdout
    );
    // Nothing is left on this machine.
    assert!(!project.folder().join(".decision-gate/runpacks").exists());
    let verified = run(&project, &server, &["runpack", "verify", address, "--format", "json"]).expect(0).json();
    assert_eq!((&verified["verdict"], &verified["runpack_dir"]), (&"consistent".into(), &address.into()));
    assert_eq!(verified["facets"]["replay"]["level"], "all");

    let missing = run(&project, &server, &["runpack", "verify", "s3://proofs/other", "--format", "json"]).expect(2);
    assert_eq!(missing.json()["error"]["code"], "pack_not_found");
    let signed = ["runpack", "export", "one", "--to", address, "--profile", "disclosed", "--format", "json"];
    assert_eq!(run(&project, &server, &signed).expect(2).json()["error"]["code"], "pack_exists");
    let wrong = run(&project, &server, &["runpack", "verify", "s3://proofs", "--format", "json"]).expect(2);
    assert_eq!(wrong.json()["error"]["code"], "pack_address_invalid");
}

#[test]
fn a_configured_bucket_takes_the_place_of_the_folder() {
    let Some(server) = S3::start().unwrap() else { return };
    let project = allowed();
    let config = project.read(".decision-gate/config.toml");
    let settings = format!(
        "[runpacks]\ntype = \"s3\"\n[runpacks.s3]\nbucket = \"{}\"\nprefix = \"gate\"\nendpoint = \"{}\"\nallow_http = true\n",
        S3::BUCKET,
        server.endpoint()
    );
    let (before, after) = config.split_once("[runpacks]").unwrap();
    let after = after.split_once("\n[").map_or(String::new(), |(_, rest)| format!("\n[{rest}"));
    project.write(".decision-gate/config.toml", &format!("{before}{settings}{after}"));
    let unsaid = project.run(&["runpack", "export", "one", "--format", "json"]).expect(2);
    assert_eq!(unsaid.json()["error"]["code"], "pack_store_credentials");

    let mut export = project.command(&["runpack", "export", "one", "--format", "json"]);
    export.env("AWS_ACCESS_KEY_ID", S3::KEY_ID).env("AWS_SECRET_ACCESS_KEY", S3::SECRET);
    let exported = project.done(export.output().unwrap()).expect(0).json();
    assert_eq!(exported["runpack"]["path"], "s3://proofs/gate/one");
    let shown = project.run(&["config", "show"]).expect(0);
    assert!(!shown.stdout.contains(S3::SECRET), "{}", shown.stdout);
    run(&project, &server, &["runpack", "verify", "s3://proofs/gate/one"]).expect(0);
}

/// What a server in a session of its own answers to these, by request id, and what it tells beside.
fn session(project: &Project, server: &S3, asked: &[Value]) -> Vec<Value> {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let opening = [
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": { "level": "warning" } }),
    ];
    let mut lines: Vec<String> = opening.iter().chain(asked).map(ToString::to_string).collect();
    lines.push(String::new());
    let input = lines.join("\n");
    let mut command = project.command(&["serve", "--config", ".decision-gate/config.toml"]);
    with(&mut command, server);
    let mut serving = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Held open until the last answer is there: nobody is told anything who has hung up.
    let mut stdin = serving.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    let mut told: Vec<Value> = Vec::new();
    for line in BufReader::new(serving.stdout.take().unwrap()).lines() {
        told.push(serde_json::from_str(&line.unwrap()).unwrap());
        if told.last().unwrap()["id"] == 2 {
            break;
        }
    }
    drop(stdin);
    let done = project.done(serving.wait_with_output().unwrap()).expect(0);
    assert!(!done.stderr.contains(S3::SECRET), "{}", done.stderr);
    told
}

#[test]
fn packs_in_a_bucket_are_listed_and_one_that_does_not_answer_takes_nothing_else_away() {
    let Some(server) = S3::start().unwrap() else { return };
    let project = allowed();
    let config = project.read(".decision-gate/config.toml");
    let (before, after) = config.split_once("[runpacks]").unwrap();
    let after = after.split_once("\n[").map_or(String::new(), |(_, rest)| format!("\n[{rest}"));
    let bucket = |name: &str| {
        let endpoint = server.endpoint();
        let settings = format!(
            "[runpacks]\ntype = \"s3\"\n[runpacks.s3]\nbucket = \"{name}\"\nendpoint = \"{endpoint}\"\nallow_http = true\n"
        );
        project.write(".decision-gate/config.toml", &format!("{before}{settings}{after}"));
    };
    bucket(S3::BUCKET);
    for name in ["one", "two"] {
        let address = format!("s3://{}/{name}", S3::BUCKET);
        run(&project, &server, &["runpack", "export", "one", "--to", &address]).expect(0);
    }
    // A pack of a tenant that is not open here lies in the same bucket, and nobody is told.
    let foreign = project.read(".decision-gate/config.toml") + "[[tenants]]\nid = 7\nname = \"other\"\n";
    project.write(".decision-gate/foreign.toml", &foreign);
    let elsewhere = ["--config", ".decision-gate/foreign.toml", "--tenant", "7"];
    run(&project, &server, &[&["check", "release", "--run-id", "theirs"], &elsewhere[..]].concat()).expect(0);
    let address = format!("s3://{}/theirs", S3::BUCKET);
    run(&project, &server, &[&["runpack", "export", "theirs", "--to", &address], &elsewhere[..]].concat()).expect(0);
    let page =
        |cursor: &str| json!({ "jsonrpc": "2.0", "id": 2, "method": "resources/list", "params": { "cursor": cursor } });
    let uris = |answers: &[Value]| -> Vec<String> {
        let list = answers.iter().find(|it| it["id"] == 2).unwrap()["result"]["resources"].clone();
        list.as_array().unwrap().iter().map(|it| it["uri"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        uris(&session(&project, &server, &[page("packs:")])),
        ["decision-gate://packs/one", "decision-gate://packs/two"]
    );
    assert_eq!(uris(&session(&project, &server, &[page("packs:one")])), ["decision-gate://packs/two"]);

    bucket("nowhere");
    let answers = session(&project, &server, &[page("packs:")]);
    assert_eq!(uris(&answers), ["decision-gate://runs/one"]);
    let notice = answers.iter().find(|it| it["method"] == "notifications/message").unwrap();
    let told = json!({ "event": "resources_left_out", "code": "pack_store_unavailable" });
    assert_eq!((&notice["params"]["level"], &notice["params"]["data"]), (&json!("warning"), &told));
}
