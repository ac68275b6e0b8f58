//! The configuration loads, the product can be put together from it, and nothing in it asks for a second look.

use decision_gate_mcp::App;

use super::Finding;
use super::patient::Patient;
use crate::fault::Fault;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let loaded = match &patient.loaded {
        Ok(loaded) => loaded,
        Err(errors) => {
            let hint = "`decision-gate config check` shows every problem with its place";
            let code = errors.code();
            return errors.errors().iter().map(|it| Finding::trouble(code, it.to_string(), hint)).collect();
        }
    };
    let problems = App::problems(loaded).into_iter().map(|it| Finding::of(&Fault::Setup(it)));
    let doubts = loaded.warnings();
    let doubts = doubts.iter().map(|it| Finding::doubt(it.code(), it.to_string(), it.doubt.hint()));
    problems.chain(doubts).collect()
}
