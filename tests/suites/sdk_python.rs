//! The official Python SDK, as its registry has it, takes a scenario from define to verified runpack in both eras.

use decision_gate_tests::{Clients, Fault};

const STEPS: [&str; 9] = [
    "connect",
    "tools/list",
    "scenario_define",
    "scenario_start",
    "scenario_next holds",
    "scenario_next completes",
    "runpack_export",
    "runpack_verify",
    "an error the caller can mend",
];

#[test]
fn the_python_sdk_goes_from_define_to_a_verified_runpack() -> Result<(), Fault> {
    let session = Clients::python()?.run_python()?;
    for era in ["legacy", "modern"] {
        assert_eq!(session.names("era", era), STEPS, "{era}");
    }
    Ok(())
}
