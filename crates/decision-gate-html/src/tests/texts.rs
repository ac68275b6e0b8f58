//! Texts from elsewhere.

use crate::shown::{Part, Shown};

#[test]
fn a_line_is_one_line_and_what_is_between_backticks_is_code() {
    assert_eq!(Shown::line("a\nb\t\u{7f}").to_string(), r"a\nb\t\u{7f}");
    assert_eq!(Shown::block("a\nb").to_string(), "a\nb");
    let code = |code, text| Part { code, text };
    assert_eq!(
        Shown::line("make `x` be `1`").parts(),
        [code(false, "make "), code(true, "x"), code(false, " be "), code(true, "1")]
    );
    assert_eq!(Shown::line("a ` alone").parts(), [code(false, "a ` alone")]);
    assert_eq!(Shown::line("``").parts(), []);
}

#[test]
fn a_cut_says_how_much_there_was() {
    let cut = Shown::line("ä".repeat(500)).to_string();
    assert!(cut.ends_with("… (cut: 500 characters in all)"), "{cut}");
    assert_eq!(Shown::whole("ä".repeat(500)).to_string(), "ä".repeat(500));
}
