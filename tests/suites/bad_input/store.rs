//! Ledgers that are locked, full, read-only, damaged, or not ledgers: a code each, and nothing acknowledged is lost.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Holder, Launch, Server, Workspace, binary, skip};
use serde_json::{Value, json};

use super::{Gate, RUN, decide_once, events};

fn next() -> Value {
    json!({"run_id": RUN, "trigger_id": "second"})
}

/// The workspace's server with the ledger's patience set to a fraction of a second.
fn impatient(workspace: &Workspace) -> Result<Server, Fault> {
    let launch = Launch::serve(&workspace.config())?.arg("--set").arg("store.busy_timeout_ms=150");
    let mut server = launch.spawn(Era::Legacy)?;
    server.open()?;
    Ok(server)
}

#[test]
fn a_locked_ledger_is_said_and_the_same_call_goes_through_later() -> Result<(), Fault> {
    let Gate { workspace, server } = Gate::open()?;
    server.close()?;
    let mut gate = Gate { server: impatient(&workspace)?, workspace };
    let holder = Holder::of(&gate.workspace.ledger())?;
    // The first call of a process writes too.
    gate.refused("scenario_next", &next(), "store_locked")?;
    gate.refused("scenario_next", &next(), "store_locked")?;
    let submit = json!({"run_id": RUN, "payload": {"kind": "json", "value": 1}});
    gate.refused("scenario_submit", &submit, "store_locked")?;
    assert_eq!(events(&mut gate.server)?, 2, "reading goes on beside a writer");
    holder.release()?;
    let stepped = gate.server.answer("scenario_next", &next())?;
    assert_eq!((&stepped["repeated"], &stepped["decision"]["seq"]), (&json!(false), &json!(3)), "{stepped}");
    let again = gate.server.answer("scenario_next", &json!({"run_id": RUN, "trigger_id": "first"}))?;
    assert_eq!(again["repeated"], true, "{again}");
    Ok(())
}

/// What stands in the file instead of a ledger, and the code.
fn no_ledgers() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("text", b"this is no database\n".repeat(300), "store_corrupt"),
        ("a header and nonsense", [b"SQLite format 3\0".as_slice(), &[0xff; 8_000]].concat(), "store_corrupt"),
        ("zeroes", vec![0; 8_192], "store_corrupt"),
    ]
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_is() -> Result<(), Fault> {
    for (what, bytes, code) in no_ledgers() {
        let workspace = Workspace::new()?;
        fs::write(workspace.ledger(), &bytes).unwrap();
        let server = Server::start(&workspace, Era::Legacy)?;
        let mut gate = Gate { workspace, server };
        let spec = gate.workspace.scenario()?;
        gate.refused("scenario_define", &json!({"spec": spec}), code)?;
        gate.refused("scenario_status", &json!({"run_id": RUN}), code)?;
        assert_eq!(fs::read(gate.workspace.ledger()).unwrap(), bytes, "{what}: the file was changed");
    }
    Ok(())
}

#[test]
fn a_file_of_another_program_or_version_is_refused_and_left_as_it_is() -> Result<(), Fault> {
    for statements in ["CREATE TABLE notes (text)", "PRAGMA user_version = 7", "PRAGMA application_id = 7"] {
        let workspace = Workspace::new()?;
        edit(&workspace, statements);
        let before = fs::read(workspace.ledger()).unwrap();
        let server = Server::start(&workspace, Era::Legacy)?;
        let mut gate = Gate { workspace, server };
        gate.refused("scenario_next", &next(), "store_version")?;
        assert_eq!(fs::read(gate.workspace.ledger()).unwrap(), before, "{statements}: the file was changed");
    }
    let Gate { workspace, server } = Gate::open()?;
    server.close()?;
    let version = version(&workspace);
    edit(&workspace, "PRAGMA user_version = 99");
    let server = Server::start(&workspace, Era::Legacy)?;
    let mut gate = Gate { workspace, server };
    let said = gate.refused("scenario_next", &next(), "store_version")?;
    assert!(said["message"].as_str().unwrap().contains("99"), "{said}");
    edit(&gate.workspace, &format!("PRAGMA user_version = {version}"));
    Gate { server: Server::start(&gate.workspace, Era::Legacy)?, workspace: gate.workspace }.ends_unharmed()
}

