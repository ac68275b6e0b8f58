//! A defect of ours, told like every other fault: no backtrace, exit code 2, and nothing on stdout.

use std::panic::{UnwindSafe, catch_unwind, set_hook};

use crate::arguments::Format;
use crate::commands::{Ending, report};
use crate::fault::Fault;
use crate::output::Output;

/// Does `work`; if it breaks down, says so.
pub(crate) fn told(work: impl FnOnce() -> Ending + UnwindSafe) -> Ending {
    // The server goes on after a tool has panicked, and its log is where that belongs.
    set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("unknown");
        tracing::error!(place, "internal error: {message}");
    }));
    catch_unwind(work).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        let fault = Fault::Internal { message: text.unwrap_or("unknown").to_owned() };
        report(&fault, Format::Text, Output::new(true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_no_decision() {
        assert_eq!(told(|| panic!("a defect, on purpose")), Ending::Undecided);
        assert_eq!(told(|| Ending::No), Ending::No);
    }
}
