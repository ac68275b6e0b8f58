//! Runpack storage in an S3-compatible bucket: blobs under their digests, and one index for each pack.
//!
//! A blob's name is its content, so it is sent once, whichever packs hold it, and an upload that broke off goes on where
//! it stopped. The index names every file by digest and is written last, under a condition: a pack is there whole or not
//! at all, and never changes. Whatever is read back is held against its digest before anybody sees it.

mod address;
mod http;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use decision_gate_core::digest::Digest;
use decision_gate_core::runpack::PackFiles;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, RetryConfig};
use serde::{Deserialize, Serialize};

pub use self::address::PackAddress;
use super::{PackStoreError, check_name};

/// How many blobs are on their way at once.
const AT_ONCE: usize = 8;
/// How often a request is tried again that failed in passing.
const TRIES: usize = 4;
/// How long all tries of a request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most files of a pack.
const MAX_FILES: usize = 10_000;
/// The most keys that are looked at for one page of names.
const MAX_KEYS: usize = 10_000;
/// The most bytes of one file.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// The most bytes of an index.
const MAX_INDEX_BYTES: u64 = 16 << 20;

/// Which bucket, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSettings {
    /// The bucket.
    pub bucket: String,
    /// What all keys begin with; may be empty.
    pub prefix: String,
    /// Its region.
    pub region: String,
    /// The address of the service; without it that of the region.
    pub endpoint: Option<String>,
    /// Whether the endpoint may be plain `http`.
    pub allow_http: bool,
    /// Whether the bucket stands in the path of an address rather than in its host.
    pub path_style: bool,
    /// Authorities that are trusted beside the public ones, as PEM.
    pub ca_file: Option<PathBuf>,
}

impl BucketSettings {
    /// A bucket that no configuration names: it is reached as the variables of the environment say that other programs
    /// go by, `AWS_REGION` and `AWS_ENDPOINT_URL`. An endpoint that is plain `http` needs `AWS_ALLOW_HTTP=true`.
    pub fn of_environment(bucket: String, prefix: String) -> Self {
        let value = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
        let endpoint = value("AWS_ENDPOINT_URL_S3").or_else(|| value("AWS_ENDPOINT_URL"));
        Self {
            bucket,
            prefix,
            region: value("AWS_REGION").or_else(|| value("AWS_DEFAULT_REGION")).unwrap_or("us-east-1".to_owned()),
            path_style: endpoint.is_some(),
            endpoint,
            allow_http: value("AWS_ALLOW_HTTP").is_some_and(|it| it == "true"),
            ca_file: None,
        }
    }
}

/// Who asks. Never a part of settings: it comes from the environment.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    key_id: String,
    secret: zeroize::Zeroizing<String>,
    token: Option<zeroize::Zeroizing<String>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Credentials {
    /// Those of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if need be, `AWS_SESSION_TOKEN`.
    ///
    /// # Errors
    /// [`PackStoreError::Credentials`] when one of the first two is not set. No metadata service is asked.
    pub fn of_environment() -> Result<Self, PackStoreError> {
        let value = |name: &'static str| std::env::var(name).ok().filter(|it| !it.is_empty());
        let needed = |variable: &'static str| value(variable).ok_or(PackStoreError::Credentials { variable });
        Ok(Self {
            key_id: needed("AWS_ACCESS_KEY_ID")?,
            secret: needed("AWS_SECRET_ACCESS_KEY")?.into(),
            token: value("AWS_SESSION_TOKEN").map(Into::into),
        })
    }
}

/// What became of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// How many blobs were sent.
    pub sent: usize,
    /// How many were there already.
    pub present: usize,
}

/// What a pack consists of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    v: u32,
    files: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    sha256: String,
    bytes: u64,
}

/// A bucket with packs.
#[derive(Debug)]
pub struct PackBucket {
    client: AmazonS3,
    place: String,
    prefix: String,
}

