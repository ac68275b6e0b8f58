//! What answers calls, replaceable while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

/// What answers calls. It can be replaced while the server runs; a call keeps the one that it began with.
pub struct Live<A>(Arc<RwLock<Arc<A>>>);

impl<A> Live<A> {
    /// The one that a call that begins now is answered by.
    pub fn now(&self) -> Arc<A> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on calls are answered by `next`.
    pub fn replace(&self, next: Arc<A>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl<A> Clone for Live<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A> From<Arc<A>> for Live<A> {
    fn from(app: Arc<A>) -> Self {
        Self(Arc::new(RwLock::new(app)))
    }
}

impl<A> std::fmt::Debug for Live<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}
