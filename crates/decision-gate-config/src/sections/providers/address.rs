//! Where a server that is not started here is, and what is sent to it beside the question.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::text_type;

/// Whether the public authorities are trusted; they are unless it says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct PublicRoots(pub bool);

impl Default for PublicRoots {
    fn default() -> Self {
        Self(true)
    }
}

text_type! {
    /// The address of a server: `https://host/path`, or `http://host/path` where that is allowed.
    ServerUrl, ServerUrlFault, check_url, {
        "type": "string", "pattern": "^https?://[^\\s@#/?][^\\s@#]*$", "maxLength": 2048
    }
}

impl ServerUrl {
    /// Whether it is plain `http`.
    pub fn is_plain(&self) -> bool {
        self.as_str().starts_with("http://")
    }
}

/// Why a text is not the address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address is `https://host/path` of at most 2048 bytes, without credentials and fragment")]
pub struct ServerUrlFault;

fn check_url(text: &str) -> Result<(), ServerUrlFault> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let good = |rest: &str| {
        !rest.is_empty()
            && !rest.starts_with(['/', '?'])
            && rest.bytes().all(|it| it.is_ascii_graphic() && !matches!(it, b'@' | b'#'))
    };
    if text.len() <= 2_048 && rest.is_some_and(good) { Ok(()) } else { Err(ServerUrlFault) }
}

text_type! {
    /// The name of a header.
    HeaderName, HeaderNameFault, check_header, { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$" }
}

/// Why a text is not the name of a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a header's name is 1 to 128 of ascii letters, digits, `-` and `_`")]
pub struct HeaderNameFault;

fn check_header(text: &str) -> Result<(), HeaderNameFault> {
    let good = (1..=128).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'));
    if good { Ok(()) } else { Err(HeaderNameFault) }
}