impl PackBucket {
    /// A bucket. Nothing is sent yet.
    ///
    /// # Errors
    /// [`PackStoreError::Bucket`] when the settings make no client.
    pub fn new(settings: &BucketSettings, credentials: &Credentials) -> Result<Self, PackStoreError> {
        let place = match settings.prefix.as_str() {
            "" => format!("s3://{}", settings.bucket),
            prefix => format!("s3://{}/{prefix}", settings.bucket),
        };
        let unusable = |reason: String| PackStoreError::Bucket { place: place.clone(), reason };
        let connector = http::Connector::new(settings.ca_file.as_deref()).map_err(unusable)?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&credentials.key_id)
            .with_secret_access_key(credentials.secret.as_str())
            .with_virtual_hosted_style_request(!settings.path_style)
            .with_allow_http(settings.allow_http)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_retry(RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() })
            .with_http_connector(connector);
        if let Some(token) = &credentials.token {
            builder = builder.with_token(token.as_str());
        }
        if let Some(endpoint) = &settings.endpoint {
            if endpoint.starts_with("http://") && !settings.allow_http {
                return Err(unusable("its endpoint is plain `http`, which is not allowed".to_owned()));
            }
            builder = builder.with_endpoint(endpoint);
        }
        let client = builder.build().map_err(|error| unusable(error.to_string()))?;
        Ok(Self { client, place, prefix: settings.prefix.clone() })
    }

    /// The address of a pack in messages.
    pub fn shown(&self, name: &str) -> String {
        format!("{}/{name}", self.place)
    }

    /// Writes a pack under `name`, whole or not at all. One that is there with the very same files is left as it is.
    ///
    /// # Errors
    /// [`PackStoreError`]; no index was written then, and what was sent is used by the next try.
    pub async fn write<'a>(
        &self,
        name: &str,
        files: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Uploaded, PackStoreError> {
        check_name(name)?;
        let (mut index, mut blobs) = (Index { v: 1, files: BTreeMap::new() }, BTreeMap::new());
        for (path, bytes) in files {
            let digest = Digest::of(bytes);
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            index.files.insert(path.to_owned(), Entry { sha256: digest.to_hex(), bytes: size });
            blobs.insert(digest.to_hex(), bytes);
        }
        let text = serde_json::to_vec(&index)
            .map_err(|error| PackStoreError::Write { path: name.to_owned(), reason: error.to_string() })?;
        if let Some(before) = self.index_bytes(name).await? {
            return self.settled(name, &before, &text, blobs.len());
        }
        let sends: Vec<_> = blobs.iter().map(|(digest, bytes)| self.send(digest, bytes)).collect();
        let sent: Vec<bool> = stream::iter(sends).buffer_unordered(AT_ONCE).try_collect().await?;
        let sent = sent.into_iter().filter(|sent| *sent).count();
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.client.put_opts(&self.index_key(name), text.clone().into(), options).await {
            Ok(_) => Ok(Uploaded { sent, present: blobs.len() - sent }),
            // Somebody else was faster, or the answer to this very request was lost.
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                let before = self.index_bytes(name).await?.unwrap_or_default();
                self.settled(name, &before, &text, blobs.len())
            }
            Err(error) => Err(self.unusable(&error)),
        }
    }

    /// Reads a pack. Every file has the digest that the index gives it.
    ///
    /// # Errors
    /// [`PackStoreError::NotFound`] when there is none of that name, [`PackStoreError::Damaged`] when a file is not the
    /// one that was written.
    pub async fn read(&self, name: &str) -> Result<PackFiles, PackStoreError> {
        let index = self.index(name).await?;
        let fetches: Vec<_> = index.files.iter().map(|(path, entry)| self.fetch(name, path, entry)).collect();
        let files: Vec<(String, Vec<u8>)> = stream::iter(fetches).buffered(AT_ONCE).try_collect().await?;
        Ok(files.into_iter().collect())
    }

    /// Names of packs after `after`, in the order of their keys, at most `limit`. Of one whose upload is not done there is no
    /// index, and so no name.
    ///
    /// # Errors
    /// [`PackStoreError::Bucket`] when the bucket can't be listed.
    pub async fn names(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, PackStoreError> {
        let prefix = self.key("packs");
        let keys = match after {
            None => self.client.list(Some(&prefix)),
            Some(after) => self.client.list_with_offset(Some(&prefix), &self.index_key(after)),
        };
        let name = |key: &Path| {
            let below = key.as_ref().strip_prefix(prefix.as_ref())?.strip_prefix('/')?;
            below.strip_suffix("/index.json").filter(|name| check_name(name).is_ok()).map(str::to_owned)
        };
        // What else lies there is passed over, and not without end.
        let mut keys = keys.take(MAX_KEYS);
        let mut names = Vec::new();
        while names.len() < limit
            && let Some(found) = keys.try_next().await.map_err(|error| self.unusable(&error))?
        {
            names.extend(name(&found.location));
        }
        Ok(names)
    }

    /// One file of a pack, if it is there and has at most `limit` bytes.
    ///
    /// # Errors
    /// As for the whole pack.
    pub async fn file(&self, name: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, PackStoreError> {
        let index = self.index(name).await?;
        match index.files.get(path).filter(|entry| entry.bytes <= limit) {
            Some(entry) => Ok(Some(self.fetch(name, path, entry).await?.1)),
            None => Ok(None),
        }
    }

    async fn index(&self, name: &str) -> Result<Index, PackStoreError> {
        check_name(name)?;
        let Some(bytes) = self.index_bytes(name).await? else {
            return Err(PackStoreError::NotFound { name: self.shown(name) });
        };
        let index: Index = serde_json::from_slice(&bytes)
            .map_err(|error| self.damaged(name, format!("its index does not read: {error}")))?;
        if index.v != 1 || index.files.len() > MAX_FILES {
            return Err(self.damaged(name, "its index is of another version, or too long".to_owned()));
        }
        Ok(index)
    }

    fn settled(&self, name: &str, before: &[u8], now: &[u8], blobs: usize) -> Result<Uploaded, PackStoreError> {
        if before == now {
            return Ok(Uploaded { sent: 0, present: blobs });
        }
        Err(PackStoreError::Exists { name: self.shown(name) })
    }

    /// Sends a blob unless it is there. Gives whether it was sent.
    async fn send(&self, digest: &str, bytes: &[u8]) -> Result<bool, PackStoreError> {
        let key = self.blob_key(digest);
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match self.client.head(&key).await {
            Ok(known) if known.size == size => return Ok(false),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(self.unusable(&error)),
        }
        let sent = self.client.put(&key, Bytes::copy_from_slice(bytes).into()).await;
        sent.map(|_| true).map_err(|error| self.unusable(&error))
    }

    async fn fetch(&self, name: &str, path: &str, entry: &Entry) -> Result<(String, Vec<u8>), PackStoreError> {
        let wrong = |what: &str| self.damaged(name, format!("its file `{path}` {what}"));
        let digest = Digest::from_hex(&entry.sha256).map_err(|_| wrong("has no digest"))?;
        let bytes = self.get(&self.blob_key(&digest.to_hex()), entry.bytes.min(MAX_FILE_BYTES)).await?;
        let bytes = bytes.ok_or_else(|| wrong("is gone, or larger than it was"))?;
        if Digest::of(&bytes) != digest {
            return Err(wrong("does not have its digest"));
        }
        Ok((path.to_owned(), bytes.to_vec()))
    }

    async fn index_bytes(&self, name: &str) -> Result<Option<Bytes>, PackStoreError> {
        self.get(&self.index_key(name), MAX_INDEX_BYTES).await
    }

    /// What lies at a key; nothing where nothing does, or more than the limit.
    async fn get(&self, key: &Path, limit: u64) -> Result<Option<Bytes>, PackStoreError> {
        let found = match self.client.get(key).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.unusable(&error)),
        };
        if found.meta.size > limit {
            return Ok(None);
        }
        found.bytes().await.map(Some).map_err(|error| self.unusable(&error))
    }

    fn index_key(&self, name: &str) -> Path {
        self.key(&format!("packs/{name}/index.json"))
    }

    fn blob_key(&self, digest: &str) -> Path {
        self.key(&format!("blobs/sha256/{digest}"))
    }

    fn key(&self, below: &str) -> Path {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        Path::from(format!("{}{slash}{below}", self.prefix))
    }

    fn unusable(&self, error: &object_store::Error) -> PackStoreError {
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let text = cause.to_string();
            if !reason.contains(&text) {
                reason.push_str(": ");
                reason.push_str(&text);
            }
            source = cause.source();
        }
        PackStoreError::Bucket { place: self.place.clone(), reason: reason.chars().take(600).collect() }
    }

    fn damaged(&self, name: &str, what: String) -> PackStoreError {
        PackStoreError::Damaged { name: self.shown(name), what }
    }
}
