//! The nearest valid word to one that is not valid.

/// How alike two words must be for one to be suggested for the other.
const ALIKE: f64 = 0.7;

/// Keys of the public Decision Gate project that have another name here, by key path.
const RENAMED: [(&str, &str); 9] = [
    ("run_state_store", "store"),
    ("server.limits", "limits"),
    ("server.max_body_bytes", "limits.max_request_bytes"),
    ("server.tools.allowlist", "server.tools.allow"),
    ("server.tools.denylist", "server.tools.deny"),
    ("trust.min_lane", "trust.trust_requirement"),
    ("namespace.default_tenants", "tenants"),
    ("runpack_storage", "runpacks"),
    ("dev.permissive", "trust.trust_requirement"),
];

/// The word of `allowed` that is most like `word`, if any is alike enough.
pub(crate) fn nearest<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = word.to_lowercase();
    allowed
        .into_iter()
        .map(|candidate| (likeness(&lower, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// Where the setting that was meant stands, if it is known under another name or in another section.
pub(crate) fn elsewhere<'a>(path: &str, key: &str, all: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if let Some((_, here)) = RENAMED.iter().find(|(there, _)| *there == path) {
        return Some((*here).to_owned());
    }
    let mut same = all.into_iter().filter(|known| known.rsplit('.').next() == Some(key));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only.to_owned()),
        _ => None,
    }
}

/// Between 0 and 1. The edit distance finds typos, the common prefix finds cut or lengthened words.
fn likeness(word: &str, candidate: &str) -> f64 {
    let candidate = candidate.to_lowercase();
    strsim::normalized_damerau_levenshtein(word, &candidate).max(prefix_likeness(word, &candidate))
}

fn prefix_likeness(word: &str, candidate: &str) -> f64 {
    let shorter = word.len().min(candidate.len());
    if shorter >= 4 && (candidate.starts_with(word) || word.starts_with(candidate)) { 0.75 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_cut_words_are_found_and_strangers_are_not() {
        let keys = ["max_in_flight", "max_request_bytes", "drain_ms"];
        for (word, near) in [
            ("max_inflight", Some("max_in_flight")),
            ("Max_In_Flight", Some("max_in_flight")),
            ("drain", Some("drain_ms")),
            ("transport", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, keys).as_deref(), near, "{word}");
        }
    }

    #[test]
    fn a_key_of_another_section_is_found_only_if_it_is_the_only_one() {
        let all = ["store.path", "runpacks.root", "limits.drain_ms"];
        assert_eq!(elsewhere("drain_ms", "drain_ms", all).as_deref(), Some("limits.drain_ms"));
        assert_eq!(elsewhere("trust.min_lane", "min_lane", all).as_deref(), Some("trust.trust_requirement"));
        assert_eq!(elsewhere("nothing", "nothing", all), None);
    }
}
