//! `keys`: what is written where, who may read it, and that nothing secret is ever said.

use decision_gate_core::keys::SigningKey;
use serde_json::{Value, json};

use crate::support::{Done, Project, files_below};

const KEYRING: &str = ".decision-gate/keyring.json";

/// The PEM text of a private key that a test may know.
pub(crate) fn private_pem(seed: u8) -> String {
    SigningKey::from_seed(&[seed; 32]).to_pkcs8_pem().unwrap().to_string()
}

/// Its public key.
pub(crate) fn public_pem(seed: u8) -> String {
    SigningKey::from_seed(&[seed; 32]).public().to_pem()
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(project: &Project, path: &str, text: &str) {
    project.write(path, text);
    chmod(project, path, 0o600);
}

#[cfg(unix)]
pub(crate) fn chmod(project: &Project, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(project.folder().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn chmod(_project: &Project, _path: &str, _mode: u32) {}

/// A project whose keyring has the public key of a seed.
pub(crate) fn with_key(id: &str, seed: u8, more: &[&str]) -> Project {
    let project = Project::empty();
    import(&project, id, seed, more);
    project
}

/// Adds the public key of a seed.
pub(crate) fn import(project: &Project, id: &str, seed: u8, more: &[&str]) {
    let line = [&["keys", "import", id, "-"][..], more].concat();
    project.run_with(&line, &public_pem(seed)).expect(0);
}

/// Fails where an answer has a part of a private key's text.
#[track_caller]
pub(crate) fn says_nothing_of(private: &str, done: &Done) {
    let lines = private.lines().filter(|line| !line.starts_with("-----") && !line.is_empty());
    let body = lines.collect::<String>();
    // The last 43 characters hold the seed, those before them are the same for all.
    let secret = body.get(body.len() - 40..body.len() - 4).unwrap();
    for said in [&done.stdout, &done.stderr] {
        assert!(!said.contains(secret) && !said.contains("PRIVATE KEY"), "{said}");
    }
}

#[track_caller]
fn code(done: &Done) -> String {
    done.json()["error"]["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_generated_key_is_in_two_places_and_told_in_none() {
    for format in ["text", "json"] {
        let project = Project::empty();
        let mut command = project.command(&["keys", "generate", "ci", "--private", "ci.pem", "--format", format]);
        let done = project.done(command.env("DECISION_GATE_LOG", "trace").env("RUST_LOG", "trace").output().unwrap());
        let done = done.expect(0);
        let private = project.read("ci.pem");
        assert!(private.starts_with("-----BEGIN PRIVATE KEY-----\n"), "its form");
        says_nothing_of(&private, &done);
        assert!(!project.read(KEYRING).contains("PRIVATE"));
        let public = SigningKey::from_pkcs8_pem(&private).unwrap().public();
        assert_eq!(project.run(&["keys", "show", "ci", "--form", "pem"]).expect(0).stdout, public.to_pem());
        assert_eq!(files_below(&project.folder()), [KEYRING, "ci.pem"]);
    }
}

#[test]
fn two_generated_keys_differ() {
    let project = Project::empty();
    for id in ["a", "b"] {
        project.run(&["keys", "generate", id, "--private", id]).expect(0);
    }
    assert_ne!(project.read("a"), project.read("b"));
}

#[cfg(unix)]
#[test]
fn a_private_key_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::empty();
    project.run(&["keys", "generate", "ci", "--private", "ci.pem"]).expect(0);
    let mode = std::fs::metadata(project.folder().join("ci.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}

#[test]
fn nothing_is_ever_overwritten_and_nothing_half_done() {
    let project = with_key("ci", 1, &[]);
    let before = project.read(KEYRING);
    let taken = project.run(&["keys", "generate", "ci", "--private", "new.pem", "--format", "json"]).expect(2);
    assert_eq!(code(&taken), "key_exists");
    let taken = project.run_with(&["keys", "import", "ci", "-", "--format", "json"], &public_pem(2)).expect(2);
    assert_eq!(code(&taken), "key_exists");
    project.write("mine.pem", "mine");
    let there = project.run(&["keys", "generate", "other", "--private", "mine.pem", "--format", "json"]).expect(2);
    assert_eq!((code(&there).as_str(), project.read("mine.pem").as_str()), ("file_exists", "mine"));
    let nowhere = project.run(&["keys", "generate", "other", "--private", "no/x.pem", "--format", "json"]).expect(2);
    assert_eq!(code(&nowhere), "file_write_failed");
    project.write(".decision-gate/keyring.json.new", "");
    let held = std::fs::File::open(project.folder().join(".decision-gate/keyring.json.new")).unwrap();
    held.lock().unwrap();
    let busy = project.run(&["keys", "generate", "other", "--private", "new.pem", "--format", "json"]).expect(2);
    assert_eq!(code(&busy), "keyring_busy");
    assert_eq!(project.read(KEYRING), before);
    assert_eq!(files_below(&project.folder()), [KEYRING, ".decision-gate/keyring.json.new", "mine.pem"]);
    // Whoever held it is gone, and has left it there.
    drop(held);
    project.run(&["keys", "generate", "other", "--private", "new.pem"]).expect(0);
    assert_eq!(files_below(&project.folder()), [KEYRING, "mine.pem", "new.pem"]);
}

#[test]
fn a_key_by_itself_is_no_keyring_and_the_fault_says_what_to_do() {
    let project = with_key("ci", 1, &[]);
    project.write("ci.pub.pem", &public_pem(1));
    project.write("proof/manifest.json", "{}");
    for line in [
        &["runpack", "verify", "proof", "--keys", "ci.pub.pem", "--format", "json"][..],
        &["attest", "verify", "x.json", "--keys", "ci.pub.pem", "--format", "json"],
        &["keys", "list", "--keyring", "ci.pub.pem", "--format", "json"],
    ] {
        let refused = project.run(line).expect(2);
        assert_eq!(code(&refused), "keyring_is_one_key", "{line:?}");
    }
}

#[test]
fn many_changes_at_once_lose_no_key() {
    use std::io::Write;
    use std::process::Stdio;
    let project = Project::empty();
    let start = |seed: u8| {
        let mut command = project.command(&["keys", "import", &format!("key-{seed}"), "-"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(public_pem(seed).as_bytes()).unwrap();
        child
    };
    let children: Vec<_> = (1..=8).map(start).collect();
    let mut kept = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() || said.contains("code: keyring_busy"), "{said}");
        kept += usize::from(output.status.success());
    }
    let listed = project.run(&["keys", "list", "--format", "json"]).expect(0).json();
    assert_eq!((listed["keys"].as_array().unwrap().len(), kept > 0), (kept, true));
    assert_eq!(files_below(&project.folder()), [KEYRING]);
}

#[cfg(unix)]
#[test]
fn a_changed_keyring_keeps_its_permissions_and_a_link_stays_one() {
    use std::os::unix::fs::PermissionsExt;
    let project = with_key("ci", 1, &["--keyring", "shared.json"]);
    chmod(&project, "shared.json", 0o640);
    std::os::unix::fs::symlink("shared.json", project.folder().join("link.json")).unwrap();
    import(&project, "other", 2, &["--keyring", "link.json"]);
    assert!(project.folder().join("link.json").is_symlink());
    assert!(project.read("shared.json").contains("\"other\""));
    let mode = std::fs::metadata(project.folder().join("shared.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
}

#[test]
fn every_spelling_that_is_shown_can_be_imported() {
    let project = with_key("ed", 1, &[]);
    let point = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";
    project.run_with(&["keys", "import", "ec", "-"], point).expect(0);
    for (id, forms) in [("ed", &["pem", "base64", "hex", "jwk", "vkey"][..]), ("ec", &["pem", "base64", "hex", "jwk"])]
    {
        let key = |keyring: &str, id: &str| {
            let shown = project.run(&["keys", "show", id, "--keyring", keyring, "--format", "json"]).expect(0).json();
            (shown["key"]["algorithm"].clone(), shown["key"]["public_key"].clone(), shown["key"]["fingerprint"].clone())
        };
        for form in forms {
            let spelled = project.run(&["keys", "show", id, "--form", form]).expect(0).stdout;
            let again = format!("{id}-{form}");
            project.run_with(&["keys", "import", &again, "-", "--keyring", "again.json"], &spelled).expect(0);
            assert_eq!(key("again.json", &again), key(KEYRING, id), "{spelled}");
        }
    }
    let none = project.run(&["keys", "show", "ec", "--form", "vkey", "--format", "json"]).expect(2);
    assert_eq!(code(&none), "key_form_unavailable");
}

#[test]
fn a_private_key_is_no_public_one_and_is_not_repeated() {
    let project = Project::empty();
    let pem = private_pem(9);
    let secret = decision_gate_core::digest::to_hex(&[9; 32]);
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"","d":"{secret}"}}"#);
    let note = format!("PRIVATE+KEY+name+00000000+{secret}");
    for text in [pem.as_str(), jwk.as_str(), note.as_str()] {
        for format in ["text", "json"] {
            let done = project.run_with(&["keys", "import", "x", "-", "--format", format], text).expect(2);
            assert!(format!("{}{}", done.stdout, done.stderr).contains("key_is_private"), "{}", done.stderr);
            assert!(!format!("{}{}", done.stdout, done.stderr).contains(&secret));
            says_nothing_of(&pem, &done);
        }
    }
    assert_eq!(files_below(&project.folder()), Vec::<String>::new());
}

#[test]
fn a_key_is_revoked_once_and_under_all_its_ids() {
    let project = with_key("old", 1, &[]);
    import(&project, "old-too", 1, &[]);
    import(&project, "other", 2, &[]);
    let line = ["keys", "revoke", "old", "--reason", "compromise", "--at", "2026-03-01T00:00:00Z"];
    insta::assert_snapshot!("revoked", project.run(&line).expect(0).transcript());
    insta::assert_snapshot!("revoked_again", project.run(&line).expect(2).transcript());
    insta::assert_snapshot!("list", project.run(&["keys", "list"]).expect(0).transcript());
    let back = project.run_with(&["keys", "import", "back", "-", "--format", "json"], &public_pem(1)).expect(2);
    assert_eq!(code(&back), "key_revoked_elsewhere");
    let none = project.run(&["keys", "revoke", "nobody", "--reason", "retired", "--format", "json"]).expect(2);
    assert_eq!(code(&none), "key_not_found");
    let none =
        project.run(&["keys", "revoke", "old", "--reason", "retired", "--keyring", "no.json", "--format", "json"]);
    assert_eq!(code(&none.expect(2)), "keyring_not_found");
}

#[test]
fn the_rules_of_a_key_are_kept_and_shown() {
    let rules = [
        ["--not-before", "2026-01-01T00:00:00Z"],
        ["--not-after", "2126-01-01T00:00:00Z"],
        ["--provider", "scanner"],
        ["--provider", "json"],
        ["--predicate-type", "https://example.com/result/v1"],
    ];
    let project = with_key("ci", 1, rules.as_flattened());
    insta::assert_snapshot!("show", project.run(&["keys", "show", "ci"]).expect(0).transcript());
    let json = project.run(&["keys", "list", "--format", "json"]).expect(0).json();
    insta::assert_json_snapshot!("list_json", json);
    for (rules, wanted) in [
        (["--not-before", "2026-02-01T00:00:00Z", "--not-after", "2026-01-01T00:00:00Z"], "key_window_invalid"),
        (["--not-before", "2026-02-30T00:00:00Z", "--not-after", "tomorrow"], "arguments_invalid"),
    ] {
        let line = [&["keys", "generate", "x", "--private", "x.pem", "--format", "json"][..], &rules].concat();
        assert_eq!(code(&project.run(&line).expect(2)), wanted);
    }
    assert_eq!(files_below(&project.folder()), [KEYRING]);
}

#[test]
fn a_keyring_is_read_strictly_with_the_place_of_what_is_wrong() {
    let project = with_key("ci", 1, &[]);
    let good: Value = serde_json::from_str(&project.read(KEYRING)).unwrap();
    let changed = |member: &str, value: Value| {
        let mut ring = good.clone();
        ring[0][member] = value;
        ring.to_string()
    };
    let twice = json!([good[0], good[0]]).to_string();
    let double_member = good.to_string().replacen("\"key_id\"", "\"algorithm\":\"ed25519\",\"key_id\"", 1);
    let cases = [
        ("not-json", "-----BEGIN PRIVATE KEY-----".to_owned()),
        ("a-member-twice", double_member),
        ("no-list", good[0].to_string()),
        ("no-object", "[1]".to_owned()),
        ("an-unknown-member", changed("private_key", json!("x"))),
        ("a-number-for-a-key", changed("public_key", json!(1))),
        ("wrong-base64", changed("public_key", json!("*"))),
        ("too-short", changed("public_key", json!("AAAA"))),
        ("a-weak-key", changed("public_key", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))),
        ("a-wrong-id", changed("key_id", json!("a b"))),
        ("a-text-for-a-time", changed("not_after", json!("2026-01-01T00:00:00Z"))),
        ("an-empty-list", changed("providers", json!([]))),
        ("an-id-twice", twice),
    ];
    let mut page = String::new();
    for (name, text) in cases {
        project.write("bad.json", &text);
        let error = project.run(&["keys", "list", "--keyring", "bad.json", "--format", "json"]).expect(2).json();
        let text = |key: &str| error["error"][key].as_str().unwrap().to_owned();
        page.push_str(&format!("{name}: {}\n  {}\n  {}\n", text("code"), text("message"), text("hint")));
    }
    insta::assert_snapshot!("hostile_keyrings", page);
}

#[test]
fn what_is_far_too_large_is_not_read() {
    let project = Project::empty();
    let file = std::fs::File::create(project.folder().join("huge")).unwrap();
    file.set_len(1 << 40).unwrap();
    for line in
        [&["keys", "import", "x", "huge"][..], &["keys", "list", "--keyring", "huge"], &["attest", "inspect", "huge"]]
    {
        let line = [line, &["--format", "json"]].concat();
        assert_eq!(code(&project.run(&line).expect(2)), "input_too_large", "{line:?}");
    }
}
