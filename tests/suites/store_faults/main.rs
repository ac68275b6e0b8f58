//! What can happen to the file or the database under a ledger, tried on the built binary: a kill at each write, a full
//! disk, a read-only one, a lock, damage, a server that goes away. Each has a code and a hint, `doctor` finds it, and
//! nothing acknowledged is lost (`docs/guides/when-a-store-fails.md`).

#![cfg(test)]

mod database;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use decision_gate_tests::{Fault, Holder, Launch, Workspace, binary, project_root, skip, verifier};
use serde_json::Value;

const GUIDE: &str = "docs/guides/when-a-store-fails.md";

/// What the gate says, as JSON.
fn gate(workspace: &Workspace, arguments: &[&str]) -> Result<(Option<i32>, Value), Fault> {
    let launch = arguments.iter().fold(Launch::program(binary()?), |launch, argument| launch.arg(*argument));
    let launch = launch.arg("--config").arg(workspace.config()).arg("--format").arg("json");
    Ok(said(&launch.output(Stdio::null())?))
}

fn said(output: &Output) -> (Option<i32>, Value) {
    let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    let value = serde_json::from_slice(text).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(text)));
    (output.status.code(), value)
}

fn decided(workspace: &Workspace, run: &str) -> Result<(Option<i32>, Value), Fault> {
    let scenario = workspace.path().join("scenario.json").display().to_string();
    gate(workspace, &["check", &scenario, "--run-id", run])
}

fn code(answer: &Value) -> &str {
    answer.pointer("/error/code").or_else(|| answer.get("code")).and_then(Value::as_str).unwrap_or_default()
}

/// The codes of what the doctor finds.
fn diagnosis(workspace: &Workspace) -> Result<Vec<String>, Fault> {
    let (_, answer) = gate(workspace, &["doctor"])?;
    Ok(codes(&answer))
}

fn codes(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => match (members.get("code"), members.get("hint")) {
            (Some(Value::String(code)), Some(Value::String(hint))) if !hint.is_empty() => vec![code.clone()],
            _ => members.values().flat_map(codes).collect(),
        },
        Value::Array(items) => items.iter().flat_map(codes).collect(),
        _ => Vec::new(),
    }
}

/// Whether a run is there, and its proof holds.
fn is_proven(workspace: &Workspace, run: &str) -> Result<bool, Fault> {
    let out = workspace.path().join(format!("proof-of-{run}"));
    drop(fs::remove_dir_all(&out));
    let (code, _) = gate(workspace, &["runpack", "export", run, "--out", &out.display().to_string()])?;
    if code != Some(0) {
        return Ok(false);
    }
    let verified = Launch::program(verifier()?).arg(&out).output(Stdio::null())?;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    Ok(true)
}

fn copied(ledger: &[u8]) -> Result<Workspace, Fault> {
    let workspace = Workspace::new()?;
    workspace.mend()?;
    fs::write(workspace.ledger(), ledger).map_err(Fault::io("write", workspace.ledger()))?;
    Ok(workspace)
}

/// A ledger with one acknowledged run in it.
fn with_one_run() -> Result<Workspace, Fault> {
    let workspace = Workspace::new()?;
    workspace.mend()?;
    let (code, answer) = decided(&workspace, "before")?;
    assert_eq!(code, Some(0), "{answer}");
    Ok(workspace)
}

#[test]
fn a_kill_at_every_write_to_the_disk_loses_nothing() -> Result<(), Fault> {
    const WRITES: &str = "pwrite64,fsync,fdatasync,ftruncate,unlink";
    if !can_trace() {
        return Ok(());
    }
    let before = with_one_run()?;
    // First into a ledger that is there, then into none.
    for ledger in [Some(fs::read(before.ledger()).map_err(Fault::io("read", before.ledger()))?), None] {
        let mut killed = 0;
        for write in 1.. {
            let workspace = copied(ledger.as_deref().unwrap_or_default())?;
            let output = killed_at(&workspace, "new", WRITES, write)?;
            if ledger.is_some() {
                assert!(is_proven(&workspace, "before")?, "write {write}: an acknowledged run is gone");
            }
            if output.status.success() {
                assert!(is_proven(&workspace, "new")?, "it was acknowledged");
                break;
            }
            let there = is_proven(&workspace, "new")?;
            let (code, answer) = decided(&workspace, "after")?;
            assert_eq!(code, Some(0), "write {write}, there: {there}: {answer}");
            killed += 1;
        }
        assert!(killed > 10, "{killed} writes");
    }
    Ok(())
}

/// Whether system calls can be traced here; it is said where not.
fn can_trace() -> bool {
    let works = Command::new("strace").args(["-qq", "-e", "trace=none", "true"]).output();
    let works = works.is_ok_and(|it| it.status.success());
    if !works {
        skip("strace can't be had here, which kills at each write");
    }
    works
}

