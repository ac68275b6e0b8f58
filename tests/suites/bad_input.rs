//! Hostile and broken input against the built binary: each gets a clear error with a code, the server lives on, and
//! what was acknowledged before is there afterwards.

#![cfg(test)]

#[path = "bad_input/configuration.rs"]
mod configuration;
#[path = "bad_input/evidence.rs"]
mod evidence;
#[path = "bad_input/lines.rs"]
mod lines;
#[path = "bad_input/packs.rs"]
mod packs;
#[path = "bad_input/runs.rs"]
mod runs;
#[path = "bad_input/store.rs"]
mod store;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Server, Workspace};
use serde_json::{Value, json};

const RUN: &str = "run-1";

/// A workspace, and a server on it whose run `run-1` has one acknowledged step.
struct Gate {
    workspace: Workspace,
    server: Server,
}

impl Gate {
    fn open() -> Result<Self, Fault> {
        Self::in_workspace(Workspace::new()?)
    }

    fn in_workspace(workspace: Workspace) -> Result<Self, Fault> {
        let mut server = Server::start(&workspace, Era::Legacy)?;
        decide_once(&workspace, &mut server)?;
        Ok(Self { workspace, server })
    }

    /// The tool refuses with this code; its structured content is returned.
    fn refused(&mut self, tool: &str, arguments: &Value, code: &str) -> Result<Value, Fault> {
        let answer = self.server.call(tool, arguments)?;
        let said = answer.structured;
        assert!(answer.is_error, "{tool} {arguments} was answered: {said}");
        assert_eq!(said["code"], code, "{tool} {arguments}: {said}");
        assert!(said["message"].as_str().is_some_and(|it| !it.is_empty()), "{said}");
        assert!(said["hint"].as_str().is_some_and(|it| !it.is_empty()), "{tool} {arguments}: no hint: {said}");
        self.lives()?;
        Ok(said)
    }

    fn lives(&mut self) -> Result<(), Fault> {
        let providers = self.server.answer("providers_list", &json!({}))?;
        assert!(!providers["providers"].as_array().unwrap().is_empty());
        Ok(())
    }

    /// The acknowledged step is there, nothing was added to it, and the server ends by itself.
    fn ends_unharmed(mut self) -> Result<(), Fault> {
        assert_eq!(events(&mut self.server)?, 2);
        let closed = self.server.close()?;
        assert!(closed.status.success(), "{}: {}", closed.status, closed.stderr);
        assert!(!closed.stderr.contains("panicked"), "{}", closed.stderr);
        Ok(())
    }
}

/// Defines the scenario, starts the run, and takes its first step.
fn decide_once(workspace: &Workspace, server: &mut Server) -> Result<(), Fault> {
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": RUN}))?;
    server.answer("scenario_next", &json!({"run_id": RUN, "trigger_id": "first"}))?;
    Ok(())
}

fn events(server: &mut Server) -> Result<u64, Fault> {
    let status = server.answer("scenario_status", &json!({"run_id": RUN}))?;
    Ok(status["events"].as_u64().unwrap())
}
