//! Words of the caller in our messages: the one that was probably meant, and no more of one than is needed.

/// The nearest of `words`, if one is near enough to be a slip.
pub(crate) fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.8;
    // The comparison is quadratic, and no name of ours is long.
    let written = cut(written);
    let scored = words.into_iter().map(|word| (strsim::jaro_winkler(&written, word), word));
    scored.filter(|(score, _)| *score >= NEAR).max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, word)| word)
}

/// As much of `text` as tells it apart: a caller's megabyte is not sent back.
pub(crate) fn cut(text: &str) -> String {
    const SHOWN: usize = 200;
    if text.chars().nth(SHOWN).is_none() {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}
