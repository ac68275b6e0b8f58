//! Where packs are kept: a folder, or a bucket of an S3-compatible store.

use std::path::PathBuf;

use decision_gate_config::Loaded;
use decision_gate_config::sections::runpacks::RunpacksKind;
use decision_gate_core::runpack::{Pack, PackFiles};
use decision_gate_store::{PackFolder, PackStoreError};
use decision_gate_verify::FolderFault;

use super::SetupError;

/// A place with packs.
#[derive(Debug)]
pub enum Packs {
    /// A folder.
    Folder(PathBuf),
    /// A bucket.
    #[cfg(feature = "object-store")]
    Bucket(decision_gate_store::PackBucket),
}

/// Why a pack can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PacksError {
    /// The place does not do as asked.
    #[error(transparent)]
    Store(#[from] PackStoreError),
    /// The folder of a pack can't be read.
    #[error(transparent)]
    Folder(#[from] FolderFault),
    /// The work was cut off.
    #[error("the work on the pack was cut off")]
    CutOff,
}

impl PacksError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Folder(fault) => fault.code(),
            Self::CutOff => "internal_error",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Folder(_) => "export the run again",
            Self::CutOff => "call again",
        }
    }
}

impl Packs {
    /// The configured place. Nothing is opened yet.
    ///
    /// # Errors
    /// [`SetupError`] when there is none, nobody says who asks, or this build leaves it out.
    pub(super) fn configured(loaded: &Loaded) -> Result<Self, SetupError> {
        match loaded.config().runpacks.kind {
            RunpacksKind::Folder => Ok(Self::Folder(loaded.runpacks_root()?)),
            RunpacksKind::S3 => bucket::configured(loaded),
        }
    }

    /// The bucket of an address such as `s3://bucket/prefix/name`, and the name. It is reached as `runpacks.s3` says
    /// where that is the same bucket, else as the variables `AWS_REGION` and `AWS_ENDPOINT_URL` say.
    ///
    /// # Errors
    /// [`SetupError`] when the address is none, nobody says who asks, or this build leaves buckets out.
    pub fn at(address: &str, loaded: Option<&Loaded>) -> Result<(Self, String), SetupError> {
        bucket::at(address, loaded)
    }

    /// Where a pack of that name is, in words.
    pub fn shown(&self, name: &str) -> String {
        match self {
            Self::Folder(root) => root.join(name).display().to_string(),
            #[cfg(feature = "object-store")]
            Self::Bucket(bucket) => bucket.shown(name),
        }
    }

    /// Writes a pack, whole or not at all.
    ///
    /// # Errors
    /// [`PacksError`]; there is no half pack then.
    pub async fn write(&self, name: &str, pack: Pack) -> Result<(), PacksError> {
        match self {
            Self::Folder(root) => {
                let (root, name) = (root.clone(), name.to_owned());
                let work = move || PackFolder::open(&root)?.write(&name, pack.files());
                let written = tokio::task::spawn_blocking(work).await;
                Ok(written.map_err(|_| PacksError::CutOff)??)
            }
            #[cfg(feature = "object-store")]
            Self::Bucket(bucket) => Ok(bucket.write(name, pack.files()).await.map(drop)?),
        }
    }

