//! Taking a file apart.

use decision_gate_core::dsse::Envelope;
use decision_gate_core::json::{self, Limits};
use serde_json::Value;

use super::{Bundle, Item, ItemFault, MAX_BYTES, MAX_ITEMS, MAX_NOTES, Note, Place};
use crate::sigstore::SigstoreBundle;

/// Where in a document of a registry or a build service the attestations are: a list, and what of each entry.
const LISTS: [(&str, &str); 3] =
    [("/attestations", "/bundle"), ("/provenance_summary/provenance", "/envelope"), ("/attestation_bundles", "")];

/// Reads a file: one document, or one on each line.
pub fn read(bytes: &[u8]) -> Bundle {
    let mut bundle = Bundle::default();
    let whole = json::parse(bytes, &Limits::evidence(MAX_BYTES));
    match whole {
        Ok(document) => bundle.take(&Place::whole(), &document.value),
        Err(error) if !bytes.trim_ascii().contains(&b'\n') => bundle.note(Place::line(1), ItemFault::Json(error)),
        Err(_) => bundle.take_lines(bytes),
    }
    bundle
}

impl Bundle {
    fn take_lines(&mut self, bytes: &[u8]) {
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let place = Place::line(index + 1);
            match json::parse(line, &Limits::evidence(MAX_BYTES)) {
                Ok(document) => self.take(&place, &document.value),
                Err(error) => self.note(place, ItemFault::Json(error)),
            }
        }
    }

    fn take(&mut self, place: &Place, value: &Value) {
        if value.get("signatures").is_some() || value.get("payload").is_some() {
            return self.push(place, Envelope::from_value(value).map(Item::Envelope).map_err(ItemFault::Envelope));
        }
        if SigstoreBundle::is_bundle(value) {
            let read = SigstoreBundle::from_value(value).map_err(ItemFault::Sigstore);
            return self.push(place, read.map(|it| Item::Sigstore(Box::new(it))));
        }
        let list = |(list, part)| Some((list, part, value.pointer(list)?.as_array()?));
        let Some((list, part, entries)) = LISTS.into_iter().find_map(list) else {
            return self.note(place.clone(), ItemFault::Unknown);
        };
        for (index, entry) in entries.iter().enumerate() {
            // What an entry holds, else the entry itself: PyPI lists attestations without a frame.
            let (part, held) = entry.pointer(part).map_or(("", entry), |held| (part, held));
            self.take(&place.within(&format!("{list}/{index}{part}")), held);
        }
    }

    fn push(&mut self, place: &Place, item: Result<Item, ItemFault>) {
        match item {
            Ok(_) if self.items.len() >= MAX_ITEMS => {
                self.note(place.clone(), ItemFault::TooMany { limit: MAX_ITEMS });
            }
            Ok(item) => self.items.push((place.clone(), item)),
            Err(fault) => self.note(place.clone(), fault),
        }
    }

    fn note(&mut self, place: Place, fault: ItemFault) {
        self.skipped += 1;
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { place, fault });
        }
    }
}
