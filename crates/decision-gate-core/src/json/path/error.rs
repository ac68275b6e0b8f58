//! Why a JSONPath expression, or a question with it, is refused.
//!
//! Each bound has its own code: an author must be able to tell a selector that is wrong from one that is too much.

use thiserror::Error;

/// What is wrong with an expression, or too much in it, whatever the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathFault {
    /// Not RFC 9535.
    #[error("the jsonpath is not rfc 9535")]
    Syntax,
    /// A function that RFC 9535 doesn't define.
    #[error("rfc 9535 has no such function")]
    UnknownFunction,
    /// A function that can't stand where it stands, or take what it is given.
    #[error("the types of rfc 9535 forbid what stands")]
    IllTyped,
    /// A pattern that is not RFC 9485, or that the engine would read otherwise.
    #[error("the pattern is not a regular expression of rfc 9485")]
    PatternInvalid,
    /// A number that RFC 8785 can't carry exactly.
    #[error("a double can't hold the number exactly")]
    LiteralOutOfRange,
    /// Bytes.
    #[error("the jsonpath has more than `512` bytes, one too many")]
    TooLong,
    /// Brackets and parentheses within one another.
    #[error("the jsonpath nests deeper than `32` levels")]
    TooDeep,
    /// Descendant segments.
    #[error("the jsonpath has more than `2` descendant segments, one too many")]
    TooManyDescendants,
    /// Filters within one another: the library's time to parse doubles with each.
    #[error("filters nest deeper than `4` levels")]
    FilterTooDeep,
    /// `..` within a filter.
    #[error("the filter has a descendant segment")]
    DescendantInFilter,
    /// `$` within a filter.
    #[error("the filter asks the whole document")]
    RootInFilter,
    /// An index from the end within a filter: the library never finds one that is compared.
    #[error("the filter counts an index from the end")]
    NegativeIndexInFilter,
    /// White space before `..`, or a surrogate in lower case: the library reads neither.
    #[error("the jsonpath is spelled in a way that is not read")]
    Spelling,
    /// A pattern from the document.
    #[error("the pattern is not a literal")]
    PatternNotLiteral,
    /// Bytes of a pattern.
    #[error("the pattern has more than `128` bytes")]
    PatternTooLong,
    /// Counted repeats in a pattern, those within one another multiplied.
    #[error("the pattern repeats more than `256` times")]
    PatternRepeat,
    /// What a pattern takes to compile: the library does so for every string.
    #[error("the pattern takes too long to compile")]
    PatternTooComplex,
}

/// Why a path, or a question with it, is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JsonPathError {
    /// The expression.
    #[error("{fault} at byte `{offset}`")]
    Refused {
        /// What is wrong with it.
        fault: PathFault,
        /// Bytes before the place.
        offset: usize,
    },
    /// A filter may compare a number of the document that RFC 8785 can't carry exactly.
    #[error("the jsonpath rests on the number `{text}` of `{pointer}`, which a double can't hold exactly")]
    NumberOutOfRange {
        /// JSON Pointer of the number; empty if the document has too many to tell.
        pointer: String,
        /// How it is written.
        text: String,
    },
    /// A document that nests deeper than the limit where the path looks.
    #[error("the document nests deeper than `{limit}` levels where the jsonpath looks")]
    DocumentTooDeep {
        /// Most levels taken.
        limit: usize,
    },
    /// More nodes selected than the limit.
    #[error("the jsonpath selects more than `{limit}` nodes")]
    TooManyNodes {
        /// Most nodes taken.
        limit: usize,
    },
    /// More steps than the limit, by an estimate that is never too low.
    #[error("the jsonpath may need more than `{limit}` steps on this document")]
    TooMuchWork {
        /// Most steps taken.
        limit: usize,
    },
}

impl PathFault {
    fn code(self) -> &'static str {
        match self {
            Self::Syntax => "jsonpath_syntax",
            Self::UnknownFunction => "jsonpath_unknown_function",
            Self::IllTyped => "jsonpath_ill_typed",
            Self::PatternInvalid => "jsonpath_pattern_invalid",
            Self::LiteralOutOfRange => "number_out_of_range",
            Self::TooLong => "jsonpath_too_long",
            Self::TooDeep => "jsonpath_too_deep",
            Self::TooManyDescendants => "jsonpath_too_many_descendants",
            Self::FilterTooDeep => "jsonpath_filter_too_deep",
            Self::DescendantInFilter => "jsonpath_descendant_in_filter",
            Self::RootInFilter => "jsonpath_root_in_filter",
            Self::NegativeIndexInFilter => "jsonpath_negative_index_in_filter",
            Self::Spelling => "jsonpath_spelling",
            Self::PatternNotLiteral => "jsonpath_pattern_not_literal",
            Self::PatternTooLong => "jsonpath_pattern_too_long",
            Self::PatternRepeat => "jsonpath_pattern_repeat",
            Self::PatternTooComplex => "jsonpath_pattern_too_complex",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Syntax => "write the jsonpath as rfc 9535 defines it",
            Self::UnknownFunction => "use `length`, `count`, `match`, `search` or `value`",
            Self::IllTyped => "compare only single values, and test only queries, `match` and `search`",
            Self::PatternInvalid => "write the pattern as an rfc 9485 regular expression",
            Self::LiteralOutOfRange => "write the number with at most 15 significant digits, or as a string",
            Self::TooLong | Self::TooDeep | Self::FilterTooDeep => "ask a simpler question",
            Self::TooManyDescendants | Self::DescendantInFilter => "write out the way to the node in place of `..`",
            Self::RootInFilter => "compare with a literal, or with the tested node (`@`)",
            Self::NegativeIndexInFilter => "count from the start, or write `value(@[-1:])` for `@[-1]`",
            Self::Spelling => "leave out the space before `..`, and write characters themselves, not their halves",
            Self::PatternNotLiteral => "write the pattern into the jsonpath",
            Self::PatternTooLong | Self::PatternRepeat | Self::PatternTooComplex => {
                "shorten the pattern, and repeat with `*` or `+` in place of large counts"
            }
        }
    }
}

impl JsonPathError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { fault, .. } => fault.code(),
            Self::NumberOutOfRange { .. } => "number_out_of_range",
            Self::DocumentTooDeep { .. } => "jsonpath_document_too_deep",
            Self::TooManyNodes { .. } => "jsonpath_too_many_nodes",
            Self::TooMuchWork { .. } => "jsonpath_too_much_work",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused { fault, .. } => fault.hint(),
            Self::NumberOutOfRange { .. } => PathFault::LiteralOutOfRange.hint(),
            Self::DocumentTooDeep { .. } => "flatten the document",
            Self::TooManyNodes { .. } | Self::TooMuchWork { .. } => {
                "select fewer nodes, for example by `[0]` or by names"
            }
        }
    }
}

impl From<serde_json_path::ParseError> for JsonPathError {
    fn from(error: serde_json_path::ParseError) -> Self {
        // The library tells faults of type from faults of grammar by their words alone.
        let is_type = error.message().contains("function");
        Self::Refused { fault: if is_type { PathFault::IllTyped } else { PathFault::Syntax }, offset: error.position() }
    }
}
