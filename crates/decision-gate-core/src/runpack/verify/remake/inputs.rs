//! What went into the events: read straight into types, since everything else is made anew and compared.
//!
//! Nothing is checked here. JSON that serde reads loosely (a name twice, a number that a double can't hold) does not come
//! out again as it was, and so does not pass.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::at::Timestamp;
use crate::digest::Digest;
use crate::evidence::Answer;
use crate::ledger::{Event, Salt, Slot, TriggerEntry};
use crate::name::SubmissionId;
use crate::runpack::array::segment_path;
use crate::runpack::manifest::VALUES;
use crate::scenario::packets::PacketPayload;

/// What went into an event.
#[derive(Deserialize)]
pub(super) struct Inputs {
    pub(super) actor: Option<String>,
    pub(super) at: Timestamp,
    pub(super) body: BodyInputs,
    pub(super) policy_digest: Digest,
}

/// What went into its body, of a step or of a submission.
#[derive(Deserialize)]
pub(super) struct BodyInputs {
    pub(super) trigger: Option<TriggerEntry>,
    pub(super) submission_id: Option<SubmissionId>,
    pub(super) content_type: Option<String>,
    pub(super) correlation_id: Option<String>,
}

/// A value that went into an event.
pub(super) struct Supplied {
    pub(super) seq: u64,
    pub(super) slot: Slot,
    pub(super) salt: Salt,
    pub(super) given: Given,
}

/// What it is.
pub(super) enum Given {
    Answer(Answer),
    Payload(PacketPayload),
}

/// The first event of a run.
pub(super) fn first_event(text: &str) -> Option<Event> {
    let mut first = None;
    let mut take = |value: Value| {
        first = Some(value);
        // One is enough.
        None
    };
    each(text, &mut take);
    Event::from_value(first?).ok()
}

/// Hands the inputs of every event of a segment on; `None` when one does not read or is refused.
pub(super) fn each_event(text: &str, take: &mut dyn FnMut(Inputs) -> Option<()>) -> Option<()> {
    each(text, take)
}

/// The values of all segments; `None` when one does not read, or is withheld.
pub(super) fn supplied<'f>(text: impl Fn(&str) -> Option<&'f str>) -> Option<Vec<Supplied>> {
    let mut all = Vec::new();
    let mut segments = (0..).map(|index| segment_path(VALUES, index));
    let mut next = text(&segments.next()?);
    next?;
    while let Some(segment) = next {
        each(segment, &mut |value: Supplied| {
            all.push(value);
            Some(())
        })?;
        next = text(&segments.next()?);
    }
    Some(all)
}

/// Reads an array item by item.
fn each<'de, T: Deserialize<'de>>(text: &'de str, take: &mut dyn FnMut(T) -> Option<()>) -> Option<()> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Each(take).deserialize(&mut reader).ok()?;
    reader.end().ok()
}

struct Each<'f, T>(&'f mut dyn FnMut(T) -> Option<()>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.0)(item).ok_or_else(|| A::Error::custom("refused"))?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Supplied {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SuppliedVisitor)
    }
}

struct SuppliedVisitor;

impl<'de> Visitor<'de> for SuppliedVisitor {
    type Value = Supplied;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its salt")
    }

    /// In canonical order, so the slot says what the value is.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Supplied, A::Error> {
        let salt = member(&mut members, "salt")?;
        let seq = member(&mut members, "seq")?;
        let slot: String = member(&mut members, "slot")?;
        let slot = Slot::parse(&slot).ok_or_else(|| A::Error::custom("not the name of a value"))?;
        let given = match slot {
            Slot::Evidence(_) => Given::Answer(member(&mut members, "value")?),
            Slot::Payload => Given::Payload(member(&mut members, "value")?),
        };
        match members.next_entry::<IgnoredAny, IgnoredAny>()? {
            None => Ok(Supplied { seq, slot, salt, given }),
            Some(_) => Err(A::Error::custom("one member more")),
        }
    }
}

fn member<'de, T: Deserialize<'de>, A: MapAccess<'de>>(members: &mut A, name: &'static str) -> Result<T, A::Error> {
    match members.next_key::<String>()? {
        Some(key) if key == name => members.next_value(),
        Some(_) | None => Err(A::Error::missing_field(name)),
    }
}
