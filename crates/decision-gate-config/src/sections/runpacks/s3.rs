//! `runpacks.s3`: the bucket that runpacks are kept in.
//!
//! There are no keys for credentials: they come from the environment only (`AWS_ACCESS_KEY_ID`,
//! `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`), so that nothing that prints settings can show them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::sections::providers::ServerUrl;
use crate::values::{ConfigPath, text_type};

/// The bucket that runpacks are kept in. Credentials come from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
/// `AWS_SESSION_TOKEN`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Its name.
    pub bucket: BucketName,
    /// What all keys begin with, such as `proofs/nightly`.
    pub prefix: Option<KeyPrefix>,
    /// Its region.
    #[serde(default)]
    pub region: Region,
    /// The address of a service that speaks S3; without it that of the region.
    pub endpoint: Option<ServerUrl>,
    /// Whether the endpoint may be plain `http`.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether the bucket stands in an address's path rather than in its host; without it, where there is an endpoint.
    pub force_path_style: Option<bool>,
    /// Certificates in PEM form of authorities that are trusted beside the public ones.
    pub ca_file: Option<ConfigPath>,
}

impl S3 {
    /// Whether the bucket stands in an address's path.
    pub fn path_style(&self) -> bool {
        self.force_path_style.unwrap_or(self.endpoint.is_some())
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        if self.endpoint.as_ref().is_some_and(ServerUrl::is_plain) && !self.allow_http {
            let (this, other) = ("http://".to_owned(), "allow_http = false".to_owned());
            checks.key("endpoint", |checks| checks.report(Fault::Conflict { this, other }));
        }
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        paths.extend(self.ca_file.iter_mut().map(|path| (at.key("ca_file"), path)));
    }
}

text_type! {
    /// The name of a bucket.
    BucketName, BucketNameFault, check_bucket, { "type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$" }
}

/// Why a text is not the name of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bucket is named by 3 to 63 of `a-z`, `0-9`, `.` and `-`, first and last a letter or digit")]
pub struct BucketNameFault;

fn check_bucket(text: &str) -> Result<(), BucketNameFault> {
    let edge = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit();
    let plain = text.chars().all(|it| edge(it) || ".-".contains(it));
    let good = (3..=63).contains(&text.len()) && plain && text.starts_with(edge) && text.ends_with(edge);
    if good { Ok(()) } else { Err(BucketNameFault) }
}

text_type! {
    /// What keys begin with.
    KeyPrefix, KeyPrefixFault, check_prefix, {
        "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$", "maxLength": 512
    }
}

/// Why a text is not what keys begin with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a prefix is words of letters, digits and `._-`, each first a letter or digit, with `/` between them")]
pub struct KeyPrefixFault;

fn check_prefix(text: &str) -> Result<(), KeyPrefixFault> {
    let word = |word: &str| {
        word.starts_with(|it: char| it.is_ascii_alphanumeric())
            && word.chars().all(|it| it.is_ascii_alphanumeric() || "._-".contains(it))
    };
    if text.len() <= 512 && text.split('/').all(word) { Ok(()) } else { Err(KeyPrefixFault) }
}

text_type! {
    /// The name of a region.
    Region, RegionFault, check_region, { "type": "string", "pattern": "^[a-z0-9-]{1,64}$" }
}

impl Default for Region {
    fn default() -> Self {
        Self("us-east-1".to_owned())
    }
}

/// Why a text is not the name of a region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region is named by 1 to 64 of `a-z`, `0-9` and `-`")]
pub struct RegionFault;

fn check_region(text: &str) -> Result<(), RegionFault> {
    let plain = text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    if (1..=64).contains(&text.len()) && plain { Ok(()) } else { Err(RegionFault) }
}
