//! Makes texts fit a terminal: long lines go on below themselves, indented to where their text began.

/// No terminal is so narrow that a word would stand on each line.
const NARROWEST: usize = 40;

/// A text whose lines are at most `width` wide where they have a space to break at. What has none, such as a path or a digest,
/// stays whole, so that it can be copied.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut fitted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if visible(line.trim_end()) <= width { fitted.push_str(line) } else { wrap(line, width, &mut fitted) }
    }
    fitted
}

fn wrap(line: &str, width: usize, fitted: &mut String) {
    let indent = indent(line).min(width / 2);
    let mut at = 0;
    let mut first = true;
    for word in line.trim_end().split_inclusive(' ') {
        let length = visible(word.trim_end());
        if !first && at + length > width {
            // The space that was before the break is of no use there.
            let kept = fitted.trim_end_matches(' ').len();
            fitted.truncate(kept);
            fitted.push('\n');
            fitted.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        }
        // Blanks at the beginning are part of the line's own indent.
        first &= word.trim().is_empty();
        fitted.push_str(word);
        at += visible(word);
    }
    if line.ends_with('\n') {
        fitted.push('\n');
    }
}

/// Where what follows goes on: below the text after a label, a list's mark or the blanks in front.
fn indent(line: &str) -> usize {
    let plain = plain(line);
    let blanks = plain.len() - plain.trim_start().len();
    let text = plain.trim_start();
    if text.starts_with("- ") {
        return blanks + 2;
    }
    // A label is followed by two blanks or more, or fills its column.
    match text.find("  ").filter(|at| *at <= 24) {
        Some(at) => blanks + at + text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len()),
        None => blanks + 2,
    }
}

fn visible(text: &str) -> usize {
    plain(text).chars().count()
}

/// The text without what colours it.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // All of ours are `ESC [ … m`.
            letters.by_ref().find(|it| *it == 'm');
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_where_their_text_began() {
        let text = "short\n  - `no_test_failed`: make report tests.failed file=reports/junit.xml satisfy `equals 0`, then ask again\n\
                    \u{1b}[2mconfig  \u{1b}[0m one two three four five six seven eight nine ten eleven twelve\n";
        insta::assert_snapshot!(fit(text, 44).replace('\u{1b}', "ESC"), @r"
        short
          - `no_test_failed`: make report
            tests.failed file=reports/junit.xml
            satisfy `equals 0`, then ask again
        ESC[2mconfig  ESC[0m one two three four five six seven
                 eight nine ten eleven twelve
        ");
    }

    #[test]
    fn what_has_no_blank_stays_whole_and_what_fits_is_the_same() {
        let path = format!("ledger   /{}\n", "very/long/".repeat(9));
        assert_eq!(fit(&path, 60).replace("\n         ", " ").split_whitespace().count(), 2);
        for text in ["", "\n", "a b c", "  x\n\n  y\n"] {
            assert_eq!(fit(text, 80), text);
        }
    }

    proptest::proptest! {
        /// Only blanks and line ends are changed, and no line that could be broken is too long.
        #[test]
        fn every_word_stays(text in "[a-z]{0,12}( {1,3}[a-zé\u{1F600}-]{1,20}){0,30}\n?", width in 40_usize..120) {
            let fitted = fit(&text, width);
            proptest::prop_assert_eq!(
                fitted.split_whitespace().collect::<Vec<_>>(),
                text.split_whitespace().collect::<Vec<_>>()
            );
            proptest::prop_assert!(fitted.lines().all(|line| visible(line) <= width), "{}", fitted);
        }
    }
}
