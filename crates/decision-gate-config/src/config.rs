//! The configuration: one field a section, and that is the list of sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::store::StoreKind;
use crate::sections::{
    Checks, Section, anchors::Anchors, environments::Environments, evidence::Evidence, ledger::Ledger, limits::Limits,
    logging::Logging, policy::Policy, providers::Providers, release::Release, rules::Rules, runpacks::Runpacks,
    scenarios::Scenarios, schemas::Schemas, server::Server, store::Store, telemetry::Telemetry, tenants::Tenants,
    time::Time, trust::Trust,
};
use crate::values::ConfigPath;

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident: $section:ty,)+) => {
        /// A checked configuration: everything has its default, its type and its range.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config {
            $($(#[$doc])* pub $name: $section,)+
        }

        impl Config {
            /// The names of the sections.
            pub const SECTIONS: &[&str] = &[$(stringify!($name)),+];

            /// Notes what does not fit together, in the sections for which `look` holds.
            pub(crate) fn check(&self, checks: &mut Checks, look: impl Fn(&str) -> bool) {
                $(if look(stringify!($name)) {
                    checks.key(stringify!($name), |checks| self.$name.check(checks));
                })+
            }

            /// Every path in it, with its key path.
            pub(crate) fn paths(&mut self) -> Vec<(KeyPath, &mut ConfigPath)> {
                let mut paths = Vec::new();
                $(self.$name.paths(&KeyPath::of_keys([stringify!($name)]), &mut paths);)+
                paths
            }
        }
    };
}

impl Config {
    /// Notes what does not fit together between sections, in those for which `look` holds.
    pub(crate) fn check_between(&self, checks: &mut Checks, look: impl Fn(&str) -> bool) {
        let keys = &self.trust.keys;
        if look("providers") {
            checks.key("providers", |checks| self.providers.check_keys(keys, checks));
        }
        if look("ledger") {
            // A log that begins anew with every process would contradict its own checkpoints.
            let memory = self.store.kind == StoreKind::Memory && self.ledger.signing_key.is_some();
            if memory {
                let (this, other) = ("ledger.signing_key".to_owned(), "store.type = \"memory\"".to_owned());
                let conflict = Fault::Conflict { this, other };
                checks.key("ledger", |checks| checks.key("signing_key", |checks| checks.report(conflict)));
            }
        }
        if look("release") {
            checks.key("release", |checks| self.release.check_keys(keys, checks));
        }
    }
}

sections! {
    /// Which tools the MCP server shows.
    server: Server,
    /// Whose clock decides.
    time: Time,
    /// How good evidence must be to count.
    trust: Trust,
    /// Which providers must say where they looked, and how.
    anchors: Anchors,
    /// What may leave the gate in the clear.
    evidence: Evidence,
    /// Where evidence may come from.
    providers: Providers,
    /// Which scenarios are pinned, and whether callers may draft their own.
    scenarios: Scenarios,
    /// The data shapes that are pinned.
    schemas: Schemas,
    /// The policies of the release gates, and where a release's evidence comes from.
    release: Release,
    /// What a scenario may ask for.
    rules: Rules,
    /// Who may be sent which packet.
    policy: Policy,
    /// Where the ledger is kept.
    store: Store,
    /// Who signs checkpoints of the log, and whose are believed.
    ledger: Ledger,
    /// Where runpacks are written and read.
    runpacks: Runpacks,
    /// Whom the data may belong to.
    tenants: Tenants,
    /// The environments that a run or a piece of evidence may name.
    environments: Environments,
    /// How much of anything is taken.
    limits: Limits,
    /// What is logged to stderr, and how.
    logging: Logging,
    /// Whom metrics and spans of release decisions are told.
    telemetry: Telemetry,
}
