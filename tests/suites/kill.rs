//! SIGKILL at a random moment, a hundred times, on one ledger: no acknowledged step is lost, none is there twice, and
//! the ledger always opens again. `DECISION_GATE_SEED` repeats a run's dice.

#![cfg(test)]

use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Server, Workspace, send_signal};
use serde_json::json;

#[path = "stream/mod.rs"]
mod stream;

use stream::{Book, Call, Ended, pump, unless_gone};

const ROUNDS: usize = 100;
const RUNS: usize = 4;
/// How many calls an eager client has in flight.
const WINDOW: usize = 24;
/// The longest life, in milliseconds: of the process, of the conversation, or of the stream of new steps.
const LIFE: u64 = 50;

#[test]
fn a_hundred_kills_lose_no_acknowledged_step() -> Result<(), Fault> {
    let mut dice = Dice::cast();
    let workspace = Workspace::new()?;
    let mut book = prepared(&workspace)?;
    let (mut pending, mut cut_off) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let (left, interrupted) = one_life(&workspace, &mut dice, &mut book, pending, round)?;
        pending = left;
        cut_off += usize::from(interrupted);
    }
    let mut server = Server::start(&workspace, Era::Legacy)?;
    assert_eq!(repeat(&mut server, &mut book, pending)?, Ended::Answered);
    let all = book.calls();
    assert_eq!(repeat(&mut server, &mut book, all.clone())?, Ended::Answered);
    book.agrees_with(&mut server)?;
    book.is_proven_by(&mut server)?;
    eprintln!("{} steps acknowledged, calls cut off in {cut_off} of {ROUNDS} lives", all.len());
    assert!(all.len() > ROUNDS && cut_off > ROUNDS / 10, "too little happened to show anything");
    Ok(())
}

/// A ledger with some runs whose gate holds, so that there is always a next step.
fn prepared(workspace: &Workspace) -> Result<Book, Fault> {
    let mut book = Book::default();
    let mut server = Server::start(workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    for run in 0..RUNS {
        let run = format!("run-{run}");
        server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": run}))?;
        book.open(&run);
    }
    server.close()?;
    Ok(book)
}

/// One life of the server: it is asked again for all that is not certain, then for new steps, until it is killed.
/// What is not certain after that is returned, and whether calls were cut off.
fn one_life(
    workspace: &Workspace,
    dice: &mut Dice,
    book: &mut Book,
    pending: Vec<Call>,
    round: usize,
) -> Result<(Vec<Call>, bool), Fault> {
    let mut server = Launch::serve(&workspace.config())?.spawn(Era::Legacy)?;
    let (go, killer) = executioner(server.id(), Duration::from_micros(dice.below(LIFE * 1_000)));
    // From when on its life is counted: mostly from the first new step.
    let counted_from = dice.below(10);
    let begin = |stage: u64| {
        if counted_from <= stage {
            // The executioner may be through already.
            let _ = go.send(());
        }
    };
    begin(0);
    let opened = server.open();
    let opened = unless_gone(&mut server, opened)?.is_some();
    begin(1);
    let certain = opened && is_certain(&mut server, book, pending.clone())?;
    begin(u64::MAX);
    let left = if certain { Some(step_on(&mut server, dice, book, round)?) } else { None };
    killer.join().unwrap()?;
    let closed = server.ended()?;
    assert!(!closed.status.success(), "it ended by itself: {}", closed.stderr);
    assert!(!closed.stderr.contains("panicked"), "{}", closed.stderr);
    let interrupted = left.is_some();
    Ok((left.unwrap_or(pending), interrupted))
}

/// Whether it lived long enough to answer for everything before it.
fn is_certain(server: &mut Server, book: &mut Book, pending: Vec<Call>) -> Result<bool, Fault> {
    if repeat(server, book, pending)? != Ended::Answered {
        return Ok(false);
    }
    let agrees = book.agrees_with(server);
    Ok(unless_gone(server, agrees)?.is_some())
}

/// New steps until it is gone. What is not certain after that is returned.
fn step_on(server: &mut Server, dice: &mut Dice, book: &mut Book, round: usize) -> Result<Vec<Call>, Fault> {
    let mut fresh = (0..).map(|step| {
        let run = format!("run-{}", dice.below(u64::try_from(RUNS).unwrap()));
        Call { run, trigger: format!("round-{round}-step-{step}") }
    });
    let mut left = Vec::new();
    let ended = pump(server, WINDOW, &mut fresh, &mut |call, answer| {
        assert_eq!(answer.structured["repeated"], false, "{call:?}: {}", answer.structured);
        book.note(call, &answer);
        left.push(call.clone());
    })?;
    let Ended::Gone(unanswered) = ended else { unreachable!("the stream has no end") };
    left.extend(unanswered);
    Ok(left)
}

/// Asks again: what was acknowledged must be answered as before, what was not is decided now or was then.
fn repeat(server: &mut Server, book: &mut Book, calls: Vec<Call>) -> Result<Ended, Fault> {
    pump(server, WINDOW, &mut calls.into_iter(), &mut |call, answer| book.note(call, &answer))
}

/// Kills the process so long after it is told to go.
fn executioner(process: u32, after: Duration) -> (Sender<()>, JoinHandle<Result<(), Fault>>) {
    let (go, told) = channel();
    let killer = thread::spawn(move || {
        // A sender that is gone has nothing left to say.
        let _ = told.recv();
        thread::sleep(after);
        send_signal(process, "KILL")
    });
    (go, killer)
}

/// Random numbers that can be had again.
struct Dice(u64);

impl Dice {
    fn cast() -> Self {
        let given = std::env::var("DECISION_GATE_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| u64::from(it.subsec_nanos()));
        let seed = given.unwrap_or_else(now);
        eprintln!("DECISION_GATE_SEED={seed}");
        Self(seed)
    }

    /// A number below `bound` (splitmix64).
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
