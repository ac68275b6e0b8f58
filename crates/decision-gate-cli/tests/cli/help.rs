//! What the binary says about itself, as a person sees it.

use crate::support::Project;

#[test]
fn every_help_page_says_what_and_shows_examples() {
    let project = Project::empty();
    let pages: [&[&str]; 44] = [
        &[],
        &["init"],
        &["check"],
        &["precheck"],
        &["serve"],
        &["runpack"],
        &["runpack", "export"],
        &["runpack", "verify"],
        &["runpack", "report"],
        &["runpack", "diff"],
        &["ledger"],
        &["ledger", "checkpoint"],
        &["ledger", "prove"],
        &["ledger", "verify"],
        &["ledger", "export"],
        &["ledger", "stats"],
        &["ledger", "prune"],
        &["attest"],
        &["attest", "sign"],
        &["attest", "execution"],
        &["attest", "beacon"],
        &["attest", "verify"],
        &["attest", "inspect"],
        &["keys"],
        &["keys", "generate"],
        &["keys", "list"],
        &["keys", "show"],
        &["keys", "import"],
        &["keys", "revoke"],
        &["issuers"],
        &["issuers", "list"],
        &["issuers", "show"],
        &["issuers", "add"],
        &["issuers", "record-outcome"],
        &["providers"],
        &["providers", "contract"],
        &["config"],
        &["config", "check"],
        &["config", "show"],
        &["config", "schema"],
        &["schema"],
        &["schema", "print"],
        &["schema", "write"],
        &["doctor"],
    ];
    for page in pages {
        let line = [page, &["--help"]].concat();
        let done = project.run(&line).expect(0);
        assert_eq!(done.stderr, "", "{line:?}");
        let has_subcommands =
            matches!(page, ["runpack" | "ledger" | "attest" | "keys" | "issuers" | "providers" | "config" | "schema"]);
        assert!(has_subcommands || done.stdout.contains("Examples:"), "{line:?}: {}", done.stdout);
        insta::assert_snapshot!(line.join("_"), done.stdout);
    }
}

#[test]
fn the_version_names_rules_and_target() {
    let done = Project::empty().run(&["--version"]).expect(0);
    let version = env!("CARGO_PKG_VERSION");
    assert!(done.stdout.starts_with(&format!("decision-gate {version} (rules 1, ")), "{}", done.stdout);
}

#[test]
fn a_wrong_line_is_said_with_a_code_and_exit_2() {
    let project = Project::empty();
    insta::assert_snapshot!("no_command", project.run(&[]).transcript());
    insta::assert_snapshot!("unknown_command", project.run(&["chek"]).transcript());
    insta::assert_snapshot!("wrong_subject", project.run(&["check", "release", "--subject", "md5:00"]).transcript());
    let done = project.run(&["check", "--format", "json"]).expect(2);
    assert_eq!(done.json()["error"]["code"], "arguments_invalid");
    assert_eq!(done.stderr, "");
}
