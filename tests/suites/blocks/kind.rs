//! What a block of code may be: a small closed set, named after the fence. The first word is the language, for whoever
//! colours it; the second says what the text is, and so who reads it.

use crate::readers::{READERS, Reader};

/// What is done with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `console`: `$ commands`, run in order in the page's folder, with what they say below each.
    Commands,
    /// `console whole`: the same, with all that each command says, in the form that every run has.
    Transcript,
    /// `sql`: statements for the page's database.
    Statements,
    /// `json call`: a JSON-RPC request, sent to a server of the page's folder.
    Call,
    /// `json answer`: what the server answered to the call above it, or a part of that; `…` stands for anything.
    Answer,
    /// `LANGUAGE WORD`: read by whoever reads such a document.
    Read(&'static Reader),
    /// `text`, `mermaid`: nothing that could be run or read.
    Text,
    /// `LANGUAGE outside`: needs what a test can't have; `CONTRIBUTING.md` lists each with the reason.
    Outside,
}

impl Kind {
    /// The kind that stands after a fence; nothing for any other words.
    pub(crate) fn named(info: &str) -> Option<Self> {
        match info.split(' ').collect::<Vec<_>>()[..] {
            ["console"] => Some(Self::Commands),
            ["console", "whole"] => Some(Self::Transcript),
            ["sql"] => Some(Self::Statements),
            ["json", "call"] => Some(Self::Call),
            ["json", "answer"] => Some(Self::Answer),
            ["text" | "mermaid"] => Some(Self::Text),
            ["console", "outside"] => Some(Self::Outside),
            [language, word] => {
                let reader = READERS.iter().find(|it| it.word == word && it.languages.contains(&language))?;
                Some(Self::Read(reader))
            }
            _ => None,
        }
    }

    /// Every name, for whoever wrote another one.
    pub(crate) fn known() -> String {
        let fixed =
            ["console", "console whole", "sql", "json call", "json answer", "text", "mermaid", "console outside"];
        let read =
            READERS.iter().flat_map(|it| it.languages.iter().map(move |language| format!("{language} {}", it.word)));
        fixed.into_iter().map(str::to_owned).chain(read).map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
    }
}