fn version(workspace: &Workspace) -> i32 {
    let connection = rusqlite::Connection::open(workspace.ledger()).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn edit(workspace: &Workspace, statements: &str) {
    let connection = rusqlite::Connection::open(workspace.ledger()).unwrap();
    connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {statements}")).unwrap();
}

/// Each breaks one thing that the ledger must hold together.
const DAMAGES: [&str; 6] = [
    "UPDATE heads SET state = x'7b7d' WHERE seq = 2",
    "UPDATE heads SET seq = 3 WHERE seq = 2 AND state IS NOT NULL",
    "UPDATE heads SET peaks = x'00' WHERE state IS NOT NULL",
    "DELETE FROM heads WHERE state IS NOT NULL",
    "UPDATE events SET bytes = x'7b7d'",
    "DROP TABLE events",
];

#[test]
fn a_damaged_ledger_is_said_and_nothing_is_decided_on_it() -> Result<(), Fault> {
    for damage in DAMAGES {
        let Gate { workspace, server } = Gate::open()?;
        server.close()?;
        edit(&workspace, damage);
        let server = Server::start(&workspace, Era::Legacy)?;
        let mut gate = Gate { workspace, server };
        // What was decided is not decided anew, whatever is broken.
        gate.refused("scenario_next", &json!({"run_id": RUN, "trigger_id": "first"}), "store_corrupt")?;
        gate.refused("runpack_export", &json!({"run_id": RUN}), "store_corrupt")?;
    }
    Ok(())
}

#[test]
fn half_a_ledger_is_damaged() -> Result<(), Fault> {
    let Gate { workspace, server } = Gate::open()?;
    server.close()?;
    let whole = fs::read(workspace.ledger()).unwrap();
    fs::write(workspace.ledger(), whole.get(..whole.len() / 2).unwrap()).unwrap();
    let server = Server::start(&workspace, Era::Legacy)?;
    let mut gate = Gate { workspace, server };
    gate.refused("scenario_status", &json!({"run_id": RUN}), "store_corrupt")?;
    Ok(())
}

#[test]
fn a_place_where_no_file_can_be_is_said() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    fs::create_dir(workspace.ledger()).unwrap();
    let server = Server::start(&workspace, Era::Legacy)?;
    let mut gate = Gate { workspace, server };
    let spec = gate.workspace.scenario()?;
    gate.refused("scenario_define", &json!({"spec": spec}), "store_unavailable")?;
    Ok(())
}

/// A server whose process sees the workspace as `mounts` makes it; `$0` is the workspace. Nothing where the system
/// gives no mounts of one's own.
fn mounted(workspace: &Workspace, mounts: &str) -> Result<Option<Server>, Fault> {
    let unshared = || Launch::program("unshare").arg("--mount").arg("--map-root-user").arg("sh").arg("-c");
    let tried = unshared().arg(format!("{mounts} true")).arg(workspace.path()).output(Stdio::null());
    if !tried.is_ok_and(|output| output.status.success()) {
        skip("no mounts of one's own here");
        return Ok(None);
    }
    let script = format!("{mounts} exec \"$1\" serve --config \"$0/decision-gate.toml\"");
    let launch = unshared().arg(script).arg(workspace.path()).arg(binary()?);
    let mut server = launch.spawn(Era::Legacy)?;
    server.open()?;
    Ok(Some(server))
}

