//! Why a store could not do what it was asked.
//!
//! The same for every store: a stable code, what happened, and what to do.

/// Why a store could not do it. A conflict is not a fault: the caller decides again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else appended at this position.
    #[error("somebody else appended event {seq} first")]
    Conflict {
        /// The position.
        seq: u64,
    },
    /// Another policy came into force since.
    #[error("another policy is in force (epoch {active}, decided under {decided})")]
    PolicyEpoch {
        /// In force.
        active: u64,
        /// Decided under.
        decided: u64,
    },
    /// A scenario that a file pins can't be replaced by a draft.
    #[error("scenario `{scenario}` is pinned by the configuration")]
    Pinned {
        /// Which.
        scenario: String,
    },
    /// A version of a data shape never changes.
    #[error("schema `{schema}` version `{version}` is registered with another content")]
    SchemaTaken {
        /// Which.
        schema: String,
        /// Its version.
        version: String,
    },
    /// A shelf takes no more data shapes.
    #[error("the namespace has {limit} registered schemas, which is the most that it takes")]
    SchemasFull {
        /// How many it takes.
        limit: u64,
    },
    /// What was to be written does not fit together: a fault of this program.
    #[error("event {seq} can't be appended: {what}")]
    Misplaced {
        /// The position that it claims.
        seq: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// The store is busy: another process holds it for longer than the time limit.
    #[error("the store at `{place}` is locked by another process")]
    Locked {
        /// Where it is.
        place: String,
    },
    /// No room.
    #[error("the store at `{place}` is full")]
    Full {
        /// Where it is.
        place: String,
    },
    /// It can't be written.
    #[error("the store at `{place}` is read-only")]
    ReadOnly {
        /// Where it is.
        place: String,
    },
    /// What it holds is not what it should hold.
    #[error("the store at `{place}` is damaged: {what}")]
    Corrupt {
        /// Where it is.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// It is no store of ours, or of a newer version.
    #[error("`{place}` is not a store that this version reads: {what}")]
    Version {
        /// Where it is.
        place: String,
        /// What was found.
        what: String,
    },
    /// An older version made it, and it was opened only to be read.
    #[error("the store at `{place}` has schema version `{version}`, and is read here from version `{known}` on")]
    Older {
        /// Where it is.
        place: String,
        /// Its version.
        version: i32,
        /// The version that is read.
        known: i32,
    },
    /// Whoever it is opened as may not do it.
    #[error("the store at `{place}` refuses it: {what}")]
    Denied {
        /// Where it is.
        place: String,
        /// What it says.
        what: String,
    },
    /// It can't be opened or reached.
    #[error("the store at `{place}` can't be used: {what}")]
    Unavailable {
        /// Where it is.
        place: String,
        /// What went wrong.
        what: String,
    },
}

impl StoreError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "run_conflict",
            Self::PolicyEpoch { .. } => "policy_conflict",
            Self::Pinned { .. } => "scenario_pinned",
            Self::SchemaTaken { .. } => "schema_conflict",
            Self::SchemasFull { .. } => "schemas_full",
            Self::Misplaced { .. } => "store_append_invalid",
            Self::Locked { .. } => "store_locked",
            Self::Full { .. } => "store_full",
            Self::ReadOnly { .. } => "store_read_only",
            Self::Corrupt { .. } => "store_corrupt",
            Self::Version { .. } | Self::Older { .. } => "store_version",
            Self::Denied { .. } => "store_denied",
            Self::Unavailable { .. } => "store_unavailable",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Conflict { .. } | Self::PolicyEpoch { .. } => "call again; nothing was written",
            Self::Pinned { .. } => "choose another scenario_id, or change the pinned file",
            Self::SchemaTaken { .. } => "register it under another version; one that is registered never changes",
            Self::SchemasFull { .. } => {
                "use one that is registered, or pin it under `[[schemas]]` in the configuration"
            }
            Self::Misplaced { .. } => "please report it, with the call that led to it; nothing was written",
            Self::Locked { .. } => "call again, or find the process that holds it; nothing was written",
            Self::Full { .. } => "free some space and call again; nothing acknowledged was lost",
            Self::ReadOnly { .. } => {
                "make it writable for this user (a file and its folder, or a database that is no standby), or set another `store`"
            }
            Self::Corrupt { .. } => "keep it as it is, restore a backup, and run `decision-gate doctor`",
            Self::Version { .. } => {
                "use the version that wrote it, or set `store.path` (or `store.postgres.schema`) to another one"
            }
            Self::Older { .. } => {
                "nothing was changed; the next `check` or `serve` copies it beside itself and brings it up, or does so with a copy"
            }
            Self::Denied { .. } => {
                "grant the role what `docs/guides/stores.md` lists under privileges; nothing was written"
            }
            Self::Unavailable { .. } => {
                "check `store` and what it names, and call again; nothing acknowledged was lost"
            }
        }
    }
}
