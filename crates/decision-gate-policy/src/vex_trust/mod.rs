//! The gate on VEX trust, order 250 (seed 003).

use decision_gate_attest::vex_status::VexStatus;
use serde_json::{Value, json};

use crate::context::ReleaseContext;
use crate::gates::{Gate, GateKind};
use crate::options::OptionFault;
use crate::result::{Judged, Outcome};

/// What the gate is judged on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VexInput {}

impl VexInput {
    /// Every status that the release's VEX claims.
    pub fn statuses(&self) -> impl Iterator<Item = VexStatus> + use<> {
        std::iter::empty()
    }

    /// What the release's VEX claims: vulnerability and status.
    pub fn claims(&self) -> impl Iterator<Item = (&str, VexStatus)> {
        std::iter::empty()
    }

    /// The factor that it adds to confidence.
    pub fn confidence_factor(&self) -> Option<decision_gate_attest::rate::Rate> {
        None
    }
}

/// The sort of gate.
pub struct VexTrust;

#[derive(Debug)]
struct Ready;

impl GateKind for VexTrust {
    fn id(&self) -> &'static str {
        "vex-trust"
    }

    fn order(&self) -> u16 {
        250
    }

    fn key(&self) -> &'static str {
        "VexTrust"
    }

    fn entries_key(&self) -> &'static str {
        "Thresholds"
    }

    fn defaults(&self) -> Value {
        json!({})
    }

    fn schema(&self) -> Value {
        json!({ "type": "object", "properties": {} })
    }

    fn read(&self, _: &Value) -> Result<Box<dyn Gate>, OptionFault> {
        Ok(Box::new(Ready))
    }
}

impl Gate for Ready {
    fn judge(&self, _: &ReleaseContext) -> Judged {
        Judged::missing(Outcome::Block, "missing_vex_trust_data", "No VEX trust data available")
    }
}
