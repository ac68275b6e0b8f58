//! Configurations that are missing, unreadable or wrong: exit code 2, the place on stderr, nothing on stdout.

use std::fs;
use std::process::Stdio;

use decision_gate_tests::{Fault, Launch, Workspace};

/// What stands in the file, the code, and what else standard error must say.
const WRONG: [(&str, &str, &str); 13] = [
    ("[store\n", "config_syntax", "decision-gate.toml:1:"),
    ("[store]\npth = \"x\"\n", "config_unknown_key", "did you mean `path`?"),
    ("[stor]\npath = \"x\"\n", "config_unknown_key", "did you mean `store`?"),
    ("[store]\npath = \"a\"\npath = \"b\"\n", "config_syntax", "decision-gate.toml:3:"),
    ("[store]\nbusy_timeout_ms = -1\n", "config_", "busy_timeout_ms"),
    ("[store]\nbusy_timeout_ms = \"5\"\n", "config_", "busy_timeout_ms"),
    ("[store]\ntype = \"postgre\"\n", "config_", "postgres"),
    ("[store]\ntype = \"postgres\"\n", "config_missing_key", "`postgres`"),
    ("[server]\nprofile = \"agnt\"\n", "config_", "agent"),
    ("[server.tools]\ndeny = [\"scenario_defin\"]\n", "config_", "scenario_define"),
    ("[scenarios]\nfiles = [\"no-such.yaml\"]\n", "", "no-such.yaml"),
    ("[[providers]]\nname = \"json\"\nconfig = { roots = [{ root_id = \"x\", path = \"no-such\" }] }\n", "", "no-such"),
    ("[[anchors.providers]]\nprovider_id = \"jsn\"\nanchor_type = \"x\"\nrequired_fields = [\"y\"]\n", "", "jsn"),
];

fn refused(launch: Launch) -> Result<String, Fault> {
    let output = launch.output(Stdio::null())?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
    assert!(told.contains("hint:") && told.contains("code:"), "{told}");
    Ok(told)
}

#[test]
fn a_wrong_configuration_names_its_place_and_the_fix() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    for (toml, code, says) in WRONG {
        workspace.write_config(toml)?;
        let told = refused(Launch::serve(&workspace.config())?)?;
        assert!(told.contains(says) && told.contains(code), "{toml}: {told}");
        assert!(!workspace.ledger().exists(), "{toml}: a ledger was made");
    }
    Ok(())
}

#[test]
fn a_configuration_that_can_t_be_read_is_said() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let path = |name: &str| workspace.path().join(name);
    fs::create_dir(path("folder.toml")).unwrap();
    fs::write(path("latin.toml"), b"a = \"\xe9\"\n").unwrap();
    fs::write(path("config.ini"), "").unwrap();
    std::os::unix::fs::symlink("no-such", path("dangling.toml")).unwrap();
    for name in ["no-such.toml", "folder.toml", "latin.toml", "config.ini", "dangling.toml"] {
        let told = refused(Launch::serve(&path(name))?)?;
        assert!(told.contains(name), "{name}: {told}");
    }
    Ok(())
}

#[test]
fn a_configuration_that_others_write_is_bounded() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let deep = format!("a = {}\n", "[".repeat(100_000));
    let yaml = workspace.path().join("bomb.yaml");
    let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n";
    fs::write(&yaml, bomb).unwrap();
    refused(Launch::serve(&yaml)?)?;
    workspace.write_config(&deep)?;
    refused(Launch::serve(&workspace.config())?)?;
    Ok(())
}
