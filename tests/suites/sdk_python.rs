//! The official Python SDK, as its registry has it, takes a scenario from define to verified runpack in both eras, and
//! looks around: resources, prompts, completion, progress and notices.

use decision_gate_tests::{Clients, Fault, SESSION_STEPS};

/// What it does after the session that all clients go through.
const LOOK_AROUND: [&str; 5] = ["resources", "prompts", "completion", "progress", "notices"];

#[test]
fn the_python_sdk_goes_from_define_to_a_verified_runpack() -> Result<(), Fault> {
    let session = Clients::python()?.run_python()?;
    for era in ["legacy", "modern"] {
        assert_eq!(session.names("era", era), [&SESSION_STEPS[..], &LOOK_AROUND[..]].concat(), "{era}");
    }
    Ok(())
}
