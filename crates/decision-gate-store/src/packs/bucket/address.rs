//! `s3://bucket/prefix/name`: where one pack lies, as people write it.

use std::fmt;
use std::str::FromStr;

use super::super::{PackStoreError, check_name};

/// Where a pack lies in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackAddress {
    /// The bucket.
    pub bucket: String,
    /// What stands between it and the name; may be empty.
    pub prefix: String,
    /// The pack's name.
    pub name: String,
}

impl PackAddress {
    /// Whether a text means a bucket, right or wrong.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("s3://")
    }
}

impl FromStr for PackAddress {
    type Err = PackStoreError;

    fn from_str(text: &str) -> Result<Self, PackStoreError> {
        let invalid = || PackStoreError::Address { address: text.chars().take(200).collect() };
        let rest = text.strip_prefix("s3://").ok_or_else(invalid)?;
        let (bucket, path) = rest.split_once('/').ok_or_else(invalid)?;
        let plain = |it: &str| check_name(it).is_ok();
        if !plain(bucket) || !path.split('/').all(plain) {
            return Err(invalid());
        }
        let (prefix, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for PackAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "s3://{}/{}{slash}{}", self.bucket, self.prefix, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["s3://proofs/run-1", "s3://proofs/a/run-1", "s3://proofs.example/a/b/run-1"] {
            assert_eq!(text.parse::<PackAddress>().unwrap().to_string(), text);
        }
        for text in [
            "proofs/run-1",
            "s3://",
            "s3://proofs",
            "s3://proofs/",
            "s3://proofs//run-1",
            "s3://proofs/../run-1",
            "s3:///run-1",
            "s3://a:b@proofs/run-1",
            "s3://proofs/run-1?x",
            "s3://proofs/.hidden",
        ] {
            assert_eq!(text.parse::<PackAddress>().unwrap_err().code(), "pack_address_invalid", "{text}");
        }
    }
}
