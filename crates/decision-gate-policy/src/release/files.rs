//! Files that were sifted, for whoever meets the same ones again: folders of evidence are mostly the same from one
//! decision to the next.
//!
//! What a file comes to depends on nothing but what it is kept under; that is compared, and the text byte for byte. Its name
//! matters only where something of it was passed over, which says so by that name.

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::name::ProviderId;
use decision_gate_core::trust::Lane;

use super::sift::Sifted;

/// How many bytes of files are kept before all are forgotten.
const MOST: usize = 64 << 20;

/// Files that were sifted.
#[derive(Debug, Default)]
pub(crate) struct Files {
    kept: BTreeMap<u64, Vec<File>>,
    bytes: usize,
}

/// What files are sifted under: rules and keys by their policy's digest, and a time in which the same keys count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Under<'a> {
    pub(crate) law: Digest,
    pub(crate) provider: &'a ProviderId,
    pub(crate) epoch: usize,
    pub(crate) subject: &'a Subject,
}

#[derive(Debug)]
struct File {
    law: Digest,
    provider: ProviderId,
    epoch: usize,
    subject: Subject,
    name: String,
    ceiling: Lane,
    text: String,
    came: Sifted,
}

impl Files {
    /// What a file comes to; made by `sift` where it is not known.
    ///
    /// Nothing where it can't be told without the files beside it.
    pub(super) fn came(
        &mut self,
        under: &Under<'_>,
        (name, ceiling, text): (&str, Lane, &str),
        sift: impl FnOnce() -> Sifted,
    ) -> Option<&Sifted> {
        let is_same = |it: &File| {
            (it.law, it.epoch, it.ceiling) == (under.law, under.epoch, ceiling)
                && it.text == text
                && it.provider == *under.provider
                && it.subject == *under.subject
                && (it.came.passed_over.is_empty() || it.name == name)
        };
        let mix = mix(text.as_bytes());
        let known = self.kept.get(&mix).and_then(|it| it.iter().position(is_same));
        if known.is_none() && self.bytes > MOST {
            (self.kept, self.bytes) = (BTreeMap::new(), 0);
        }
        let same_place = self.kept.entry(mix).or_default();
        let index = known.unwrap_or_else(|| {
            self.bytes += text.len();
            same_place.push(File {
                law: under.law,
                provider: under.provider.clone(),
                epoch: under.epoch,
                subject: under.subject.clone(),
                name: name.to_owned(),
                ceiling,
                text: text.to_owned(),
                came: sift(),
            });
            same_place.len() - 1
        });
        same_place.get(index).map(|it| &it.came).filter(|it| it.stands_alone())
    }
}

/// Spreads bytes over numbers. Nothing rests on it but how fast something is found.
pub(crate) fn mix(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let add = |sum: u64, word: u64| (sum.rotate_left(23) ^ word).wrapping_mul(ODD);
    let number = |word: &[u8; 8]| u64::from_le_bytes(*word);
    let (words, end) = bytes.as_chunks();
    let (blocks, rest) = words.as_chunks();
    // Eight sums side by side: none waits for the others.
    let eight = |mut sums: [u64; 8], block: &[[u8; 8]; 8]| {
        sums.iter_mut().zip(block).for_each(|(sum, word)| *sum = add(*sum, number(word)));
        sums
    };
    let sum = blocks.iter().fold([ODD; 8], eight).into_iter().fold(ODD, add);
    let sum = rest.iter().map(number).fold(sum, add);
    end.iter().fold(sum, |sum, byte| add(sum, u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use decision_gate_attest::evidence::{PassedOver, Weight};

    use super::*;

    /// What a file of this text comes to; what can't be read is passed over by its name.
    fn sift(name: &str, text: &str) -> Sifted {
        let mut came = Sifted::default();
        if text.starts_with('?') {
            came.passed_over.insert(PassedOver {
                weight: Weight::Foreign,
                code: "attestation_unrecognised",
                file: name.to_owned(),
                place: String::new(),
                message: String::new(),
            });
        }
        came
    }

    #[test]
    fn a_file_is_sifted_again_under_another_name_only_where_the_name_is_told() {
        let (provider, subject) = ("release".try_into().unwrap(), crate::tests::subject());
        let under = Under { law: Digest::of(b""), provider: &provider, epoch: 0, subject: &subject };
        let (mut files, mut sifted) = (Files::default(), Vec::new());
        for (name, text) in [("a", "text"), ("b", "text"), ("b", "texT"), ("a", "?"), ("b", "?"), ("a", "?")] {
            let came = files.came(&under, (name, Lane::Verified, text), || {
                sifted.push((name, text));
                sift(name, text)
            });
            assert_eq!(came.unwrap().passed_over, sift(name, text).passed_over);
        }
        assert_eq!(sifted, [("a", "text"), ("b", "texT"), ("a", "?"), ("b", "?")]);
    }

    #[test]
    fn what_a_file_comes_to_is_of_its_circumstances() {
        let (provider, subject) = ("release".try_into().unwrap(), crate::tests::subject());
        let first = Under { law: Digest::of(b""), provider: &provider, epoch: 0, subject: &subject };
        let mut files = Files::default();
        let mut is_new = |under: &Under<'_>, ceiling| {
            let mut new = false;
            files.came(under, ("a", ceiling, "text"), || {
                new = true;
                Sifted::default()
            });
            new
        };
        assert!(is_new(&first, Lane::Verified));
        assert!(!is_new(&first, Lane::Verified));
        assert!(is_new(&first, Lane::Asserted));
        assert!(is_new(&Under { law: Digest::of(b"other"), ..first }, Lane::Verified));
        assert!(is_new(&Under { epoch: 1, ..first }, Lane::Verified));
        assert!(is_new(&Under { subject: &Subject::of_digest("b", Digest::of(b"b")), ..first }, Lane::Verified));
    }

    #[test]
    fn every_byte_counts_for_where_a_file_is_looked_for() {
        let bytes: Vec<u8> = (0..203).collect();
        let first = mix(&bytes);
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_ne!(mix(&other), first, "{at}");
        }
    }
}
