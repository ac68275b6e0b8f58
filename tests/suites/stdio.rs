//! The built binary at the edges of the protocol: every case of `tests/conformance/mcp_stdio` in both eras, and what
//! only a process has: exit codes, signals, streams that are closed, memory.

#![cfg(test)]

use std::fs::{self, File};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use decision_gate_tests::wire::{Era, Side, validate};
use decision_gate_tests::{Closed, Fault, Holder, Launch, Server, Workspace, binary, skip};
use serde_json::{Value, json};

#[path = "stdio/table.rs"]
mod table;

use table::{Case, settle, slow_arguments};

/// When nothing has come for so long, whatever can be answered has been: the slow call may end.
const SILENCE: Duration = Duration::from_millis(400);

#[test]
fn every_case_of_the_table_holds_in_a_session() -> Result<(), Fault> {
    run_all(Era::Legacy)
}

#[test]
fn every_case_of_the_table_holds_for_requests_that_stand_alone() -> Result<(), Fault> {
    run_all(Era::Modern)
}

fn run_all(era: Era) -> Result<(), Fault> {
    let (mut ran, mut failed) = (0, Vec::new());
    for case in table::read()? {
        if case.needs("panic_tool") {
            skip(&format!("{}: no tool of the product panics; the server's own tests run it", case.name));
            continue;
        }
        if era == Era::Modern && !case.holds_without_a_session() {
            continue;
        }
        ran += 1;
        if let Err(fault) = run(&case, era) {
            failed.push(format!("{} ({}; {})\n     {fault}", case.name, case.title, case.why));
        }
    }
    assert!(failed.is_empty(), "{era}: {} of {ran} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(ran > 70, "{era}: the table has lost cases: {ran}");
    Ok(())
}

fn run(case: &Case, era: Era) -> Result<(), String> {
    let told = |fault: Fault| fault.to_string();
    let workspace = Workspace::new().map_err(told)?;
    let mut held = if case.needs("slow_tool") { Some(held(&workspace).map_err(told)?) } else { None };
    let mut server = spawn(&workspace, era).map_err(told)?;
    if era == Era::Legacy && case.has_session() {
        server.open().map_err(told)?;
    }
    for step in &case.steps {
        server.send_raw(&step.bytes(era == Era::Modern)).map_err(told)?;
        let received = receive(&mut server, step.expect.len(), &mut held).map_err(told)?;
        settle(&received, &step.expect, step.is_strict())?;
    }
    let before = server.wire().len();
    if case.ends_by_signal() {
        server.signal("TERM").map_err(told)?;
    }
    let releasing = held.map(|held| {
        thread::spawn(move || {
            thread::sleep(SILENCE);
            held.release()
        })
    });
    let closed = if case.ends_by_signal() { server.ended() } else { server.close() }.map_err(told)?;
    releasing.map_or(Ok(()), |thread| thread.join().unwrap()).map_err(told)?;
    settle(&said_since(&closed, before), &case.last, false)?;
    if closed.status.success() { Ok(()) } else { Err(format!("ended with {}: {}", closed.status, closed.stderr)) }
}

/// That many messages; the ledger is released when no more come without that.
fn receive(server: &mut Server, count: usize, held: &mut Option<Holder>) -> Result<Vec<Value>, Fault> {
    let mut received = Vec::new();
    while received.len() < count {
        if held.is_some() {
            server.set_patience(SILENCE);
        }
        match (server.next_message("an expected message"), held.take()) {
            (Ok(None), _) => break,
            (Ok(Some(message)), still) => {
                received.push(message);
                *held = still;
            }
            (Err(Fault::Silent { .. }), Some(holder)) => {
                holder.release()?;
                server.set_patience(Duration::from_secs(30));
            }
            (Err(fault), _) => return Err(fault),
        }
    }
    server.set_patience(Duration::from_secs(30));
    Ok(received)
}

fn said_since(closed: &Closed, before: usize) -> Vec<Value> {
    let said = closed.wire.iter().skip(before).filter(|(side, _)| *side == Side::Server);
    said.map(|(_, line)| serde_json::from_str(line).unwrap()).collect()
}

fn spawn(workspace: &Workspace, era: Era) -> Result<Server, Fault> {
    Launch::serve(&workspace.config())?.spawn(era)
}

/// A ledger that is there, and whose write lock is taken.
fn held(workspace: &Workspace) -> Result<Holder, Fault> {
    let mut server = Server::start(workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    server.close()?;
    Holder::of(&workspace.ledger())
}

#[test]
fn a_signal_waits_for_the_call_that_is_being_answered() -> Result<(), Fault> {
    for (era, name) in [(Era::Legacy, "TERM"), (Era::Modern, "INT")] {
        let workspace = Workspace::new()?;
        let held = held(&workspace)?;
        let mut server = Server::start(&workspace, era)?;
        let slow = server.send_call("scenario_define", &slow_arguments())?;
        // Its answer shows that the slow call has been read.
        server.result("tools/list", json!({}))?;
        server.signal(name)?;
        let releasing = thread::spawn(move || {
            thread::sleep(SILENCE);
            held.release()
        });
        let answer = server.receive(slow)?;
        assert_eq!(answer.pointer("/result/isError"), Some(&json!(false)), "{era}: {answer}");
        let closed = server.ended()?;
        assert!(closed.status.success(), "{era}: {}", closed.status);
        releasing.join().unwrap()?;
        let mut after = Server::start(&workspace, era)?;
        let listed = after.answer("scenarios_list", &json!({}))?;
        assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{era}: what was acknowledged is there: {listed}");
    }
    Ok(())
}

/// Nobody gets the answer any more, so the process does not stay for it: hosts count orphans.
#[test]
fn no_end_waits_for_a_ledger_that_another_process_holds() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let held = held(&workspace)?;
    for (end, limit) in [("TERM", Duration::from_secs(5)), ("", Duration::from_secs(9))] {
        let launch = Launch::serve(&workspace.config())?.arg("--set").arg("store.busy_timeout_ms=60000");
        let mut server = launch.spawn(Era::Legacy)?;
        server.open()?;
        server.send_call("scenario_define", &slow_arguments())?;
        server.result("ping", json!({}))?;
        let begun = Instant::now();
        let closed = if end.is_empty() {
            server.close()?
        } else {
            server.signal(end)?;
            server.ended()?
        };
        assert!(closed.status.success(), "{end}: {}", closed.status);
        assert!(begun.elapsed() < limit, "{end}: {:?}", begun.elapsed());
    }
    held.release()
}

#[test]
fn a_signal_answers_what_was_read_before_it() -> Result<(), Fault> {
    const CALLS: usize = 200;
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": "run-1"}))?;
    for _ in 0..CALLS {
        server.send_call("scenario_next", &json!({"run_id": "run-1"}))?;
    }
    let before = server.wire().len();
    server.signal("TERM")?;
    let closed = server.ended()?;
    assert!(closed.status.success(), "{}", closed.status);
    let answers = said_since(&closed, before);
    let acknowledged = answers.iter().filter(|it| it.pointer("/result/isError") == Some(&json!(false))).count();
    assert_eq!(acknowledged, answers.len(), "an answer is none");
    let mut after = Server::start(&workspace, Era::Legacy)?;
    let status = after.answer("scenario_status", &json!({"run_id": "run-1"}))?;
    let events = usize::try_from(status["events"].as_u64().unwrap()).unwrap();
    assert!((acknowledged..=CALLS).contains(&(events - 1)), "{acknowledged} acknowledged, {events} events");
    Ok(())
}

#[test]
fn a_signal_in_the_middle_of_nothing_ends_at_once() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    for name in ["TERM", "INT"] {
        let server = Server::start(&workspace, Era::Legacy)?;
        let begun = Instant::now();
        server.signal(name)?;
        let closed = server.ended()?;
        assert!(closed.status.success(), "{name}: {}", closed.status);
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}: {:?}", begun.elapsed());
    }
    Ok(())
}

