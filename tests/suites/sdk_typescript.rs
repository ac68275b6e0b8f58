//! The official TypeScript client, as its registry has it, takes a scenario from define to verified runpack in each of
//! its negotiation modes; in the mode `auto` it starts the server twice.

use decision_gate_tests::{Clients, Fault, SESSION_STEPS};

#[test]
fn the_typescript_client_goes_from_define_to_a_verified_runpack() -> Result<(), Fault> {
    let session = Clients::typescript()?.run_typescript("session.mjs")?;
    for mode in ["legacy", "auto", "pin"] {
        assert_eq!(session.names("mode", mode), SESSION_STEPS, "{mode}");
    }
    Ok(())
}
