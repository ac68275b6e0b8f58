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
    // Four sums side by side: none waits for the others.
    let four = |[a, b, c, d]: [u64; 4], [w, x, y, z]: &[[u8; 8]; 4]| {
        [add(a, number(w)), add(b, number(x)), add(c, number(y)), add(d, number(z))]
    };
    let sum = blocks.iter().fold([ODD; 4], four).into_iter().fold(ODD, add);
    let sum = rest.iter().map(number).fold(sum, add);
    end.iter().fold(sum, |sum, byte| add(sum, u64::from(*byte)))
}
