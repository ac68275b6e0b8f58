//! A stream of steps over several runs, with many calls in flight, and the book of what was acknowledged: which
//! decision each trigger got, and that the numbering of each run has neither gap nor double.

use std::collections::BTreeMap;

use decision_gate_tests::{Answer, Fault, Server};
use serde_json::{Value, json};

/// One call of `scenario_next`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) run: String,
    pub(crate) trigger: String,
}

/// How a stream ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every call was answered.
    Answered,
    /// The server went away; these calls were not answered.
    Gone(Vec<Call>),
}

/// Makes the calls with at most `window` of them in flight, and hands on each answer.
pub(crate) fn pump(
    server: &mut Server,
    window: usize,
    calls: &mut dyn Iterator<Item = Call>,
    answered: &mut dyn FnMut(&Call, Answer),
) -> Result<Ended, Fault> {
    let mut in_flight = BTreeMap::new();
    let mut open = true;
    loop {
        while open && in_flight.len() < window {
            let Some(call) = calls.next() else { break };
            match server.send_call("scenario_next", &json!({"run_id": call.run, "trigger_id": call.trigger})) {
                Ok(id) => drop(in_flight.insert(id, call)),
                // Half of it may have gone through.
                Err(Fault::Io { .. }) => {
                    open = false;
                    in_flight.insert(-1, call);
                }
                Err(fault) => return Err(fault),
            }
        }
        if in_flight.is_empty() {
            return Ok(Ended::Answered);
        }
        let next = server.next_message("an answer");
        let Some(message) = unless_gone(server, next)?.flatten() else {
            return Ok(Ended::Gone(in_flight.into_values().collect()));
        };
        let call = message["id"].as_i64().and_then(|id| in_flight.remove(&id));
        let call = call.unwrap_or_else(|| panic!("nobody asked for {message}"));
        let result = message.get("result").unwrap_or_else(|| panic!("{call:?} was refused: {message}"));
        answered(&call, Answer::of(result));
    }
}

/// What came of it, or nothing when the server is gone: a line that it did not finish is none.
pub(crate) fn unless_gone<T>(server: &mut Server, result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Gone { .. } | Fault::Io { .. }) => Ok(None),
        Err(fault @ (Fault::Wire(_) | Fault::NotJson { .. })) => match server.next_message("the end")? {
            None => Ok(None),
            Some(_) => Err(fault),
        },
        Err(fault) => Err(fault),
    }
}

/// What was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Book {
    runs: BTreeMap<String, BTreeMap<u64, Value>>,
    seqs: BTreeMap<(String, String), u64>,
}

impl Book {
    /// A run that was started.
    pub(crate) fn open(&mut self, run: &str) {
        self.runs.entry(run.to_owned()).or_default();
    }

    /// Notes a step that was acknowledged. A trigger has one decision, and a position one trigger.
    pub(crate) fn note(&mut self, call: &Call, answer: &Answer) {
        let said = &answer.structured;
        assert!(!answer.is_error, "{call:?}: {said}");
        let decision = &said["decision"];
        assert_eq!(decision["trigger_id"], call.trigger, "{call:?}: {said}");
        let seq = decision["seq"].as_u64().unwrap();
        let known = self.seqs.insert((call.run.clone(), call.trigger.clone()), seq);
        match self.runs.entry(call.run.clone()).or_default().insert(seq, decision.clone()) {
            Some(before) => assert_eq!(before, *decision, "{call:?}: position {seq} was taken"),
            None => assert_eq!(known, None, "{call:?} was decided a second time: {said}"),
        }
        if known.is_some() {
            assert_eq!(said["repeated"], true, "{call:?}: {said}");
        }
    }

    /// Every call that was ever acknowledged.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let call = |(run, trigger): &(String, String)| Call { run: run.clone(), trigger: trigger.clone() };
        self.seqs.keys().map(call).collect()
    }

    /// Each run has as many events as steps were acknowledged, and one for its start, numbered without a gap.
    pub(crate) fn agrees_with(&self, server: &mut Server) -> Result<(), Fault> {
        for (run, steps) in &self.runs {
            let status = server.answer("scenario_status", &json!({"run_id": run}))?;
            let events = status["events"].as_u64().unwrap();
            let expected: Vec<u64> = (2..=events).collect();
            assert_eq!(steps.keys().copied().collect::<Vec<_>>(), expected, "{run} has {events} events");
        }
        Ok(())
    }

    /// Every run is exported, and its pack verifies by full replay.
    pub(crate) fn is_proven_by(&self, server: &mut Server) -> Result<(), Fault> {
        for (run, steps) in &self.runs {
            server.answer("runpack_export", &json!({"run_id": run}))?;
            let verdict = server.answer("runpack_verify", &json!({"runpack_dir": run, "expect_run": run}))?;
            assert_eq!(verdict["status"], "pass", "{run}: {verdict}");
            for facet in ["integrity", "replay"] {
                assert_eq!(verdict["facets"][facet]["level"], "all", "{run}: {verdict}");
            }
            assert_eq!(verdict["run"]["events"].as_u64().unwrap(), 1 + u64::try_from(steps.len()).unwrap());
        }
        Ok(())
    }
}
