//! Tells a client how far a call has come, if it asked for that.
//!
//! A client asks with a token in its request. Numbers go up only, up to [`TOTAL`], and nothing is said after the answer.
//! What no number is known of, such as a replay, still gives a sign of life every [`PULSE`]: some hosts give a call up that
//! says nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use decision_gate_runtime::Meter;
use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::Peer,
};

/// What a call has come to when it is done.
const TOTAL: f64 = 100.0;

/// How often the work is looked at.
const PULSE: Duration = Duration::from_millis(500);

/// Where a call tells how far it has come.
#[derive(Debug, Default)]
pub struct Progress(Option<Told>);

#[derive(Debug)]
struct Told {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    last: Mutex<f64>,
}

/// A part of a call's work, in hundredths of the whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Where it begins.
    pub(super) from: f64,
    /// Where it ends.
    pub(super) to: f64,
    /// What is done in it.
    pub(super) what: &'static str,
}

impl Progress {
    pub(crate) fn to(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        Self(Some(Told { peer, token, last: Mutex::new(-1.0) }))
    }

    /// Does `work`, and tells of it meanwhile: how much of `meter` is done, or that it goes on.
    pub(super) async fn during<F: Future>(&self, part: Part, meter: Option<&Meter>, work: F) -> F::Output {
        let Some(told) = &self.0 else { return work.await };
        let mut work = std::pin::pin!(work);
        let mut at = part.from;
        told.tell(at, part.what).await;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(PULSE) => {}
            }
            // Where no number is known, each sign of life goes half of what is left.
            let known = meter.and_then(Meter::fraction).map(|it| part.from + (part.to - part.from) * it);
            at = known.filter(|it| *it > at).unwrap_or_else(|| f64::midpoint(at, part.to));
            told.tell(at, part.what).await;
        }
    }
}

impl Told {
    async fn tell(&self, at: f64, what: &str) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if at <= *last {
                return;
            }
            *last = at;
        }
        let told = ProgressNotificationParam::new(self.token.clone(), at).with_total(TOTAL).with_message(what);
        // A client that is gone is told nothing; the answer finds that out too.
        let _gone = self.peer.notify_progress(told).await;
    }
}
