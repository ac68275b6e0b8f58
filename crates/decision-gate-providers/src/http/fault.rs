//! Why `http` gives no answer. No variant knows a header or a body, and of a redirect only the host it leads to.

use decision_gate_core::json::JsonError;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::url::UrlFault;
use crate::refusal::{NotJson, Refusal, facts};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Error)]
pub(super) enum HttpFault {
    #[error("the url can't be asked: {0}")]
    Url(UrlFault),
    #[error("the host `{host}` is not opened in the settings")]
    HostNotAllowed { host: String },
    #[error("the host `{host}` is opened for `https` only")]
    PlainNotAllowed { host: String },
    #[error("the host `{host}` leads to a {kind} address")]
    PrivateAddress { host: String, kind: &'static str },
    #[error("the name `{host}` leads to no address")]
    NameUnknown { host: String },
    #[error("no connection to `{host}`")]
    Unreachable { host: String },
    #[error("the certificate or the tls handshake of `{host}` failed: {reason}")]
    Tls { host: String, reason: &'static str },
    #[error("a redirect to `{host}` is refused: {reason}")]
    RedirectRefused { host: String, reason: &'static str },
    #[error("there are more than `{limit}` redirects")]
    TooManyRedirects { limit: usize },
    #[error("the answer is not whole after `{limit_ms}` ms")]
    TimedOut { limit_ms: u64 },
    #[error("the body is larger than `{limit}` bytes")]
    TooLarge { limit: usize },
    #[error("the body is encoded, and only a plain one is read")]
    Encoded,
    #[error("the server answers no http/1.1, or breaks off")]
    Protocol,
    #[error("the status is `{status}`, so the body is not what was asked for")]
    Status { status: u16 },
    #[error("the token for `{host}` is not there")]
    TokenMissing { host: String },
    #[error("the body is empty")]
    Empty,
    #[error("{}", NotJson { what: "body", error })]
    NotJson { error: JsonError },
}

impl Refusal for HttpFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "http_url_invalid",
            Self::HostNotAllowed { .. } => "http_host_not_allowed",
            Self::PlainNotAllowed { .. } => "http_scheme_not_allowed",
            Self::PrivateAddress { .. } => "http_private_address",
            Self::NameUnknown { .. } => "http_name_unknown",
            Self::Unreachable { .. } => "http_unreachable",
            Self::Tls { .. } => "http_tls",
            Self::RedirectRefused { .. } => "http_redirect_refused",
            Self::TooManyRedirects { .. } => "http_too_many_redirects",
            Self::TimedOut { .. } => "http_timeout",
            Self::TooLarge { .. } => "http_too_large",
            Self::Encoded => "http_body_encoded",
            Self::Protocol => "http_protocol",
            Self::Status { .. } => "http_status_unexpected",
            Self::TokenMissing { .. } => "http_token_missing",
            Self::Empty => "http_body_empty",
            Self::NotJson { error } => NotJson::code(error),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Url(_) => "write `https://host/path` without credentials and fragment",
            Self::HostNotAllowed { .. } => {
                "name the host under `hosts` of the provider `http`, with its port if it has one"
            }
            Self::PlainNotAllowed { .. } => "ask over `https`, or set `allow_http` for this host",
            Self::PrivateAddress { .. } => "set `allow_private` for this host if it is one of your own",
            Self::NameUnknown { .. } => "correct the name, or the name service of the server's machine",
            Self::Unreachable { .. } => "see that the host is up and can be reached from the server's machine",
            Self::Tls { .. } => "renew the host's certificate, or name its authority in `ca_file`",
            Self::RedirectRefused { .. } => "ask the place itself, or open the host that the redirect leads to",
            Self::TooManyRedirects { .. } => "ask the place itself, or raise `max_redirects`",
            Self::TimedOut { .. } => "ask for less, or raise `timeout_ms`",
            Self::TooLarge { .. } => "ask for less, or raise `max_response_bytes`",
            Self::Encoded => "let the server send the body without `content-encoding`",
            Self::Protocol => "see that the host speaks http/1.1 and sends what it announces",
            Self::Status { .. } => "ask for `status` if the status is what counts",
            Self::TokenMissing { .. } => "set the variable that `bearer_token_env` names to a token",
            Self::Empty => "ask a place that answers with json",
            Self::NotJson { error } => error.hint(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            Self::HostNotAllowed { host }
            | Self::PlainNotAllowed { host }
            | Self::NameUnknown { host }
            | Self::Unreachable { host }
            | Self::TokenMissing { host } => facts([("host", json!(host))]),
            Self::PrivateAddress { host, kind } => facts([("host", json!(host)), ("address", json!(kind))]),
            Self::Tls { host, reason } => facts([("host", json!(host)), ("reason", json!(reason))]),
            Self::RedirectRefused { host, reason } => facts([("host", json!(host)), ("reason", json!(reason))]),
            Self::TooManyRedirects { limit } => facts([("max_redirects", json!(limit))]),
            Self::TimedOut { limit_ms } => facts([("timeout_ms", json!(limit_ms))]),
            Self::TooLarge { limit } => facts([("max_bytes", json!(limit))]),
            Self::Status { status } => facts([("status", json!(status))]),
            Self::NotJson { error } => NotJson::facts(error),
            Self::Url(_) | Self::Encoded | Self::Protocol | Self::Empty => Map::new(),
        }
    }
}
