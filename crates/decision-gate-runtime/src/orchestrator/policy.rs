//! Which policy is in force on a shelf, and putting the configured one in force.

use std::sync::Arc;

use decision_gate_core::ledger::{Body, Event, PolicyActivated};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::Origin;

use super::Orchestrator;
use crate::error::RuntimeError;
use crate::ports::Scope;

impl Orchestrator {
    /// The policy in force with its epoch. The first call of this process on a shelf puts the configured policy in
    /// force there and keeps the pinned scenarios.
    pub(super) async fn in_force(&self, scope: Scope) -> Result<(u64, Arc<Policy>), RuntimeError> {
        let mut in_force = self.in_force.lock().await;
        if let Some((epoch, policy)) = in_force.get(&scope) {
            return Ok((*epoch, Arc::clone(policy)));
        }
        let policy = Arc::clone(&self.configured);
        let replaces = self.parts.store.active_policy(scope).await?.map(|(_, digest)| digest);
        let event = Event {
            tenant: scope.tenant,
            namespace: scope.namespace,
            run: None,
            seq: 0,
            at: self.parts.clock.now(),
            actor: None,
            key: None,
            policy_digest: policy.digest(),
            state_digest: None,
            body: Body::PolicyActivated(PolicyActivated { replaces }),
        };
        let epoch = self.parts.store.activate_policy(scope, policy.digest(), policy.to_bytes(), event).await?;
        for pinned in &self.parts.pinned {
            let mine = pinned.spec.namespace_id == scope.namespace
                && pinned.spec.default_tenant_id.is_none_or(|tenant| tenant == scope.tenant);
            if mine {
                self.keep(scope, pinned.spec.clone(), Origin::Pinned, None, &policy).await?;
            }
        }
        in_force.insert(scope, (epoch, Arc::clone(&policy)));
        Ok((epoch, policy))
    }

    /// Puts the configured policy in force wherever that of `before` was, so that what other processes commit under the
    /// older one is decided again. What can't be reached now, the next call there does.
    ///
    /// # Errors
    /// [`RuntimeError`] when the store can't be written, or a pinned scenario is refused.
    pub async fn take_over(&self, before: &Self) -> Result<(), RuntimeError> {
        let scopes: Vec<Scope> = before.in_force.lock().await.keys().copied().collect();
        for scope in scopes {
            // A shelf that the configuration no longer opens keeps what it has.
            if self.open(scope).is_ok() {
                self.in_force(scope).await?;
            }
        }
        Ok(())
    }

    /// The policy in force as far as this process knows it, without a look at the store.
    pub(super) async fn policy_at_hand(&self, scope: Scope) -> Arc<Policy> {
        let in_force = self.in_force.lock().await;
        in_force.get(&scope).map_or_else(|| Arc::clone(&self.configured), |(_, policy)| Arc::clone(policy))
    }

    /// Reads the policy in force again, after somebody else put another one in force.
    pub(super) async fn reread_policy(&self, scope: Scope) -> Result<(u64, Arc<Policy>), RuntimeError> {
        let missing = || RuntimeError::Stored { what: "policy", reason: "none is in force".into() };
        let (epoch, digest) = self.parts.store.active_policy(scope).await?.ok_or_else(missing)?;
        let bytes = self.parts.store.policy(digest).await?.ok_or_else(missing)?;
        let policy = Arc::new(Policy::read(&bytes)?.with_readers(self.configured.readers()));
        self.in_force.lock().await.insert(scope, (epoch, Arc::clone(&policy)));
        Ok((epoch, policy))
    }
}