#[test]
fn the_end_of_input_is_the_end_whatever_the_input_is() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let lines = workspace.path().join("lines");
    fs::write(&lines, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}").map_err(Fault::io("write", &lines))?;
    let file = |path: &std::path::Path| File::open(path).map(Stdio::from).map_err(Fault::io("open", path));
    let nothing = Launch::serve(&workspace.config())?.output(Stdio::null())?;
    assert_eq!((nothing.status.code(), nothing.stdout.as_slice()), (Some(0), b"".as_slice()));
    let from_file = Launch::serve(&workspace.config())?.output(file(&lines)?)?;
    assert_eq!(from_file.status.code(), Some(0));
    let said = String::from_utf8(from_file.stdout).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    validate(Era::Legacy, said.trim_end())?;
    assert!(!workspace.ledger().exists(), "a server that decided nothing made a ledger");
    Ok(())
}

#[test]
fn stdout_carries_protocol_only_even_when_everything_is_logged() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    for format in ["text", "json"] {
        let launch = Launch::serve(&workspace.config())?.arg("--set").arg(format!("logging.format={format}"));
        let mut server = launch.arg("--set").arg("logging.level=trace").spawn(Era::Legacy)?;
        server.open()?;
        server.send_raw(b"\xff\xfe no json\n")?;
        assert!(server.next_message("a refusal")?.unwrap().get("error").is_some());
        server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
        server.call("scenario_next", &json!({"run_id": "no-such-run"}))?;
        let closed = server.close()?;
        assert!(!closed.stderr.is_empty(), "nothing was logged");
        assert!(closed.status.success(), "{}", closed.status);
    }
    Ok(())
}

/// Arguments, and what standard error must name.
const USAGE: [(&[&str], &str); 4] = [
    (&["serve", "--no-such-flag"], "--no-such-flag"),
    (&["sevre"], "serve"),
    (&["serve", "--profile", "agnt"], "agent"),
    (&["serve", "--set", "server.profle=full"], "profile"),
];

#[test]
fn a_wrong_command_line_is_exit_code_2_and_says_why_on_stderr() -> Result<(), Fault> {
    for (arguments, named) in USAGE {
        let launch = arguments.iter().fold(Launch::program(binary()?), |launch, it| launch.arg(*it));
        let output = launch.output(Stdio::null())?;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {:?}", output.stdout);
        assert!(told.contains(named), "{arguments:?}: {told}");
    }
    Ok(())
}

#[test]
fn an_output_that_takes_nothing_is_exit_code_2() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let script = r#"echo '{"jsonrpc":"2.0","id":1,"method":"ping"}' | "$0" serve --config "$1" > /dev/full"#;
    let launch = Launch::program("sh").arg("-c").arg(script).arg(binary()?).arg(workspace.config());
    let output = launch.output(Stdio::null())?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("stdio_write_failed"), "{told}");
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_of_fifty_megabytes_is_never_kept() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Legacy)?;
    let peak = |server: &Server| {
        let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = peak(&server);
    let mut line = br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":""#.to_vec();
    line.resize(50 << 20, b'x');
    line.extend_from_slice(b"\"}}\n");
    server.send_raw(&line)?;
    let refused = server.receive(7)?;
    assert!(refused.get("error").is_some(), "{refused}");
    server.answer("providers_list", &json!({}))?;
    let grown = peak(&server) - before;
    assert!(grown < 16 << 10, "{grown} KiB more than before");
    Ok(())
}
