//! The scenario that a command is about, checked against the contracts and the policy that are in force.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use decision_gate_config::{Document, document};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::Scenario;
use decision_gate_runtime::{PrecheckRequest, PrecheckSource, RuntimeError};

use super::ScenarioArguments;
use crate::arguments::ScopeArguments;
use crate::commands::check::without_configuration;
use crate::fault::Fault;
use crate::scenario::{self, Choice};
use crate::session::{Session, block_on};

/// A scenario, and what it is judged under.
pub(super) struct Subject {
    pub(super) session: Session,
    /// Its file, where it has one.
    pub(super) document: Option<Document>,
    pub(super) scenario: Arc<Scenario>,
    pub(super) policy: Arc<Policy>,
}

impl Subject {
    /// Finds it as `check` does.
    pub(super) fn open(arguments: &ScenarioArguments) -> Result<Self, Fault> {
        let session = Session::open(&arguments.configuration)?;
        let choice = scenario::choose(&arguments.scenario, session.loaded())?;
        let caller = session.caller(ScopeArguments::default(), choice.tenant(), choice.namespace());
        let source = match &choice {
            Choice::Pinned(pinned) => PrecheckSource::Defined(pinned.id.clone()),
            Choice::Defined(id) => PrecheckSource::Defined(id.clone()),
            Choice::Draft(draft) => PrecheckSource::Inline(draft.document.value().clone()),
        };
        // A precheck without values: nothing is asked and nothing is kept.
        let request = PrecheckRequest { source, stage_id: None, values: BTreeMap::new(), data_shape: None, time: None };
        let found = block_on(async {
            let found = session.app().orchestrator().precheck(&caller, &request).await;
            found.map_err(|error| match (error, &choice) {
                (RuntimeError::Spec(faults), Choice::Draft(draft)) => scenario::refused(&draft.document, faults),
                (error, _) => without_configuration(&session, error),
            })
        })?;
        let document = match choice {
            Choice::Pinned(pinned) => Some(document(&pinned.path).map_err(Fault::ScenarioFile)?),
            Choice::Draft(draft) => Some(draft.document),
            Choice::Defined(_) => None,
        };
        Ok(Self { session, document, scenario: found.scenario, policy: found.policy })
    }

    /// Where something stands: in the file, else in the scenario.
    pub(super) fn place(&self, pointer: &str) -> String {
        self.document.as_ref().map_or_else(|| pointer.to_owned(), |document| document.place(pointer))
    }

    /// The configuration file.
    pub(super) fn config(&self) -> Option<&Path> {
        self.session.config_path()
    }
}
