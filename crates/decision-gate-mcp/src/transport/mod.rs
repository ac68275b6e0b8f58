//! Our own transport under rmcp: one message a line, and an answer to whatever asks for one.
//!
//! Reading: [`LineReader`] cuts lines and skips those over the limit; [`message`] parses them strictly and sorts
//! them; [`Flight`] knows which requests are being answered. A request that finds all places taken waits here, and
//! reading goes on only while what waits is small, so that a cancellation behind it is still seen. Writing: each
//! message is one locked write. Notifications never reach rmcp: a cancellation is settled here, so that an id stays
//! taken until its call has really ended, and the others change nothing.

mod flight;
pub(crate) mod line;
mod message;
mod method;
mod outbox;
pub(crate) mod skeleton;

use std::{borrow::Cow, collections::VecDeque, io, sync::Arc};

use decision_gate_core::json::{Inexact, Limits};
use rmcp::{
    RoleServer,
    model::{ClientJsonRpcMessage, ClientRequest, GetExtensions, JsonRpcMessage, RequestId, ServerJsonRpcMessage},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::OwnedSemaphorePermit,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::outbox::{Outbox, Outcome};
use self::{
    flight::{Ended, Flight},
    line::LineReader,
    message::{Inbound, Reply},
};
use crate::{error::Refusal, serve::WireLimits};

/// What travels with a request to its handler, beside what the protocol has.
#[derive(Debug, Default)]
pub(crate) struct Ticket {
    /// Cancelled once nobody waits for the answer any more.
    pub(crate) cancellation: CancellationToken,
    /// The first number in the message that RFC 8785 can't carry exactly.
    pub(crate) inexact: Option<Inexact>,
}

/// Lines in, lines out.
pub(crate) struct StdioTransport<R, W> {
    lines: LineReader<R>,
    outbox: Outbox<W>,
    flight: Flight,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    replies: JoinSet<()>,
    limits: WireLimits,
}

/// What has been read and has no place yet.
struct Waiting {
    bytes: usize,
    item: WaitingItem,
}

#[expect(clippy::large_enum_variant, reason = "nearly all are requests, and a box would cost each an allocation")]
enum WaitingItem {
    Request { id: RequestId, request: ClientRequest, inexact: Option<Inexact> },
    Reply(Reply),
}

impl<R, W> StdioTransport<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// A transport whose requests' tokens are children of `work`.
    pub(crate) fn new(input: R, outbox: Outbox<W>, limits: WireLimits, work: CancellationToken) -> Self {
        Self {
            lines: LineReader::new(input, limits.max_line_bytes),
            outbox,
            flight: Flight::new(limits.max_in_flight, work),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            replies: JoinSet::new(),
            limits,
        }
    }

    /// Reads until there is a request that has a place.
    async fn next_request(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            while let Some(place) = self.place_for_waiting() {
                if let Some(message) = self.admit(place) {
                    return Some(message);
                }
            }
            let may_read = !self.lines.ended() && self.waiting_bytes < self.limits.max_line_bytes;
            if !may_read && self.waiting.is_empty() {
                return None;
            }
            let inbound = tokio::select! {
                biased;
                () = self.outbox.outcome().stopped() => return None,
                place = self.flight.place(), if !self.waiting.is_empty() => {
                    if let Some(message) = place.and_then(|place| self.admit(place)) {
                        return Some(message);
                    }
                    continue;
                }
                line = self.lines.next(), if may_read => match line {
                    Ok(Some(line)) => message::read(line, &self.limits),
                    Ok(None) => continue,
                    Err(error) => {
                        self.outbox.outcome().read_failed(error);
                        return None;
                    }
                },
            };
            self.accept(inbound);
        }
    }

    fn place_for_waiting(&self) -> Option<OwnedSemaphorePermit> {
        if self.waiting.is_empty() { None } else { self.flight.try_place() }
    }

    /// Puts a message where it belongs.
    fn accept(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Nothing => {}
            Inbound::Cancel(id) => self.cancel(&id),
            Inbound::Reply(reply) => self.wait(Reply::BYTES, WaitingItem::Reply(reply)),
            Inbound::Request { id, .. } if self.is_taken(&id) => {
                self.wait(Reply::BYTES, WaitingItem::Reply(Reply::to(id, Refusal::DuplicateId)));
            }
            Inbound::Request { id, request, inexact, bytes } => {
                self.wait(bytes, WaitingItem::Request { id, request, inexact });
            }
        }
    }

    fn wait(&mut self, bytes: usize, item: WaitingItem) {
        // The shortest line still makes a whole request in memory, and a scan over all of them must stay short.
        let bytes = bytes.max(Reply::BYTES);
        self.waiting_bytes = self.waiting_bytes.saturating_add(bytes);
        self.waiting.push_back(Waiting { bytes, item });
    }

    fn is_taken(&self, id: &RequestId) -> bool {
        self.flight.contains(id) || self.waiting.iter().any(|waiting| waiting.is_request(id))
    }

    fn cancel(&mut self, id: &RequestId) {
        self.flight.cancel(id);
        let freed: usize = self.waiting.iter().filter(|it| it.is_request(id)).map(|it| it.bytes).sum();
        self.waiting.retain(|waiting| !waiting.is_request(id));
        self.waiting_bytes = self.waiting_bytes.saturating_sub(freed);
    }

    /// Gives `place` to what has waited longest: a request goes to its handler, a reply to the client.
    fn admit(&mut self, place: OwnedSemaphorePermit) -> Option<ClientJsonRpcMessage> {
        let waiting = self.waiting.pop_front()?;
        self.waiting_bytes = self.waiting_bytes.saturating_sub(waiting.bytes);
        match waiting.item {
            WaitingItem::Request { id, mut request, inexact } => {
                let cancellation = self.flight.enter(id.clone(), place);
                request.extensions_mut().insert(Arc::new(Ticket { cancellation, inexact }));
                Some(JsonRpcMessage::request(request, id))
            }
            WaitingItem::Reply(reply) => {
                while self.replies.try_join_next().is_some() {}
                let write = self.outbox.write(reply.into_line());
                self.replies.spawn(async move {
                    // What went wrong is kept in the outcome, which ends the reading.
                    let _kept = write.await;
                    drop(place);
                });
                None
            }
        }
    }
}

impl Waiting {
    fn is_request(&self, wanted: &RequestId) -> bool {
        matches!(&self.item, WaitingItem::Request { id, .. } if id == wanted)
    }
}

impl<R, W> Transport<RoleServer> for StdioTransport<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn name() -> Cow<'static, str> {
        Cow::Borrowed("stdio")
    }

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let ended = match id_of(&item) {
            Some(id) => self.flight.end(id),
            None => Ended::Unknown,
        };
        let write = match &ended {
            Ended::Cancelled => None,
            Ended::Wanted(_) | Ended::Unknown => Some(self.outbox.write(self.outbox.line_of(&item))),
        };
        async move {
            let written = match write {
                Some(write) => write.await,
                None => Ok(()),
            };
            // The place is free only now: a client that does not read gets no more work done.
            drop(ended);
            written
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.next_request().await
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        while self.replies.join_next().await.is_some() {}
        self.outbox.close().await
    }
}

/// The id that a message answers.
fn id_of(message: &ServerJsonRpcMessage) -> Option<&RequestId> {
    match message {
        JsonRpcMessage::Response(response) => Some(&response.id),
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
    }
}

/// How the strict parser is bounded; the line reader has already bounded the size.
fn json_limits(limits: &WireLimits) -> Limits {
    Limits::new(limits.max_line_bytes, limits.max_depth)
}
