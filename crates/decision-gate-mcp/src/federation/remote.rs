//! A provider at an address: MCP over streamable HTTP. Each message goes out as a POST of its own, and what comes back on
//! it, as one document or as events, can answer that one question and no other.
//!
//! The session that the server names and the version that was agreed on stand in the headers of every message; from
//! 2026-07-28 on there is no session, and the method and the tool stand there too. A stream that ends before the answer is
//! asked for again from its last event where the server gave that an id. A session that the server no longer knows is
//! over, and the supervisor begins a new one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use decision_gate_providers::http::{Endpoint, EndpointFault, Method, Outgoing, Reply};
use rmcp::RoleClient;
use rmcp::model::{ClientNotification, JsonRpcMessage, ServerJsonRpcMessage, ServerResult};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::fault::QueryFault;
use super::letter::{Letter, Line};
use super::meter::{Death, Vitals};
use super::questions::{Id, Questions};
use super::sse::{Events, TooLong};

/// Messages that were read and not yet taken; a server that sends more waits.
const INBOX: usize = 32;
/// How long a message that nothing answers may take to be accepted.
const ACCEPTED: Duration = Duration::from_secs(10);
/// How long the end of a session may take to be accepted.
const GOODBYE: Duration = Duration::from_secs(1);
/// Most times that a stream is asked for again.
const MAX_RESUMES: usize = 8;
const SESSION: &str = "mcp-session-id";

/// Messages to and from an address.
pub(super) struct RemoteTransport {
    link: Arc<Link>,
    inbox: mpsc::Receiver<ServerJsonRpcMessage>,
}

struct Link {
    endpoint: Arc<Endpoint>,
    vitals: Arc<Vitals>,
    questions: Mutex<Questions>,
    line: Mutex<Line>,
    posts: Mutex<BTreeMap<Id, AbortHandle>>,
    inbox: mpsc::Sender<ServerJsonRpcMessage>,
    max_message: usize,
}

impl RemoteTransport {
    pub(super) fn new(endpoint: Arc<Endpoint>, vitals: Arc<Vitals>, max_message: usize) -> Self {
        let (sender, inbox) = mpsc::channel(INBOX);
        let link = Link {
            endpoint,
            questions: Mutex::new(Questions::new(Arc::clone(&vitals), max_message)),
            vitals,
            line: Mutex::default(),
            posts: Mutex::default(),
            inbox: sender,
            max_message,
        };
        Self { link: Arc::new(link), inbox }
    }
}

impl Drop for RemoteTransport {
    fn drop(&mut self) {
        self.link.vitals.die(Death::Gone);
    }
}

impl Transport<RoleClient> for RemoteTransport {
    type Error = io::Error;

    fn name() -> Cow<'static, str> {
        Cow::Borrowed("provider")
    }

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let link = Arc::clone(&self.link);
        held(&link.questions).note(&item);
        let letter = Letter::write(&item, &mut held(&link.line));
        let own = match &item {
            JsonRpcMessage::Request(request) => Some(Id::from(&request.id)),
            _ => None,
        };
        let given_up = given_up(&item);
        async move {
            let letter = letter.map_err(io::Error::other)?;
            match (own, given_up) {
                (Some(own), _) => link.ask(own, letter),
                (None, Some(id)) => {
                    if let Some(post) = held(&link.posts).remove(&id) {
                        post.abort();
                    }
                    // From 2026-07-28 on, hanging up is how a question is taken back.
                    if !letter.is_modern() {
                        link.hand_in(&letter).await;
                    }
                }
                (None, None) => link.hand_in(&letter).await,
            }
            Ok(())
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        tokio::select! {
            biased;
            message = self.inbox.recv() => message,
            () = self.link.vitals.ended() => None,
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        let gone = matches!(self.link.vitals.death(), Some(Death::Unreachable(_) | Death::Forgotten));
        self.link.vitals.die(Death::Gone);
        let headers = held(&self.link.line).goodbye();
        if let Some(headers) = headers.filter(|_| !gone) {
            let goodbye = Outgoing { method: Method::Delete, headers, body: Vec::new() };
            let _said = tokio::time::timeout(GOODBYE, self.link.endpoint.send(&goodbye)).await;
        }
        Ok(())
    }
}

