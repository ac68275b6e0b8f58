//! The clients that are known, where each keeps its servers, and under which key.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// A program that starts MCP servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// Anthropic's Claude Code.
    ClaudeCode,
    /// Anthropic's Claude Desktop.
    ClaudeDesktop,
    /// Visual Studio Code.
    Vscode,
    /// Cursor.
    Cursor,
    /// Zed.
    Zed,
    /// OpenAI's Codex.
    Codex,
    /// Google's Gemini CLI.
    Gemini,
}

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The project's: whoever works on it has it.
    Project,
    /// The user's: it counts in every project.
    User,
}

/// How a client's file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON, which may have comments.
    Json {
        /// The key that has the servers.
        key: &'static str,
        /// Whether an entry says that it is spoken to over its standard streams.
        typed: bool,
    },
    /// TOML.
    Toml {
        /// The table that has the servers.
        key: &'static str,
    },
}

/// Where a user's files are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Home {
    home: Option<PathBuf>,
    config: Option<PathBuf>,
}

impl Home {
    /// That of the process.
    pub(crate) fn of_process() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|it: &OsString| !it.is_empty()).map(PathBuf::from);
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let config = match std::env::consts::OS {
            "macos" => home.as_ref().map(|home| home.join("Library").join("Application Support")),
            "windows" => variable("APPDATA"),
            _ => variable("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config"))),
        };
        Self { home, config }
    }
}

impl Client {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::ClaudeCode, Self::ClaudeDesktop, Self::Vscode, Self::Cursor, Self::Zed, Self::Codex, Self::Gemini];

    /// Its word on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Vscode => "vscode",
            Self::Cursor => "cursor",
            Self::Zed => "zed",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
        }
    }

    /// How its file is written.
    pub(crate) fn form(self) -> Form {
        match self {
            Self::ClaudeCode => Form::Json { key: "mcpServers", typed: true },
            Self::ClaudeDesktop | Self::Cursor | Self::Gemini => Form::Json { key: "mcpServers", typed: false },
            Self::Vscode => Form::Json { key: "servers", typed: true },
            Self::Zed => Form::Json { key: "context_servers", typed: false },
            Self::Codex => Form::Toml { key: "mcp_servers" },
        }
    }

    /// The place that it is written to unless somebody says otherwise: the project's where there is one.
    pub(crate) fn usual_place(self) -> Place {
        if self.project_file().is_some() { Place::Project } else { Place::User }
    }

    /// Its file there; nothing where it has none, or nobody knows the user's folders.
    pub(crate) fn file(self, place: Place, project: &Path, home: &Home) -> Option<PathBuf> {
        match place {
            Place::Project => self.project_file().map(|file| project.join(file)),
            Place::User => self.user_file(home),
        }
    }

    fn project_file(self) -> Option<&'static str> {
        match self {
            Self::ClaudeCode => Some(".mcp.json"),
            Self::Vscode => Some(".vscode/mcp.json"),
            Self::Cursor => Some(".cursor/mcp.json"),
            Self::Zed => Some(".zed/settings.json"),
            Self::Gemini => Some(".gemini/settings.json"),
            Self::ClaudeDesktop | Self::Codex => None,
        }
    }

    fn user_file(self, home: &Home) -> Option<PathBuf> {
        let under_home = |path: &str| Some(home.home.as_ref()?.join(path));
        let under_config = |path: &str| Some(home.config.as_ref()?.join(path));
        match self {
            Self::ClaudeCode => under_home(".claude.json"),
            Self::ClaudeDesktop => under_config("Claude/claude_desktop_config.json"),
            Self::Vscode => under_config("Code/User/mcp.json"),
            Self::Cursor => under_home(".cursor/mcp.json"),
            // On a Mac too, it keeps to the folder of other systems.
            Self::Zed if std::env::consts::OS == "macos" => under_home(".config/zed/settings.json"),
            Self::Zed => under_config("zed/settings.json"),
            Self::Codex => match std::env::var_os("CODEX_HOME").filter(|it| !it.is_empty()) {
                Some(folder) => Some(PathBuf::from(folder).join("config.toml")),
                None => under_home(".codex/config.toml"),
            },
            Self::Gemini => under_home(".gemini/settings.json"),
        }
    }
}
