//! Ranks passages by a query with BM25, and picks the lines that show why.
//!
//! BM25 weighs a word by how few passages have it, and lets it count less the more often it comes and the longer the
//! passage is. What stands in a title, or at the head of a row of a table, counts as if it stood there several times. Names
//! such as `trust_lane` are found whole and in their parts; asked for whole, their parts count only where nothing has them
//! whole.

use super::{Page, pages, passage};
use passage::{Passage, passages};

/// The most words of a query that are looked for.
const MAX_TERMS: usize = 16;
/// How often a word of a title counts.
const TITLE: f64 = 4.0;
/// How soon repetition stops to count.
const K1: f64 = 1.2;
/// How much length counts.
const B: f64 = 0.75;
/// The most bytes of an excerpt.
const EXCERPT: usize = 560;

/// Words that are in every passage and say nothing.
const COMMON: &[&str] = &[
    "a", "an", "and", "are", "be", "can", "do", "does", "for", "from", "how", "i", "if", "in", "is", "it", "my", "of",
    "on", "or", "the", "to", "what", "when", "which", "why", "with",
];

/// A passage that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    /// Title of the page, and the heading.
    pub(crate) title: String,
    /// Path of the page.
    pub(crate) path: &'static str,
    /// Anchor of the heading; empty above the first one.
    pub(crate) anchor: String,
    /// The lines that fit best.
    pub(crate) excerpt: String,
}

/// The best passage of each section that has a word of `query`, best first.
pub(crate) fn search(query: &str) -> Vec<Hit> {
    search_in(pages(), query)
}

pub(super) fn search_in(pages: &'static [Page], query: &str) -> Vec<Hit> {
    let query = query.to_lowercase();
    let passages: Vec<Passage> = pages.iter().flat_map(passages).collect();
    let found = ranked(&passages, &terms(names(&query)));
    if found.is_empty() { ranked(&passages, &terms(words(&query))) } else { found }
}

fn ranked(passages: &[Passage], terms: &[String]) -> Vec<Hit> {
    let counted: Vec<Counted> = passages.iter().map(|passage| Counted::of(*passage, terms)).collect();
    let scorer = Scorer::over(&counted, terms.len());
    let mut scored: Vec<(f64, &Counted)> =
        counted.iter().map(|it| (scorer.score(it), it)).filter(|(score, _)| *score > 0.0).collect();
    // Equal ones stay in the order of the pages.
    scored.sort_by(|left, right| right.0.total_cmp(&left.0));
    let mut seen = std::collections::BTreeSet::new();
    scored.retain(|(_, it)| seen.insert((it.passage.page.path, it.passage.heading)));
    scored.into_iter().map(|(_, it)| hit(it.passage, terms)).collect()
}

/// The words to look for, each once.
fn terms<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for word in words.map(stem) {
        if !terms.iter().any(|term| term == word) && terms.len() < MAX_TERMS {
            terms.push(word.to_owned());
        }
    }
    let telling = |word: &String| !COMMON.contains(&word.as_str());
    if terms.iter().any(telling) {
        terms.retain(telling);
    }
    terms
}

/// A passage with how often it has each word.
struct Counted {
    passage: Passage,
    counts: Vec<f64>,
    length: f64,
}

impl Counted {
    fn of(passage: Passage, terms: &[String]) -> Self {
        let mut counted = Self { passage, counts: vec![0.0; terms.len()], length: 0.0 };
        for line in passage.text.lines() {
            let (head, rest) = row(line);
            counted.add(head, TITLE, terms);
            counted.add(rest, 1.0, terms);
        }
        counted.add(passage.heading, TITLE, terms);
        counted.add(passage.title, TITLE / 2.0, terms);
        counted
    }

    fn add(&mut self, text: &str, weight: f64, terms: &[String]) {
        for word in words(text) {
            self.length += 1.0;
            let found = terms.iter().position(|term| term.eq_ignore_ascii_case(stem(word)));
            if let Some(count) = found.and_then(|at| self.counts.get_mut(at)) {
                *count += weight;
            }
        }
    }
}