#[test]
fn a_read_only_ledger_is_said() -> Result<(), Fault> {
    let Gate { workspace, server } = Gate::open()?;
    server.close()?;
    let mounts = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" &&";
    let Some(server) = mounted(&workspace, mounts)? else { return Ok(()) };
    let mut gate = Gate { workspace, server };
    let answer = gate.server.call("scenario_next", &next())?;
    let code = answer.structured["code"].as_str().unwrap_or_default().to_owned();
    assert!(answer.is_error && ["store_read_only", "store_unavailable"].contains(&code.as_str()), "{answer:?}");
    gate.lives()?;
    gate.server.close()?;
    Gate { server: Server::start(&gate.workspace, Era::Legacy)?, workspace: gate.workspace }.ends_unharmed()
}

/// Hands documents in until the ledger takes no more: how many it took, and the refusal.
fn fill(server: &mut Server) -> Result<(u64, Value), Fault> {
    const MOST: u64 = 200;
    for document in 0..MOST {
        let payload = json!({"kind": "json", "value": format!("{document}-{}", "x".repeat(60_000))});
        let arguments = json!({"run_id": RUN, "submission_id": format!("document-{document}"), "payload": payload});
        let answer = server.call("scenario_submit", &arguments)?;
        if answer.is_error {
            return Ok((document, answer.structured));
        }
    }
    panic!("{MOST} documents fit")
}

#[test]
fn a_full_disk_is_said_and_freed_space_is_used() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.write_config(&fs::read_to_string(workspace.config()).unwrap().replace("ledger.db", "disk/ledger.db"))?;
    fs::create_dir(workspace.path().join("disk")).unwrap();
    let mounts = "mount -t tmpfs -o size=3m tmpfs \"$0/disk\" && head -c 1000000 /dev/zero > \"$0/disk/ballast\" &&";
    let Some(mut server) = mounted(&workspace, mounts)? else { return Ok(()) };
    decide_once(&workspace, &mut server)?;
    let (taken, refusal) = fill(&mut server)?;
    assert_eq!(refusal["code"], "store_full", "{refusal}");
    assert!(taken > 3, "only {taken} documents fitted");
    let mut gate = Gate { workspace, server };
    gate.lives()?;
    assert_eq!(events(&mut gate.server)?, 2 + taken, "what was acknowledged is there");
    // Its own view of the disk.
    let seen = PathBuf::from(format!("/proc/{}/root", gate.server.id()));
    let ballast = seen.join(gate.workspace.path().strip_prefix("/").unwrap()).join("disk/ballast");
    fs::remove_file(&ballast).map_err(Fault::io("remove", &ballast))?;
    gate.server.answer("scenario_next", &next())?;
    assert_eq!(events(&mut gate.server)?, 3 + taken);
    let again = gate.server.answer("scenario_next", &json!({"run_id": RUN, "trigger_id": "first"}))?;
    assert_eq!(again["repeated"], true, "{again}");
    Ok(())
}

#[test]
fn a_file_that_may_not_grow_is_said_and_nothing_is_lost() -> Result<(), Fault> {
    let Gate { workspace, server } = Gate::open()?;
    server.close()?;
    let script = r#"trap '' XFSZ; ulimit -f 1000; exec "$0" serve --config "$1""#;
    let launch = Launch::program("sh").arg("-c").arg(script).arg(binary()?).arg(workspace.config());
    let mut server = launch.spawn(Era::Legacy)?;
    server.open()?;
    let (taken, refusal) = fill(&mut server)?;
    let code = refusal["code"].as_str().unwrap_or_default();
    assert!(["store_full", "store_unavailable"].contains(&code), "{refusal}");
    let mut gate = Gate { workspace, server };
    gate.lives()?;
    assert_eq!(events(&mut gate.server)?, 2 + taken, "what was acknowledged is there");
    gate.server.close()?;
    let mut after = Server::start(&gate.workspace, Era::Legacy)?;
    assert_eq!(events(&mut after)?, 2 + taken, "what was acknowledged is there after a restart");
    after.answer("scenario_next", &next())?;
    Ok(())
}
