//! Keeps one provider running: started when it is first needed, started anew when it died, and left alone for longer
//! and longer when it keeps dying.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use decision_gate_config::sections::providers::Handshake;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::task::AbortHandle;

use super::fault::QueryFault;
use super::launch::Launch;
use super::meter::Death;
use super::session::Session;

/// The rest after the first failure; each further one doubles it.
const FIRST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// A query waits for the end of a rest that is this short.
const WORTH_WAITING: Duration = Duration::from_secs(1);

type Started = Result<Arc<Session>, QueryFault>;

/// Keeps one provider running.
#[derive(Debug)]
pub(super) struct Supervisor {
    launch: Arc<Launch>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Failures since it last answered.
    failures: u32,
    /// The greeting that worked, once one did.
    handshake: Handshake,
}

#[derive(Debug)]
enum Phase {
    /// Not running; not to be started before this.
    Down(Option<Instant>),
    /// On its way up.
    Starting(Shared<BoxFuture<'static, Started>>, AbortHandle),
    /// Running, or dead without anybody having noticed.
    Up(Arc<Session>),
}

/// What a query has to do for a session.
enum Step {
    Have(Arc<Session>),
    Wait(Duration),
    Await(Shared<BoxFuture<'static, Started>>),
    Give(QueryFault),
}

impl Supervisor {
    pub(super) fn new(launch: Launch) -> Self {
        let handshake = launch.handshake;
        let state = State { phase: Phase::Down(None), failures: 0, handshake };
        Self { launch: Arc::new(launch), state: Mutex::new(state) }
    }

    /// A running session. Starting goes on when whoever asked for it gives up, so that the next one finds it ready.
    pub(super) async fn session(&self) -> Started {
        loop {
            match self.step() {
                Step::Have(session) => return Ok(session),
                Step::Give(fault) => return Err(fault),
                Step::Wait(rest) => tokio::time::sleep(rest).await,
                Step::Await(starting) => {
                    let started = starting.await;
                    self.settle(&started);
                    return started;
                }
            }
        }
    }

    /// The session answered: its failures are forgiven.
    pub(super) fn answered(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).failures = 0;
    }

    fn step(&self) -> Step {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Phase::Up(session) = &state.phase {
            let Some(death) = session.vitals().death() else { return Step::Have(Arc::clone(session)) };
            session.kill(death);
            state.failed();
        }
        match &state.phase {
            Phase::Up(session) => Step::Have(Arc::clone(session)),
            Phase::Starting(starting, _) => Step::Await(starting.clone()),
            Phase::Down(until) => {
                let rest = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
                if rest > WORTH_WAITING {
                    let retry_after_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
                    return Step::Give(QueryFault::Resting { failures: state.failures, retry_after_ms });
                }
                if !rest.is_zero() {
                    return Step::Wait(rest);
                }
                let task = tokio::spawn(start(Arc::clone(&self.launch), state.handshake));
                let abort = task.abort_handle();
                let broke = || QueryFault::Handshake { reason: "it was given up".to_owned() };
                let starting = task.map(move |joined| joined.unwrap_or_else(|_| Err(broke()))).boxed().shared();
                state.phase = Phase::Starting(starting.clone(), abort);
                Step::Await(starting)
            }
        }
    }

    /// Notes how a start ended; the first of those who waited for it does.
    fn settle(&self, started: &Started) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(state.phase, Phase::Starting(..)) {
            return;
        }
        match started {
            Ok(session) => {
                state.handshake = session.handshake();
                state.phase = Phase::Up(Arc::clone(session));
            }
            Err(_) => state.failed(),
        }
    }
}

impl State {
    fn failed(&mut self) {
        let doubled = 2_u32.saturating_pow(self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let rest = FIRST_REST.saturating_mul(doubled).min(LONGEST_REST);
        self.phase = Phase::Down(Instant::now().checked_add(rest));
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Phase::Starting(_, abort) = &state.phase {
            abort.abort();
        }
    }
}

/// Starts the provider within its limit. One that goes away when it is asked what it speaks, as old servers do, is
/// started once more and greeted the old way.
pub(super) async fn start(launch: Arc<Launch>, handshake: Handshake) -> Started {
    let begun = async {
        let first = Session::start(&launch, handshake).await;
        match first {
            Err(QueryFault::Died(Death::Gone)) if handshake == Handshake::Auto => {
                Session::start(&launch, Handshake::Initialize).await
            }
            other => other,
        }
    };
    let limit_ms = u64::try_from(launch.start_limit.as_millis()).unwrap_or(u64::MAX);
    let started = tokio::time::timeout(launch.start_limit, begun).await;
    let started = started.unwrap_or(Err(QueryFault::StartTimeout { limit_ms })).map(Arc::new);
    match &started {
        Ok(_) => tracing::info!(provider = launch.provider, "started a provider"),
        Err(fault) => tracing::warn!(provider = launch.provider, code = fault.code(), "a provider did not start"),
    }
    started
}
