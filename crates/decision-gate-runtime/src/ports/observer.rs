//! Who is told of release decisions as they are made, on whichever way.

use std::time::Duration;

use decision_gate_core::trust::Released;

/// Is told of release decisions. It has no say in them, and nobody waits for it.
pub trait Observer: Send + Sync {
    /// A decision that is on disk, and how long the step took that made it, reading evidence included.
    fn released(&self, released: &Released, elapsed: Duration);
}
