//! What keeps a server from holding an acknowledged write through a loss of power.

/// Settings of a database server that are off and must be on, each by its name there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durability {
    /// Off for what this store writes: what was acknowledged can be lost, or the whole ledger.
    pub off: Vec<String>,
    /// Off for others; this store turns them on for its own connections.
    pub off_elsewhere: Vec<String>,
}
