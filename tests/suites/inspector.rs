//! The MCP inspector's command line, as its registry has it, lists the tools without one complaint about their schemas
//! and takes a scenario from define to verified runpack in both eras, a process for each step.

use decision_gate_tests::{Clients, Fault, SESSION_STEPS};

#[test]
fn the_inspector_goes_from_define_to_a_verified_runpack() -> Result<(), Fault> {
    let session = Clients::typescript()?.run_typescript("inspector.mjs")?;
    // It connects anew for each step.
    for era in ["legacy", "modern"] {
        assert_eq!(session.names("era", era), SESSION_STEPS[1..], "{era}");
    }
    Ok(())
}
