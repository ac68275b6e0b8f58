//! The official Python SDK, as its registry has it, takes a scenario from define to verified runpack in both eras.

use decision_gate_tests::{Clients, Fault, SESSION_STEPS};

#[test]
fn the_python_sdk_goes_from_define_to_a_verified_runpack() -> Result<(), Fault> {
    let session = Clients::python()?.run_python()?;
    for era in ["legacy", "modern"] {
        assert_eq!(session.names("era", era), SESSION_STEPS, "{era}");
    }
    Ok(())
}