/// Which question a message takes back.
fn given_up(item: &TxJsonRpcMessage<RoleClient>) -> Option<Id> {
    let JsonRpcMessage::Notification(notification) = item else { return None };
    match &notification.notification {
        ClientNotification::CancelledNotification(cancelled) => cancelled.params.request_id.as_ref().map(Id::from),
        _ => None,
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// Asks a question and reads what comes back until it is answered, beside everything else.
    fn ask(self: Arc<Self>, own: Id, letter: Letter) {
        let (link, id) = (Arc::clone(&self), own.clone());
        let mut posts = held(&self.posts);
        let post = tokio::spawn(async move {
            let done = tokio::select! {
                biased;
                () = link.vitals.ended() => return,
                done = link.exchange(&id, &letter) => done,
            };
            // Where all of it is over, everybody who waits is told why.
            if let Err(fault) = done
                && link.vitals.death().is_none()
            {
                let refused = held(&link.questions).refuse_own(&id, &fault);
                link.push(refused).await;
            }
            held(&link.posts).remove(&id);
        });
        posts.insert(own, post.abort_handle());
    }

    /// Sends what nothing answers.
    async fn hand_in(&self, letter: &Letter) {
        let sent = tokio::time::timeout(ACCEPTED, self.endpoint.send(letter.outgoing()));
        let sent = tokio::select! {
            () = self.vitals.ended() => return,
            sent = sent => sent,
        };
        match sent {
            Ok(Ok(reply)) => _ = self.is_known(&reply, letter),
            Ok(Err(fault)) => _ = self.lost(fault),
            Err(_late) => {}
        }
    }

    async fn exchange(&self, own: &Id, letter: &Letter) -> Result<(), QueryFault> {
        let reply = self.endpoint.send(letter.outgoing()).await.map_err(|fault| self.lost(fault))?;
        self.is_known(&reply, letter)?;
        if letter.begins() {
            held(&self.line).session(reply.header(SESSION));
        }
        let status = reply.status();
        if !(200..300).contains(&status) {
            // Its error, if it is one for this question, says more than its status.
            return self.document(own, reply).await.map_err(|_| QueryFault::Status { status });
        }
        let kind = reply.header("content-type").unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => self.document(own, reply).await,
            "text/event-stream" => self.events(own, reply).await,
            _ => Err(QueryFault::Malformed { reason: "it is neither a json document nor events".to_owned() }),
        }
    }

    /// One document, which is the answer.
    async fn document(&self, own: &Id, mut reply: Reply) -> Result<(), QueryFault> {
        let limit = self.max_message;
        let too_long = |length: u64| QueryFault::TooLong { length, limit };
        if let Some(length) = reply.announced().filter(|it| usize::try_from(*it).map_or(true, |it| it > limit)) {
            return Err(too_long(length));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|fault| self.lost(fault))? {
            self.vitals.charge(chunk.len());
            bytes.extend_from_slice(&chunk);
            if bytes.len() > limit {
                return Err(too_long(u64::try_from(bytes.len()).unwrap_or(u64::MAX)));
            }
        }
        let read = held(&self.questions).read_reply(&bytes, own);
        self.heed(read.as_ref());
        self.push(read).await;
        if held(&self.questions).waits(own) {
            return Err(QueryFault::Malformed { reason: "it is not the answer to what was asked".to_owned() });
        }
        Ok(())
    }

    /// A stream of events, one of which is the answer.
    async fn events(&self, own: &Id, mut reply: Reply) -> Result<(), QueryFault> {
        let mut events = Events::new(self.max_message);
        for _ in 0..=MAX_RESUMES {
            if self.stream(own, &mut reply, &mut events).await? {
                return Ok(());
            }
            let Some(last) = events.last_id() else { break };
            let headers = held(&self.line).resume(last);
            tokio::time::sleep(events.retry()).await;
            events.restart();
            let resumed = Outgoing { method: Method::Get, headers, body: Vec::new() };
            reply = self.endpoint.send(&resumed).await.map_err(|fault| self.lost(fault))?;
            let status = reply.status();
            if status != 200 {
                return Err(QueryFault::Status { status });
            }
        }
        Err(QueryFault::Died(Death::Gone))
    }

    /// Reads one stream, and says whether the answer was in it.
    async fn stream(&self, own: &Id, reply: &mut Reply, events: &mut Events) -> Result<bool, QueryFault> {
        let limit = self.max_message;
        loop {
            // A stream can be cut off anywhere and be gone on with.
            let Ok(Some(chunk)) = reply.chunk().await else { return Ok(false) };
            self.vitals.charge(chunk.len());
            events.push(&chunk).map_err(|TooLong(length)| QueryFault::TooLong { length, limit })?;
            while let Some(data) = events.pop() {
                let read = held(&self.questions).read_reply(&data, own);
                self.heed(read.as_ref());
                self.push(read).await;
                if !held(&self.questions).waits(own) {
                    return Ok(true);
                }
            }
        }
    }

    /// The version that was agreed on, if that is what a message says.
    fn heed(&self, message: Option<&ServerJsonRpcMessage>) {
        if let Some(JsonRpcMessage::Response(response)) = message
            && let ServerResult::InitializeResult(begun) = &response.result
        {
            held(&self.line).version(begun.protocol_version.as_str());
        }
    }

    /// A session that it does not know any more is over.
    fn is_known(&self, reply: &Reply, letter: &Letter) -> Result<(), QueryFault> {
        if reply.status() != 404 || !letter.has_session() {
            return Ok(());
        }
        self.vitals.die(Death::Forgotten);
        Err(QueryFault::Died(Death::Forgotten))
    }

    /// Without a connection nothing more can be asked; one that breaks off costs its own question.
    fn lost(&self, fault: EndpointFault) -> QueryFault {
        match fault {
            EndpointFault::Broken => QueryFault::Died(Death::Gone),
            EndpointFault::Unreachable { reason } => {
                self.vitals.die(Death::Unreachable(reason));
                QueryFault::Died(Death::Unreachable(reason))
            }
        }
    }

    async fn push(&self, message: Option<ServerJsonRpcMessage>) {
        if let Some(message) = message {
            // Whoever would take it may be gone.
            let _taken = self.inbox.send(message).await;
        }
    }
}