/// Decides a run, and is killed before the system call of one of these kinds that has this number.
fn killed_at(workspace: &Workspace, run: &str, calls: &str, number: usize) -> Result<Output, Fault> {
    let scenario = workspace.path().join("scenario.json");
    let log = workspace.path().join("strace.log");
    let inject = format!("inject={calls}:signal=KILL:when={number}");
    let launch = Launch::program("strace").arg("-f").arg("-o").arg(&log).arg("-e").arg(&inject).arg(binary()?);
    let launch = launch.arg("check").arg(&scenario).arg("--run-id").arg(run).arg("--config");
    launch.arg(workspace.config()).arg("--quiet").output(Stdio::null())
}

/// Runs a script in a mount namespace of its own, where it may mount what it likes. Nothing where that is not allowed.
fn mounted(workspace: &Workspace, script: &str) -> Result<Option<String>, Fault> {
    let allowed = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !allowed.is_ok_and(|it| it.status.success()) {
        skip("no file system of one's own can be mounted here");
        return Ok(None);
    }
    let config = fs::read_to_string(workspace.config()).map_err(Fault::io("read", workspace.config()))?;
    workspace.write_config(&config.replace("path = \"ledger.db\"", "path = \"disk/ledger.db\""))?;
    let disk = workspace.path().join("disk");
    fs::create_dir_all(&disk).map_err(Fault::io("create", &disk))?;
    let output = Launch::program("unshare").arg("-rm").arg("bash").arg("-c").arg(script).arg("script");
    let output = output.arg(binary()?).arg(workspace.path()).output(Stdio::null())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(Some(said))
}

/// What stands before every script: `gate` is the program, and `decide RUN` prints what a decision said.
const HEAD: &str = r#"
set -u; gate=$1; cd "$2"
decide() { "$gate" check scenario.json --run-id "$1" --config decision-gate.toml --format json 2>&1; echo "exit $?"; }
doctor() { "$gate" doctor --config decision-gate.toml --format json 2>&1; echo; }
"#;

