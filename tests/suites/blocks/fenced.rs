//! The blocks of code of a page, each with its place and its kind. A block that is not fenced, has no kind, or a kind
//! that nobody knows, is a fault with its file and line: nothing that a page shows is passed over.

use std::fmt;
use std::path::Path;

use decision_gate_tests::project_root;

use crate::kind::Kind;

/// One fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// The page, from the project's root.
    pub(crate) page: String,
    /// The line of its opening fence, from 1.
    pub(crate) line: usize,
    /// The first word after the fence.
    pub(crate) language: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.page, self.line)
    }
}

impl Block {
    /// Whether it is a configuration, or a part of one.
    pub(crate) fn is_config(&self) -> bool {
        matches!(self.kind, Kind::Read(reader) if reader.word == "config")
    }

    /// The file that a block says it is, in a comment on its first line: `# gate.toml`.
    pub(crate) fn file_name(&self) -> Option<&str> {
        let name = self.text.strip_prefix("# ")?.lines().next()?;
        let plain = |it: char| it.is_ascii_alphanumeric() || "._-/".contains(it);
        (Path::new(name).extension().is_some() && name.chars().all(plain)).then_some(name)
    }
}

/// Every block of a page, or what is wrong with one.
pub(crate) fn of_page(page: &str) -> Result<Vec<Block>, String> {
    let text = std::fs::read_to_string(project_root().join(page)).map_err(|it| format!("{page}: {it}"))?;
    of_text(page, &text)
}

/// The same of a text.
pub(crate) fn of_text(page: &str, text: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let (mut blank, mut in_list) = (true, false);
    for (index, line) in text.lines().enumerate() {
        let (fence, at) = (line.trim_start(), format!("{page}:{}", index + 1));
        if let Some(mut block) = open.take() {
            if fence.trim_end() == "```" {
                blocks.push(block);
            } else {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            blank = false;
            continue;
        }
        if let Some(info) = fence.strip_prefix("```") {
            let language = info.split(' ').next().unwrap_or_default().to_owned();
            let kind = Kind::named(info).ok_or_else(|| {
                format!("{at}: a block says what it is after its fence: `{info}` is none of {}", Kind::known())
            })?;
            open = Some(Block { page: page.to_owned(), line: index + 1, language, kind, text: String::new() });
        } else if fence.starts_with("~~~") || (blank && !in_list && line.starts_with("    ")) {
            return Err(format!("{at}: a block stands between ``` fences"));
        }
        in_list = match line.trim_start().split_once(' ') {
            Some((mark, _)) if ["*", "-"].contains(&mark) || mark.trim_end_matches('.').parse::<u8>().is_ok() => true,
            _ => in_list && (line.is_empty() || line.starts_with(' ')),
        };
        blank = line.trim().is_empty();
    }
    match open {
        Some(block) => Err(format!("{block}: the block has no end")),
        None => Ok(blocks),
    }
}

/// Folders that hold what others wrote, or what was built.
const FOREIGN: [&str; 4] = ["target", "node_modules", "venv", ".git"];

/// Every Markdown page of the project that people read, by its path from the root, in order.
pub(crate) fn pages() -> Vec<String> {
    let (root, mut found) = (project_root(), Vec::new());
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            // Links may lead out of the project.
            let file_type = entry.file_type().unwrap();
            if file_type.is_dir() && !FOREIGN.contains(&name.as_str()) {
                open.push(path);
            } else if file_type.is_file() && path.extension().is_some_and(|it| it == "md") {
                found.push(path.strip_prefix(&root).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}
