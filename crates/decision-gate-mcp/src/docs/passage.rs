//! Cuts a page into passages: a heading with what stands under it, in pieces of about a screen.

use super::Page;

/// A passage ends at the first line end after so many bytes where it may end.
const ENOUGH: usize = 900;

/// A piece of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// Of which page.
    pub(super) page: &'static Page,
    /// The page's title.
    pub(super) title: &'static str,
    /// The heading above it; empty above the first.
    pub(super) heading: &'static str,
    /// Its lines.
    pub(super) text: &'static str,
}

/// The passages of a page, in order.
pub(super) fn passages(page: &'static Page) -> Vec<Passage> {
    let mut found = Vec::new();
    let sections = sections(page.text);
    let title = title_of(page, &sections);
    for Section { heading, text } in sections {
        let (mut rest, mut taken, mut fenced) = (text, 0, false);
        for line in text.split_inclusive('\n') {
            taken += line.len();
            fenced ^= is_fence(line);
            let may_end = !fenced && (line.trim().is_empty() || line.starts_with('|') || line.starts_with('*'));
            if taken >= ENOUGH && may_end {
                let (piece, after) = rest.split_at_checked(taken).unwrap_or((rest, ""));
                found.push(Passage { page, title, heading, text: piece });
                (rest, taken) = (after, 0);
            }
        }
        if !rest.trim().is_empty() {
            found.push(Passage { page, title, heading, text: rest });
        }
    }
    found
}

/// The title of a page: its first heading.
pub(crate) fn title(page: &Page) -> &'static str {
    title_of(page, &sections(page.text))
}

fn title_of(page: &Page, sections: &[Section]) -> &'static str {
    let found = sections.iter().map(|section| section.heading).find(|heading| !heading.is_empty());
    found.unwrap_or(page.path)
}

/// The section of a page whose heading has this anchor, as far as the next heading of its level or above.
pub(crate) fn section(page: &Page, wanted: &str) -> Option<String> {
    let mut found: Option<(usize, String)> = None;
    let mut fenced = false;
    for line in page.text.split_inclusive('\n') {
        fenced ^= is_fence(line);
        let heading = heading(line).filter(|_| !fenced);
        match (&mut found, heading) {
            (Some((level, _)), Some((this, _))) if this <= *level => break,
            (Some((_, text)), _) => text.push_str(line),
            (None, Some((level, text))) if anchor(text) == wanted => found = Some((level, line.to_owned())),
            (None, _) => {}
        }
    }
    found.map(|(_, text)| text)
}

/// The anchor that a heading has on the usual sites.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it }).flat_map(char::to_lowercase).collect()
}

/// What stands between one heading and the next.
struct Section {
    heading: &'static str,
    text: &'static str,
}

fn sections(text: &'static str) -> Vec<Section> {
    let mut found = vec![Section { heading: "", text: "" }];
    let (mut fenced, mut from, mut at) = (false, 0, 0);
    let close = |found: &mut Vec<Section>, from: usize, to: usize| {
        if let (Some(last), Some(text)) = (found.last_mut(), text.get(from..to)) {
            last.text = text;
        }
    };
    for line in text.split_inclusive('\n') {
        fenced ^= is_fence(line);
        if let Some((_, heading)) = heading(line).filter(|_| !fenced) {
            close(&mut found, from, at);
            found.push(Section { heading, text: "" });
            from = at + line.len();
        }
        at += line.len();
    }
    close(&mut found, from, at);
    found
}

/// Level and text of a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let text = line.get(level..)?.strip_prefix(' ')?;
    (1..=6).contains(&level).then(|| (level, text.trim()))
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}