#[test]
fn a_full_disk_says_so_and_loses_nothing() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.mend()?;
    let script = format!(
        r#"{HEAD}
mount -t tmpfs -o size=1m tmpfs disk
decide before >/dev/null
fallocate -l 600k disk/ballast || head -c 600k /dev/zero >disk/ballast
for run in $(seq 200); do decide "run-$run" >out; case $(tail -n 1 out) in "exit 2") break;; esac; echo "run-$run" >>acknowledged; done
cat out; doctor
rm disk/ballast
for run in before $(cat acknowledged); do "$gate" runpack export "$run" --out "packs/$run" --config decision-gate.toml --quiet 2>&1 || "$gate" runpack export "$run" --out "packs/$run" --config decision-gate.toml >/dev/null || exit 1; done
decide after | tail -n 1
"#
    );
    let Some(said) = mounted(&workspace, &script)? else { return Ok(()) };
    // By the call and by the doctor.
    assert_eq!(said.matches(r#""code":"store_full""#).count(), 2, "{said}");
    assert_eq!(said.matches("nothing acknowledged was lost").count(), 2, "{said}");
    assert!(said.trim_end().ends_with("exit 0"), "{said}");
    Ok(())
}

#[test]
fn a_disk_that_became_read_only_says_so_and_is_diagnosed() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.mend()?;
    let script = format!(
        "{HEAD}\nmount -t tmpfs tmpfs disk\ndecide before >/dev/null\nmount -o remount,ro disk\ndecide after; doctor\n\
         mount -o remount,rw disk\ndecide later | tail -n 1\n"
    );
    let Some(said) = mounted(&workspace, &script)? else { return Ok(()) };
    assert!(said.contains(r#""code":"store_read_only""#), "{said}");
    assert!(said.matches("store_read_only").count() > 1 || said.contains("store_not_writable"), "{said}");
    assert!(said.trim_end().ends_with("exit 0"), "{said}");
    Ok(())
}

#[test]
fn a_read_only_disk_can_still_be_read() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.mend()?;
    let script = format!(
        r#"{HEAD}
read_all() {{
  for command in verify stats; do "$gate" ledger "$command" --config decision-gate.toml >out 2>&1; echo "$command $?"; done
  rm -rf proof; "$gate" runpack export before --out proof --config decision-gate.toml >out 2>&1; echo "export $?"
}}
mount -t tmpfs tmpfs disk
decide before >/dev/null
mount -o remount,ro disk
read_all
doctor
"#
    );
    let Some(said) = mounted(&workspace, &script)? else { return Ok(()) };
    assert!(said.starts_with("verify 0\nstats 0\nexport 0\n"), "{said}");
    assert!(said.contains(r#""code":"store_read_only""#), "{said}");
    Ok(())
}

#[test]
fn a_limit_on_the_size_of_files_is_told_as_a_full_store() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.mend()?;
    let script = format!(
        r#"{HEAD}
decide before >/dev/null
ulimit -S -f 200
for run in $(seq 400); do decide "run-$run" >out; case $(tail -n 1 out) in "exit 0") ;; *) break;; esac; done
cat out; doctor
ulimit -S -f unlimited
decide after | tail -n 1
"#
    );
    let launch = Launch::program("bash").arg("-c").arg(script).arg("script").arg(binary()?).arg(workspace.path());
    let output = launch.output(Stdio::null())?;
    let said = String::from_utf8_lossy(&output.stdout);
    // By the call, which is not killed, and by the doctor.
    assert_eq!(said.matches(r#""code":"store_full""#).count(), 2, "{said}");
    assert!(said.contains("\nexit 2\n") && said.trim_end().ends_with("exit 0"), "{said}");
    assert!(is_proven(&workspace, "before")?);
    Ok(())
}

#[test]
fn a_lock_damage_and_another_version_are_said_and_diagnosed() -> Result<(), Fault> {
    let workspace = with_one_run()?;
    let holder = Holder::of(&workspace.ledger())?;
    let (exit, answer) = gate_within(&workspace, "store.busy_timeout_ms=50")?;
    assert_eq!((exit, code(&answer)), (Some(2), "store_locked"), "{answer}");
    assert!(diagnosis(&workspace)?.contains(&"store_locked".to_owned()));
    holder.release()?;
    assert_eq!(diagnosis(&workspace)?, Vec::<String>::new());
    assert!(is_proven(&workspace, "before")?);

    let whole = fs::read(workspace.ledger()).map_err(Fault::io("read", workspace.ledger()))?;
    let (mut page, mut header) = (whole.clone(), whole.clone());
    page.iter_mut().skip(4096).take(64).for_each(|byte| *byte = 0xA5);
    header[60..64].copy_from_slice(&99_u32.to_be_bytes());
    for (bytes, expected) in
        [(page, "store_corrupt"), (header, "store_version"), (b"no database".to_vec(), "store_corrupt")]
    {
        let damaged = copied(&bytes)?;
        let (exit, answer) = decided(&damaged, "after")?;
        assert_eq!((exit, code(&answer)), (Some(2), expected), "{answer}");
        assert!(diagnosis(&damaged)?.contains(&expected.to_owned()), "{expected}");
        let kept = fs::read(damaged.ledger()).map_err(Fault::io("read", damaged.ledger()))?;
        assert_eq!(kept, bytes, "a file that can't be used is left as it is");
    }
    assert!(is_proven(&copied(&whole)?, "before")?, "the backup is as good as it was");
    Ok(())
}

fn gate_within(workspace: &Workspace, setting: &str) -> Result<(Option<i32>, Value), Fault> {
    let scenario = workspace.path().join("scenario.json").display().to_string();
    gate(workspace, &["check", &scenario, "--run-id", "after", "--set", setting])
}

/// The rows of the guide's table: fault, code, and the test that tries it.
#[test]
fn each_row_of_the_guide_is_tried() -> Result<(), Fault> {
    let path = project_root().join(GUIDE);
    let guide = fs::read_to_string(&path).map_err(Fault::io("read", &path))?;
    let cells = |line: &str| line.split('|').map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<_> = guide.lines().filter(|line| line.starts_with("| ")).map(cells).skip(1).collect();
    assert!(rows.len() >= 20, "{rows:?}");
    let codes = read(&project_root().join("docs/reference/codes.txt"))?;
    let sources = ["tests/suites", "crates/decision-gate-store/src", "crates/decision-gate-cli/tests"];
    let sources = sources.iter().map(|it| all_of(&project_root().join(it))).collect::<Result<Vec<_>, _>>()?.concat();
    for row in rows {
        let [_, fault, code, doctor, _, tests, _] = row.as_slice() else { panic!("{row:?}") };
        for code in [code, doctor].map(|it| it.trim_matches('`')) {
            assert!(code == "none" || codes.lines().any(|it| it == code), "{fault}: `{code}` is no code");
        }
        for test in tests.split(", ").map(|it| it.trim_matches('`')) {
            assert!(sources.contains(&format!("fn {test}(")), "{fault}: no test `{test}`");
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Fault> {
    fs::read_to_string(path).map_err(Fault::io("read", path))
}

fn all_of(folder: &Path) -> Result<String, Fault> {
    let mut all = String::new();
    for entry in fs::read_dir(folder).map_err(Fault::io("read", folder))? {
        let path = entry.map_err(Fault::io("read", folder))?.path();
        if path.is_dir() {
            all += &all_of(&path)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            all += &read(&path)?;
        }
    }
    Ok(all)
}
