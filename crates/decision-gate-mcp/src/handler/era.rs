//! Which era of the protocol a request belongs to.

use rmcp::{
    RoleServer,
    model::{Implementation, ProtocolVersion},
    service::RequestContext,
};
use serde_json::{Value, json};

use crate::{error::Refusal, tools::ClientSource};

const NAME: &str = "decision-gate";
const TITLE: &str = "Decision Gate";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How a request says under which rules it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// By the handshake of its connection, up to 2025-11-25.
    Session,
    /// By itself, from 2026-07-28 on.
    Stateless,
}

impl Era {
    /// The era of a request; refused if it has neither a session nor all that it must bring itself.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Result<Self, Refusal> {
        let stateless = &ProtocolVersion::V_2026_07_28;
        match context.meta.protocol_version() {
            // rmcp has already looked for the keys of these.
            Some(version) if !version.has_initialize() => Ok(Self::Stateless),
            _ if context.peer.peer_info().is_some() => Ok(Self::Session),
            _ => match context.meta.missing_required_keys(stateless) {
                missing if missing.is_empty() => Ok(Self::Session),
                missing => Err(Refusal::NoSession { missing }),
            },
        }
    }

    /// Where the client of this request says who it is.
    pub(super) fn client(self, context: RequestContext<RoleServer>) -> ClientSource {
        match (self, context.peer.peer_info()) {
            (Self::Session, Some(handshake)) => ClientSource::Session(handshake),
            (Self::Session, None) | (Self::Stateless, _) => ClientSource::Request(context.meta),
        }
    }
}

/// Who this server is.
pub(super) fn server_info() -> Implementation {
    let mut info = Implementation::new(NAME, VERSION);
    info.title = Some(TITLE.to_owned());
    info
}

/// The same, as results carry it.
pub(super) fn server_info_value() -> Value {
    json!({ "name": NAME, "title": TITLE, "version": VERSION })
}
