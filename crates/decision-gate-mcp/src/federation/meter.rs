//! How a running provider is doing: what it sent that nobody asked for, when it was last heard, and what it died of.
//!
//! Everything that comes out of it, on stdout and on stderr, counts until it answers something that was asked. One
//! that says more than its allowance without answering is flooding and is ended.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::{fmt, io};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

/// What a provider died of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// It ended, or closed its output.
    Gone,
    /// It said nothing at all for as long as a query may take.
    Silent,
    /// It said more than its allowance without answering anything.
    Flooding,
    /// It broke the protocol in a way after which nothing can be read.
    Broken,
    /// There is no connection to it that may be used, for the reason of this code.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only what is at an address can be out of reach"))]
    Unreachable(&'static str),
    /// It no longer knows the session.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only what is at an address forgets a session"))]
    Forgotten,
}

impl Death {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Gone => "provider_gone",
            Self::Silent => "provider_silent",
            Self::Flooding => "provider_flooding",
            Self::Broken => "provider_broken",
            Self::Unreachable(_) => "provider_unreachable",
            Self::Forgotten => "provider_session_lost",
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self {
            Self::Gone => "it ended before it answered",
            Self::Silent => "it fell silent and was ended",
            Self::Flooding => "it wrote without end and without answering, and was ended",
            Self::Broken => "it broke the protocol and was ended",
            Self::Unreachable(reason) => return write!(f, "there is no connection to it: `{reason}`"),
            Self::Forgotten => "it no longer knows the session",
        };
        f.write_str(said)
    }
}

/// The state that everybody who has to do with one running provider shares.
#[derive(Debug)]
pub(super) struct Vitals {
    allowance: u64,
    unasked: AtomicU64,
    heard: AtomicU64,
    death: Mutex<Option<Death>>,
    ended: CancellationToken,
}

impl Vitals {
    pub(super) fn new(allowance: u64) -> Arc<Self> {
        Arc::new(Self {
            allowance,
            unasked: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            death: Mutex::new(None),
            ended: CancellationToken::new(),
        })
    }

    /// It answered something that was asked.
    pub(super) fn answered(&self) {
        self.unasked.store(0, Ordering::Relaxed);
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    /// It said something that is a message, though no answer.
    pub(super) fn spoke(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    /// A count that grows with every message.
    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Ends it; the first cause stays.
    pub(super) fn die(&self, of: Death) {
        self.death.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(of);
        self.ended.cancel();
    }

    pub(super) fn death(&self) -> Option<Death> {
        *self.death.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready once it is dead.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Counts bytes that it sent.
    pub(super) fn charge(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if self.unasked.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > self.allowance {
            self.die(Death::Flooding);
        }
    }
}

/// A stream of a provider whose bytes count.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    vitals: Arc<Vitals>,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, vitals: Arc<Vitals>) -> Self {
        Self { inner, vitals }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Metered<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.vitals.death().is_some() {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        self.vitals.charge(buf.filled().len().saturating_sub(before));
        Poll::Ready(Ok(()))
    }
}
