//! The digests of many messages, two at a time.
//!
//! Every round of SHA-256 waits for the one before it, so that a processor with instructions for it idles between them.
//! Two messages whose blocks are taken in turn fill the gaps of one another. Each has a hasher of its own, which is
//! given the same bytes in the same order as when it is alone.

use sha2::{Digest as _, Sha256};

use super::Digest;

const BLOCK: usize = 64;
/// How much of one message goes before the other has its turn: so much that handing over costs little, so little that the
/// processor sees both.
const TURN: usize = 2 * BLOCK;

/// A message on its way.
struct Lane<'a> {
    index: usize,
    hasher: Sha256,
    turns: &'a [[u8; TURN]],
    end: &'a [u8],
}

impl<'a> Lane<'a> {
    fn new((index, (head, body)): (usize, ([&'a [u8]; 2], &'a [u8]))) -> Self {
        let mut hasher = Sha256::new();
        head.iter().for_each(|part| hasher.update(part));
        // What fills the block that the head began: from there on the hasher takes whole blocks as they lie.
        let open = head.iter().map(|part| part.len()).sum::<usize>() % BLOCK;
        let body = match body.split_at_checked((BLOCK - open) % BLOCK) {
            Some((first, rest)) => {
                hasher.update(first);
                rest
            }
            None => body,
        };
        let (turns, end) = body.as_chunks();
        Self { index, hasher, turns, end }
    }

    fn finish(mut self) -> (usize, Digest) {
        self.turns.iter().for_each(|it| self.hasher.update(it));
        self.hasher.update(self.end);
        (self.index, Digest(self.hasher.finalize().into()))
    }
}

/// As many turns of both as the shorter has.
fn run<'a>(one: &mut Lane<'a>, other: &mut Lane<'a>) {
    let both = one.turns.len().min(other.turns.len());
    let split = |lane: &Lane<'a>| lane.turns.split_at_checked(both).unwrap_or((lane.turns, &[]));
    let ((first, one_left), (second, other_left)) = (split(one), split(other));
    for (a, b) in first.iter().zip(second) {
        one.hasher.update(a);
        other.hasher.update(b);
    }
    (one.turns, other.turns) = (one_left, other_left);
}

/// The digest of each message, in their order: two short parts, and a body.
pub(super) fn of_each<'a>(messages: impl IntoIterator<Item = ([&'a [u8]; 2], &'a [u8])>) -> Vec<Digest> {
    let mut waiting = messages.into_iter().enumerate().map(Lane::new);
    let mut made = Vec::with_capacity(waiting.size_hint().0);
    let mut left = waiting.next();
    while let Some(mut one) = left.take() {
        let Some(mut other) = waiting.next() else {
            made.push(one.finish());
            break;
        };
        run(&mut one, &mut other);
        // Whichever has come to its end makes room for the next.
        let (done, goes_on) = if one.turns.is_empty() { (one, other) } else { (other, one) };
        made.push(done.finish());
        left = Some(goes_on);
    }
    made.sort_unstable_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, digest)| digest).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Short ones, and such as end around the end of a block or of a turn.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![prop::collection::vec(any::<u8>(), 0..70), prop::collection::vec(any::<u8>(), 100..700)]
    }

    proptest! {
        #[test]
        fn many_digests_are_those_that_each_message_has_alone(
            messages in prop::collection::vec((bytes(), bytes(), bytes()), 0..9),
        ) {
            let each = messages.iter().map(|(tag, salt, body)| ([tag.as_slice(), salt], body.as_slice()));
            let alone = messages.iter().map(|(tag, salt, body)| Digest::of_parts(&[tag, salt, body]));
            prop_assert_eq!(of_each(each), alone.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_message_of_any_length_beside_one_of_any_other() {
        let text: Vec<u8> = (0..=255).cycle().take(600).collect();
        for length in 0..300 {
            let bodies = [&text[..length], &text[length..], &text[..300 - length]];
            let each = bodies.map(|body| ([&text[..1], &[][..]], body));
            let alone = bodies.map(|body| Digest::of_parts(&[&text[..1], body]));
            assert_eq!(of_each(each), alone, "{length}");
        }
    }
}
