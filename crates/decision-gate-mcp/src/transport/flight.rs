//! Which requests are being answered.
//!
//! An id is taken from the moment its request has a place until its answer comes back from the handler, whether or
//! not it was cancelled meanwhile: rmcp would otherwise give the late answer of a cancelled call to the next request
//! of that id.

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

use rmcp::model::RequestId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub(super) struct Flight {
    places: Arc<Semaphore>,
    requests: HashMap<RequestId, Request>,
    work: CancellationToken,
}

struct Request {
    cancellation: CancellationToken,
    /// The client itself has cancelled it; a shutdown does not count.
    unwanted: bool,
    place: OwnedSemaphorePermit,
}

/// How a request ended.
pub(super) enum Ended {
    /// The client waits for the answer; the place is free when this is dropped.
    Wanted(#[expect(dead_code, reason = "held until the answer is written")] OwnedSemaphorePermit),
    /// The client has cancelled it, and must get no answer.
    Cancelled,
    /// It was none of ours.
    Unknown,
}

impl Flight {
    pub(super) fn new(places: NonZeroUsize, work: CancellationToken) -> Self {
        let places = places.get().min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), requests: HashMap::new(), work }
    }

    /// A free place, if there is one now.
    pub(super) fn try_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits for a free place; nothing only if the places were closed, which nobody does.
    pub(super) fn place(&self) -> impl Future<Output = Option<OwnedSemaphorePermit>> + use<> {
        let places = Arc::clone(&self.places);
        async move { places.acquire_owned().await.ok() }
    }

    /// Takes the id, and makes the token that tells the call to stop.
    pub(super) fn enter(&mut self, id: RequestId, place: OwnedSemaphorePermit) -> CancellationToken {
        let cancellation = self.work.child_token();
        self.requests.insert(id, Request { cancellation: cancellation.clone(), unwanted: false, place });
        cancellation
    }

    pub(super) fn contains(&self, id: &RequestId) -> bool {
        self.requests.contains_key(id)
    }

    /// Tells the call of that id to stop; an unknown id may be one whose answer is already on its way.
    pub(super) fn cancel(&mut self, id: &RequestId) {
        if let Some(request) = self.requests.get_mut(id) {
            request.unwanted = true;
            request.cancellation.cancel();
        }
    }

    /// The handler is done with that id.
    pub(super) fn end(&mut self, id: &RequestId) -> Ended {
        match self.requests.remove(id) {
            Some(request) if request.unwanted => Ended::Cancelled,
            Some(request) => Ended::Wanted(request.place),
            None => Ended::Unknown,
        }
    }
}
