//! Names of files within a pack: relative, plain, and the same on every system.

use std::fmt;

/// The longest path, in bytes.
pub(super) const MAX_PATH_BYTES: usize = 4096;

/// The longest component of a path, in bytes.
pub(super) const MAX_COMPONENT_BYTES: usize = 255;

/// Why a text is not a path within a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// No characters, or too many.
    #[error("a path has 1 to {MAX_PATH_BYTES} bytes, and each part at most {MAX_COMPONENT_BYTES}")]
    Length,
    /// It starts at a root or a drive.
    #[error("a path must be relative to the pack")]
    Absolute,
    /// It has an empty part, `.` or `..`.
    #[error("a path must not have empty parts, `.` or `..`")]
    Traversal,
    /// A character that means different things on different systems.
    #[error("a path must not have backslashes, colons or control characters")]
    Character,
}

/// Checks a path as it stands in a manifest.
///
/// # Errors
/// [`PathFault`] for anything that could lead out of the pack, or to another file on another system.
pub fn check_path(path: &str) -> Result<(), PathFault> {
    if path.is_empty() || path.len() > MAX_PATH_BYTES {
        return Err(PathFault::Length);
    }
    if path.starts_with('/') {
        return Err(PathFault::Absolute);
    }
    if path.chars().any(|it| it == '\\' || it == ':' || it.is_control()) {
        return Err(PathFault::Character);
    }
    for component in path.split('/') {
        if component.is_empty() || component == "." || component == ".." {
            return Err(PathFault::Traversal);
        }
        if component.len() > MAX_COMPONENT_BYTES {
            return Err(PathFault::Length);
        }
    }
    Ok(())
}

/// Name of a manifest: one plain file name that ends in `.json`, and is none of the pack's other files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManifestName(String);

/// Why a text is not the name of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a name for a manifest: 1 to 64 of `A-Za-z0-9._-`, ending in `.json`, and no other file of a pack"
)]
pub struct ManifestNameFault(String);

impl ManifestNameFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        "manifest_name_invalid"
    }
}

impl ManifestName {
    /// `manifest.json`, as the tools write it.
    pub fn standard() -> Self {
        Self("manifest.json".to_owned())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for ManifestName {
    type Error = ManifestNameFault;

    fn try_from(text: &str) -> Result<Self, ManifestNameFault> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        let stem = text.strip_suffix(".json").unwrap_or_default();
        let reserved = ["events", "values", "trust", "proofs"].iter().any(|name| {
            let rest =
                stem.get(..name.len()).filter(|it| it.eq_ignore_ascii_case(name)).map(|_| stem.get(name.len()..));
            rest.flatten().is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        if plain && !stem.is_empty() && !stem.starts_with('.') && text.len() <= 64 && !reserved {
            Ok(Self(text.to_owned()))
        } else {
            Err(ManifestNameFault(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for ManifestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_within_the_pack() {
        for (path, says) in [
            ("artifacts/decisions.json", Ok(())),
            ("ünï/x", Ok(())),
            ("", Err(PathFault::Length)),
            ("/etc/hostname", Err(PathFault::Absolute)),
            ("../x", Err(PathFault::Traversal)),
            ("a/../x", Err(PathFault::Traversal)),
            ("a//x", Err(PathFault::Traversal)),
            ("a/", Err(PathFault::Traversal)),
            ("./x", Err(PathFault::Traversal)),
            ("a\\x", Err(PathFault::Character)),
            ("C:x", Err(PathFault::Character)),
            ("a\u{0}", Err(PathFault::Character)),
            (&"x".repeat(256), Err(PathFault::Length)),
            (&"x/".repeat(2100), Err(PathFault::Length)),
        ] {
            assert_eq!(check_path(path), says, "{path}");
        }
    }

    #[test]
    fn a_manifest_has_a_plain_name_of_its_own() {
        for (name, good) in [
            ("manifest.json", true),
            ("runpack.json", true),
            ("eventsful.json", true),
            ("events.json", false),
            ("Events.json", false),
            ("values.2.json", false),
            ("a/b.json", false),
            (".json", false),
            ("..json", false),
            ("manifest", false),
            ("", false),
        ] {
            assert_eq!(ManifestName::try_from(name).is_ok(), good, "{name}");
        }
    }
}