    /// Names of packs after `after`, at most `limit`, in the order of the place. A folder that is not there has none, and is
    /// not made.
    ///
    /// # Errors
    /// [`PacksError`] when the place can't be listed.
    pub async fn names(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, PacksError> {
        match self {
            Self::Folder(root) => {
                let (root, after) = (root.clone(), after.map(str::to_owned));
                let work = move || match root.is_dir() {
                    true => PackFolder::open(&root)?.names(after.as_deref(), limit),
                    false => Ok(Vec::new()),
                };
                Ok(tokio::task::spawn_blocking(work).await.map_err(|_| PacksError::CutOff)??)
            }
            #[cfg(feature = "object-store")]
            Self::Bucket(bucket) => Ok(bucket.names(after, limit).await?),
        }
    }

    /// One file of a pack, if it is there and has at most `limit` bytes.
    ///
    /// # Errors
    /// [`PacksError`] when there is no such pack.
    pub async fn file(&self, name: &str, path: &'static str, limit: u64) -> Result<Option<Vec<u8>>, PacksError> {
        match self {
            Self::Folder(root) => {
                let (root, name) = (root.clone(), name.to_owned());
                let work = move || match root.is_dir() {
                    true => PackFolder::open(&root)?.file(&name, path, limit),
                    false => Err(PackStoreError::NotFound { name }),
                };
                Ok(tokio::task::spawn_blocking(work).await.map_err(|_| PacksError::CutOff)??)
            }
            #[cfg(feature = "object-store")]
            Self::Bucket(bucket) => Ok(bucket.file(name, path, limit).await?),
        }
    }

    /// Reads a pack, for somebody to judge.
    ///
    /// # Errors
    /// [`PacksError`] when there is nothing to judge.
    pub async fn read(&self, name: &str) -> Result<PackFiles, PacksError> {
        match self {
            Self::Folder(root) => {
                let (root, name) = (root.clone(), name.to_owned());
                let work = move || {
                    let folder = PackFolder::open(&root)?.pack(&name)?;
                    Ok::<_, PacksError>(decision_gate_verify::read_open(&folder, &name)?)
                };
                tokio::task::spawn_blocking(work).await.map_err(|_| PacksError::CutOff)?
            }
            #[cfg(feature = "object-store")]
            Self::Bucket(bucket) => Ok(bucket.read(name).await?),
        }
    }
}

#[cfg(feature = "object-store")]
mod bucket {
    use decision_gate_config::Loaded;
    use decision_gate_config::sections::runpacks::S3;
    use decision_gate_store::{BucketSettings, Credentials, PackAddress, PackBucket};

    use super::{Packs, SetupError};

    pub(super) fn configured(loaded: &Loaded) -> Result<Packs, SetupError> {
        let s3 = loaded.config().runpacks.s3.as_ref().ok_or(SetupError::PacksNotBuilt)?;
        let prefix = s3.prefix.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
        Ok(Packs::Bucket(PackBucket::new(&settings(s3, prefix), &Credentials::of_environment()?)?))
    }

    pub(super) fn at(address: &str, loaded: Option<&Loaded>) -> Result<(Packs, String), SetupError> {
        let address: PackAddress = address.parse()?;
        let known = loaded.and_then(|it| it.config().runpacks.s3.as_ref());
        let settings = match known.filter(|it| it.bucket.as_str() == address.bucket) {
            Some(s3) => settings(s3, address.prefix),
            None => BucketSettings::of_environment(address.bucket, address.prefix),
        };
        let bucket = PackBucket::new(&settings, &Credentials::of_environment()?)?;
        Ok((Packs::Bucket(bucket), address.name))
    }

    fn settings(s3: &S3, prefix: String) -> BucketSettings {
        BucketSettings {
            bucket: s3.bucket.as_str().to_owned(),
            prefix,
            region: s3.region.as_str().to_owned(),
            endpoint: s3.endpoint.as_ref().map(|it| it.as_str().to_owned()),
            allow_http: s3.allow_http,
            path_style: s3.path_style(),
            ca_file: s3.ca_file.as_ref().map(|it| it.as_path().to_owned()),
        }
    }
}

#[cfg(not(feature = "object-store"))]
mod bucket {
    use decision_gate_config::Loaded;

    use super::{Packs, SetupError};

    pub(super) fn configured(_: &Loaded) -> Result<Packs, SetupError> {
        Err(SetupError::PacksNotBuilt)
    }

    pub(super) fn at(_: &str, _: Option<&Loaded>) -> Result<(Packs, String), SetupError> {
        Err(SetupError::PacksNotBuilt)
    }
}
