//! Why a provider can't be built from its settings. What goes wrong later is a fault of one answer.

use std::path::PathBuf;

use thiserror::Error;

/// Why a provider can't be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BuildError {
    /// The contract that this build carries does not read.
    #[error("a built-in provider contract does not read: {reason}")]
    Contract {
        /// What the reader said.
        reason: String,
    },
    /// A limit of nothing.
    #[error("`{key}` must be at least 1")]
    LimitZero {
        /// Which setting.
        key: &'static str,
    },
    /// Not the name of a variable.
    #[error("`{name}` is not the name of an environment variable")]
    VariableName {
        /// The text, cut to a bounded length.
        name: String,
    },
    /// A name that could never be asked for.
    #[error("the variable `{name}` has `{length}` bytes, `max_key_bytes` is `{limit}`")]
    VariableTooLong {
        /// The name, cut to a bounded length.
        name: String,
        /// Its bytes.
        length: usize,
        /// Most bytes asked for.
        limit: usize,
    },
    /// No folder at all.
    #[error("no root is named, so there is nothing to read")]
    NoRoots,
    /// Not the id of a root.
    #[error("`{text}` is not the id of a root")]
    RootId {
        /// The text, cut to a bounded length.
        text: String,
    },
    /// Two folders of one id.
    #[error("the root `{root_id}` is named twice")]
    RootRepeated {
        /// The id.
        root_id: String,
    },
    /// Not a place that a question could name.
    #[error("`sources.{kind}` is no place of reports: {reason}")]
    ReportSource {
        /// Of which kind of report.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// No host at all.
    #[error("no host is named, so there is nothing to ask")]
    NoHosts,
    /// Not a host.
    #[error("`{text}` is not a host")]
    HostName {
        /// The text, cut to a bounded length.
        text: String,
    },
    /// Two entries for one host and port.
    #[error("the host `{host}` is named twice")]
    HostRepeated {
        /// The host, cut to a bounded length.
        host: String,
    },
    /// Not an address that can be asked.
    #[error("the address can't be asked: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// Not the name of a header that may be set.
    #[error("`{name}` is not a header that may be set")]
    HeaderName {
        /// The text, cut to a bounded length.
        name: String,
    },
    /// What no client could call itself.
    #[error("the user agent is empty or has other than printable ascii in it")]
    UserAgent,
    /// Nobody whose certificates would be trusted.
    #[error("the public authorities are turned off and no `ca_file` is named")]
    NoAuthorities,
    /// The authorities can't be read.
    #[error("the authorities in `{}` can't be used: {reason}", path.display())]
    CaFile {
        /// Where they are.
        path: PathBuf,
        /// A word for what is wrong.
        reason: &'static str,
    },
    /// TLS can't be set up.
    #[error("tls can't be set up: {reason}")]
    Tls {
        /// What the library said.
        reason: String,
    },
    /// A provider that this build leaves out.
    #[error("this build has no provider `{provider}`")]
    NotInThisBuild {
        /// Which one.
        provider: &'static str,
    },
    /// The folder is not there.
    #[error("the folder `{}` of root `{root_id}` does not exist", path.display())]
    RootMissing {
        /// Which root.
        root_id: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// Something else is there.
    #[error("`{}` of root `{root_id}` is not a folder", path.display())]
    RootNotFolder {
        /// Which root.
        root_id: String,
        /// Where it is.
        path: PathBuf,
    },
    /// The folder can't be opened.
    #[error("the folder `{}` of root `{root_id}` can't be opened: {reason}", path.display())]
    RootUnreadable {
        /// Which root.
        root_id: String,
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl BuildError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Contract { .. } => "provider_contract_invalid",
            Self::LimitZero { .. } => "provider_limit_zero",
            Self::VariableName { .. } => "env_variable_name_invalid",
            Self::VariableTooLong { .. } => "env_variable_name_too_long",
            Self::NoRoots => "json_no_roots",
            Self::RootId { .. } => "json_root_id_invalid",
            Self::RootRepeated { .. } => "json_root_repeated",
            Self::ReportSource { .. } => "report_source_invalid",
            Self::NoHosts => "http_no_hosts",
            Self::HostName { .. } => "http_host_invalid",
            Self::HostRepeated { .. } => "http_host_repeated",
            Self::Url { .. } => "http_address_invalid",
            Self::HeaderName { .. } => "http_header_invalid",
            Self::UserAgent => "http_user_agent_invalid",
            Self::NoAuthorities => "http_no_authorities",
            Self::CaFile { .. } => "http_ca_file_invalid",
            Self::Tls { .. } => "http_tls_setup",
            Self::NotInThisBuild { .. } => "provider_not_in_build",
            Self::RootMissing { .. } => "json_root_missing",
            Self::RootNotFolder { .. } => "json_root_not_folder",
            Self::RootUnreadable { .. } => "json_root_unreadable",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Contract { .. } => "this is a defect of the build: report it",
            Self::LimitZero { .. } => "leave the setting out to get its default",
            Self::VariableName { .. } => "write a name that is not empty and has neither `=` nor a zero byte",
            Self::VariableTooLong { .. } => "raise `max_key_bytes`, or take the name out",
            Self::NoRoots => "name a folder under `roots`",
            Self::RootId { .. } => "write 1 to 64 of lowercase letters, digits, `_` and `-`",
            Self::RootRepeated { .. } => "give each root an id of its own",
            Self::ReportSource { .. } => {
                "write a path or a glob from the root on, such as `reports/junit-*.xml`, or a table with `file`, `files` \
                 or `glob`, and with `root` where there are several"
            }
            Self::NoHosts => "name a host under `hosts`",
            Self::HostName { .. } => {
                "write a name or an address, with `:port` if it is not the scheme's own; no pattern, no scheme"
            }
            Self::HostRepeated { .. } => "name each host and port once",
            Self::Url { .. } => {
                "write `https://host/path`; `allow_http` opens plain `http`, over which no secret is sent"
            }
            Self::HeaderName { .. } => "name a header that the gate does not set itself",
            Self::UserAgent => "leave the setting out to get its default",
            Self::NoAuthorities => "name a `ca_file`, or leave `public_roots` out",
            Self::CaFile { .. } => "name a file of at most 4 MiB with the authorities' certificates in pem form",
            Self::Tls { .. } => "this is a defect of the build: report it",
            Self::NotInThisBuild { .. } => {
                "take it out of the configuration, or use a build with the feature of its name"
            }
            Self::RootMissing { .. } => "create the folder, or correct its path",
            Self::RootNotFolder { .. } => "name the folder that the file stands in",
            Self::RootUnreadable { .. } => "let the server's user read and enter the folder",
        }
    }
}

/// A text that goes into a message, cut so that it can't flood it.
pub(crate) fn bounded(text: &str) -> String {
    text.chars().take(80).collect()
}
