//! How far something has come that only ever goes up: a document's version, a time, a count.
//!
//! A release decision keeps the heights that it was made by, and the ledger the highest of each, so that who brings an
//! older document later, or none, is found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Up to three numbers, which compare one by one; written `3` or `1.2.3`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Height([u64; 3]);

/// What is no height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a height is one to three whole numbers with dots between them")]
pub struct HeightError;

impl Height {
    /// These numbers, the first counts most.
    pub fn new(numbers: [u64; 3]) -> Self {
        Self(numbers)
    }

    /// The numbers.
    pub fn numbers(self) -> [u64; 3] {
        self.0
    }

    /// Bytes that compare as the heights do.
    pub fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (place, number) in bytes.chunks_exact_mut(8).zip(self.0) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        let numbers: Vec<u64> = numbers.iter().map(|it| u64::from_be_bytes(*it)).collect();
        if rest.is_empty() { numbers.try_into().ok().map(Self) } else { None }
    }
}

impl From<u64> for Height {
    fn from(number: u64) -> Self {
        Self([number, 0, 0])
    }
}

impl std::fmt::Display for Height {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self([first, second, third]) = self;
        if (*second, *third) == (0, 0) { write!(f, "{first}") } else { write!(f, "{first}.{second}.{third}") }
    }
}

impl From<Height> for String {
    fn from(height: Height) -> Self {
        height.to_string()
    }
}

impl TryFrom<String> for Height {
    type Error = HeightError;

    fn try_from(text: String) -> Result<Self, HeightError> {
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for (at, number) in numbers.iter_mut().enumerate() {
            match parts.next() {
                Some(part) if part.bytes().all(|it| it.is_ascii_digit()) => {
                    *number = part.parse().map_err(|_| HeightError)?;
                }
                None if at > 0 => {}
                Some(_) | None => return Err(HeightError),
            }
        }
        let height = Self(numbers);
        // One way to write each, so that what was kept is read back to the same bytes.
        if parts.next().is_none() && height.to_string() == text { Ok(height) } else { Err(HeightError) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Height;

    proptest! {
        #[test]
        fn bytes_and_text_are_read_back_and_bytes_compare_as_heights(a in any::<[u64; 3]>(), b in any::<[u64; 3]>()) {
            let (a, b) = (Height::new(a), Height::new(b));
            prop_assert_eq!(a.cmp(&b), a.to_bytes().cmp(&b.to_bytes()));
            prop_assert_eq!(Height::from_bytes(&a.to_bytes()), Some(a));
            prop_assert_eq!(Height::try_from(a.to_string()), Ok(a));
        }
    }

    #[test]
    fn there_is_one_way_to_write_a_height() {
        for text in ["", "a", "1.", "1.2.3.4", "01", "1.0.0", "+1", "1.2", "18446744073709551616"] {
            assert!(Height::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["0", "3", "1.2.0", "0.0.1"] {
            assert_eq!(Height::try_from(text.to_owned()).map(|it| it.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(Height::from_bytes(&[0; 23]), None);
    }
}
