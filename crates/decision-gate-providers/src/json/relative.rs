//! The path of a file within a root, as an asker may write it: parts and `/`, nothing that leads elsewhere.
//!
//! One file has one spelling, the one that goes into the anchor: parts that say nothing (`.`) are dropped.

use std::fmt::Write as _;

use thiserror::Error;

use crate::refusal::Refusal;

/// Most bytes of a path.
const MAX_BYTES: usize = 1024;
/// Most parts of a path.
const MAX_PARTS: usize = 32;

/// A checked path: one part or more, none of which is `.`, `..` or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelativePath {
    folders: Vec<String>,
    name: String,
}

/// Why a text is no path within a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PathFault {
    #[error("the path is absolute")]
    Absolute,
    #[error("the path leads out of its root through `..`")]
    Outside,
    #[error("the path names no file")]
    Empty,
    #[error("the path has an empty part")]
    EmptyPart,
    #[error("the path has a backslash or a control character")]
    Character,
    #[error("the path has `{length}` bytes, the limit is `{MAX_BYTES}`")]
    TooLong { length: usize },
    #[error("the path has more than `{MAX_PARTS}` parts")]
    TooManyParts,
}

impl RelativePath {
    pub(crate) fn parse(text: &str) -> Result<Self, PathFault> {
        if text.len() > MAX_BYTES {
            return Err(PathFault::TooLong { length: text.len() });
        }
        if is_absolute(text) {
            return Err(PathFault::Absolute);
        }
        if text.contains(|it: char| it == '\\' || it.is_control()) {
            return Err(PathFault::Character);
        }
        if text.split('/').any(|part| part == "..") {
            return Err(PathFault::Outside);
        }
        if text.is_empty() {
            return Err(PathFault::Empty);
        }
        if text.split('/').any(str::is_empty) {
            return Err(PathFault::EmptyPart);
        }
        let mut folders: Vec<_> = text.split('/').filter(|part| *part != ".").map(str::to_owned).collect();
        if folders.len() > MAX_PARTS {
            return Err(PathFault::TooManyParts);
        }
        let name = folders.pop().ok_or(PathFault::Empty)?;
        Ok(Self { folders, name })
    }

    /// The folders on the way, outermost first.
    pub(crate) fn folders(&self) -> &[String] {
        &self.folders
    }

    /// The last part.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The path as it stands in anchors.
    pub(crate) fn to_text(&self) -> String {
        self.parts().collect::<Vec<_>>().join("/")
    }

    /// The path as it stands in a URI.
    pub(crate) fn to_uri(&self) -> String {
        self.parts().map(percent_encoded).collect::<Vec<_>>().join("/")
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().chain([&self.name]).map(String::as_str)
    }
}

/// Absolute on any system, since a scenario may be written on another.
fn is_absolute(text: &str) -> bool {
    let drive = matches!(text.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    drive || text.starts_with(['/', '\\'])
}

/// All but the unreserved characters of RFC 3986 encoded.
fn percent_encoded(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

impl Refusal for PathFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Absolute => "absolute_path_forbidden",
            Self::Outside => "path_outside_root",
            Self::Empty | Self::EmptyPart | Self::Character | Self::TooLong { .. } | Self::TooManyParts => {
                "path_invalid"
            }
        }
    }

    fn hint(&self) -> &'static str {
        "write the path from the root on, with `/` between its parts, such as `reports/tests.json`"
    }
}
