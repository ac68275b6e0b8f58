//! Packs in a bucket, on a server that somebody else wrote.

use std::process::Command;

use decision_gate_services::S3;

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