/// What is the same for all passages.
struct Scorer {
    /// How much each word tells.
    weights: Vec<f64>,
    average: f64,
}

impl Scorer {
    fn over(all: &[Counted], terms: usize) -> Self {
        let total = all.len();
        let weight = |term: usize| {
            let having = all.iter().filter(|it| it.counts.get(term).is_some_and(|count| *count > 0.0)).count();
            rarity(total, having)
        };
        let average = all.iter().map(|it| it.length).sum::<f64>() / count(total).max(1.0);
        Self { weights: (0..terms).map(weight).collect(), average: average.max(1.0) }
    }

    fn score(&self, passage: &Counted) -> f64 {
        let norm = K1 * (1.0 - B + B * passage.length / self.average);
        let one = |(count, weight): (&f64, &f64)| weight * count * (K1 + 1.0) / (count + norm);
        passage.counts.iter().zip(&self.weights).map(one).sum()
    }
}

/// How much a word tells that `having` of `total` passages have: the logarithm of how rare it is, to the base 2.
///
/// A straight line between the powers of two is near enough, and asks nothing of the C library of mathematics, which every
/// start would load for it.
fn rarity(total: usize, having: usize) -> f64 {
    const SCALE: usize = 1 << 10;
    let odds = (2 * total.saturating_sub(having) + 1).saturating_mul(SCALE) / (2 * having + 1);
    let ratio = odds.saturating_add(SCALE);
    let power = ratio.ilog2();
    f64::from(power - SCALE.ilog2()) + count(ratio) / count(1 << power) - 1.0
}

fn count(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn hit(passage: Passage, terms: &[String]) -> Hit {
    let title = match (passage.title, passage.heading) {
        (page, heading) if heading.is_empty() || heading == page => page.to_owned(),
        (page, heading) => format!("{page} › {heading}"),
    };
    let anchor = passage::anchor(passage.heading);
    Hit { title, path: passage.page.path, anchor, excerpt: excerpt(passage.text, terms) }
}

/// The line with most of the words, and what follows as far as there is room.
fn excerpt(text: &str, terms: &[String]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let has = |line: &str, term: &String| words(line).any(|word| term.eq_ignore_ascii_case(stem(word)));
    let score = |line: &str| terms.iter().filter(|term| has(line, term)).count();
    let best = lines.iter().enumerate().max_by_key(|(at, line)| (score(line), std::cmp::Reverse(*at)));
    let mut from = best.map_or(0, |(at, _)| at);
    let room = |lines: &[&str]| lines.iter().map(|line| line.len() + 1).sum::<usize>() <= EXCERPT;
    // A little of what leads to it, where there is room for all of it.
    while from > 0 && lines.get(from - 1..).is_some_and(room) {
        from -= 1;
    }
    let mut shown = String::new();
    for line in lines.into_iter().skip(from).skip_while(|line| line.trim().is_empty()) {
        if shown.len() + line.len() > EXCERPT {
            let left = EXCERPT.saturating_sub(shown.len());
            shown.push_str(line.get(..line.floor_char_boundary(left)).unwrap_or_default());
            shown.push('…');
            break;
        }
        shown.push_str(line);
        shown.push('\n');
    }
    shown.trim_end().to_owned()
}

/// The first cell of a row of a table, and what follows it; a line of text has no head.
fn row(line: &str) -> (&str, &str) {
    line.strip_prefix('|').and_then(|cells| cells.split_once('|')).unwrap_or(("", line))
}

/// The words of a text, with names such as `trust_lane` whole.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_alphanumeric() && it != '_').filter(|word| !word.is_empty())
}

/// The same, and the parts of such names too.
fn words(text: &str) -> impl Iterator<Item = &str> {
    names(text).flat_map(|word| {
        let parts = word.split('_').filter(|part| !part.is_empty() && part.len() < word.len());
        std::iter::once(word).chain(parts)
    })
}

/// A word without the ending of a plural.
fn stem(word: &str) -> &str {
    match word.strip_suffix(['s', 'S']) {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'i', 'u']) => stem,
        Some(_) | None => word,
    }
}
