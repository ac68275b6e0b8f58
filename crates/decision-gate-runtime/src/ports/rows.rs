//! Tables as they lie there: every row as cells, whatever is in them, for whoever checks a ledger.
//!
//! All stores have the same tables with the same columns. Nothing here is checked by a store: a text that is no UTF-8, a
//! number below zero or a digest of one byte is handed over as it is.

/// A table of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// The events of all streams.
    Events,
    /// The values that events commit to.
    SideValues,
    /// The latest of each stream.
    Heads,
    /// Versions of scenarios.
    Scenarios,
    /// Policies by digest; of no shelf.
    Policies,
    /// Which policy came into force when.
    PolicyEpochs,
    /// Versions of data shapes.
    DataShapes,
    /// Streams that have grown since their last head in the log.
    PendingHeads,
    /// The trees over the logs.
    Logs,
    /// Heads in the logs.
    LogEntries,
    /// Tiles of the logs.
    LogTiles,
    /// Tiles of the streams.
    EventTiles,
    /// Kept checkpoints.
    Checkpoints,
    /// What was pruned.
    Prunings,
    /// How far things have come.
    Marks,
}

impl Table {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Events,
        Self::SideValues,
        Self::Heads,
        Self::Scenarios,
        Self::Policies,
        Self::PolicyEpochs,
        Self::DataShapes,
        Self::PendingHeads,
        Self::Logs,
        Self::LogEntries,
        Self::LogTiles,
        Self::EventTiles,
        Self::Checkpoints,
        Self::Prunings,
        Self::Marks,
    ];

    /// Those whose key goes on with a stream after tenant and namespace.
    pub const OF_STREAMS: &[Self] =
        &[Self::Events, Self::SideValues, Self::Heads, Self::PendingHeads, Self::EventTiles, Self::Prunings];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::SideValues => "side_values",
            Self::Heads => "heads",
            Self::Scenarios => "scenarios",
            Self::Policies => "policies",
            Self::PolicyEpochs => "policy_epochs",
            Self::DataShapes => "data_shapes",
            Self::PendingHeads => "pending_heads",
            Self::Logs => "logs",
            Self::LogEntries => "log_entries",
            Self::LogTiles => "log_tiles",
            Self::EventTiles => "event_tiles",
            Self::Checkpoints => "checkpoints",
            Self::Prunings => "prunings",
            Self::Marks => "marks",
        }
    }

    /// The columns of its key, in their order.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Events => &["tenant", "namespace", "stream", "seq"],
            Self::SideValues => &["tenant", "namespace", "stream", "seq", "slot"],
            Self::Heads | Self::PendingHeads => &["tenant", "namespace", "stream"],
            Self::Scenarios => &["tenant", "namespace", "scenario_id", "version"],
            Self::Policies => &["digest"],
            Self::PolicyEpochs => &["tenant", "namespace", "epoch"],
            Self::DataShapes => &["tenant", "namespace", "schema_id", "version"],
            Self::Logs => &["tenant", "namespace"],
            Self::LogEntries => &["tenant", "namespace", "position"],
            Self::LogTiles => &["tenant", "namespace", "level", "number"],
            Self::EventTiles => &["tenant", "namespace", "stream", "level", "number"],
            Self::Checkpoints => &["tenant", "namespace", "size"],
            Self::Prunings => &["tenant", "namespace", "stream", "through"],
            Self::Marks => &["tenant", "namespace", "name"],
        }
    }

    /// The columns after its key.
    pub fn rest(self) -> &'static [&'static str] {
        match self {
            Self::Events => &["kind", "key", "bytes", "leaf"],
            Self::SideValues => &["salt", "canonical"],
            Self::Heads => &["seq", "peaks", "state", "state_digest"],
            Self::Scenarios => &["spec_hash", "origin", "defined", "spec"],
            Self::Policies => &["bytes"],
            Self::PolicyEpochs => &["digest"],
            Self::DataShapes => &["schema_hash", "description", "registered", "schema"],
            Self::PendingHeads => &[],
            Self::Logs => &["size", "peaks"],
            Self::LogEntries => &["stream", "size", "root"],
            Self::LogTiles | Self::EventTiles => &["hashes"],
            Self::Checkpoints => &["root", "note"],
            Self::Prunings => &["at", "pruned"],
            Self::Marks => &["height"],
        }
    }

    /// Its columns, in the order in which a row has their cells.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        self.key().iter().chain(self.rest()).copied()
    }
}

/// What lies in a column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// A text, which may be no UTF-8.
    Text(Vec<u8>),
    /// Bytes.
    Blob(Vec<u8>),
    /// Something that no column of a ledger holds.
    Other,
}

/// Which rows of a table are asked for: in the order of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsOf {
    /// Of which table.
    pub table: Table,
    /// What the first columns of the key are.
    pub within: Vec<Cell>,
    /// What the columns of the key after those are beyond: one or more of them, or none for all rows.
    pub after: Vec<Cell>,
    /// At most so many.
    pub limit: usize,
}
