//! MCP clients: the file and the format in which each keeps the list of its servers.

use std::path::PathBuf;

use clap::ValueEnum;

use super::edit::{self, Entry};
use crate::commands::Failed;

/// An MCP client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Claude Desktop.
    ClaudeDesktop,
    /// Claude Code.
    ClaudeCode,
    /// Visual Studio Code.
    #[value(name = "vscode", alias = "vs-code", alias = "code")]
    VsCode,
    /// Cursor.
    Cursor,
    /// Windsurf, which is called Devin Desktop now.
    #[value(alias = "devin")]
    Windsurf,
    /// Zed.
    Zed,
    /// Codex.
    Codex,
    /// Gemini CLI.
    #[value(name = "gemini-cli", alias = "gemini")]
    GeminiCli,
}

/// Who gets the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// You, in all projects.
    #[default]
    User,
    /// Everyone in the project that is the current folder.
    Project,
}

/// The operating system, which determines where settings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// Linux and similar systems.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Os {
    /// The operating system of this machine.
    pub(super) fn this() -> Self {
        match std::env::consts::OS {
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            _ => Self::Linux,
        }
    }
}

/// Reads a variable of the environment.
type Variable = Box<dyn Fn(&str) -> Option<PathBuf>>;

/// The system, the folders and the variables that determine where settings are.
pub(super) struct Machine {
    pub(super) os: Os,
    pub(super) home: PathBuf,
    /// The project's folder.
    pub(super) project: PathBuf,
    /// The environment.
    pub(super) variable: Variable,
}

impl Machine {
    /// The machine that this program runs on.
    pub(super) fn this() -> Result<Self, Failed> {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        Ok(Self {
            os: Os::this(),
            home: home.ok_or("The home folder is unknown: set HOME.")?,
            project: std::env::current_dir().map_err(|error| error.to_string())?,
            variable: Box::new(|name| {
                let value = std::env::var_os(name).filter(|value| !value.is_empty());
                value.map(PathBuf::from)
            }),
        })
    }

    /// The system's folder for the settings of programs.
    fn settings(&self) -> PathBuf {
        match self.os {
            Os::MacOs => self.home.join("Library/Application Support"),
            Os::Windows => {
                (self.variable)("APPDATA").unwrap_or_else(|| self.home.join("AppData/Roaming"))
            }
            Os::Linux => self.dot_config(),
        }
    }

    /// The settings folder of programs that do not follow the conventions of macOS.
    fn dot_config(&self) -> PathBuf {
        match self.os {
            Os::Windows => self.settings(),
            Os::MacOs => self.home.join(".config"),
            Os::Linux => {
                (self.variable)("XDG_CONFIG_HOME").unwrap_or_else(|| self.home.join(".config"))
            }
        }
    }

    /// Claude Desktop's folder. On Windows, an installation from the Store has its own
    /// `%APPDATA%`. All installations since February 2026 are from the Store.
    ///
    /// <https://github.com/anthropics/claude-code/issues/26073>
    fn claude_desktop(&self) -> PathBuf {
        let usual = self.settings().join("Claude");
        if self.os != Os::Windows {
            return usual;
        }
        let packages = (self.variable)("LOCALAPPDATA")
            .unwrap_or_else(|| self.home.join("AppData/Local"))
            .join("Packages");
        let mut found = std::fs::read_dir(packages)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("Claude_"))
            .map(|entry| entry.path().join("LocalCache/Roaming/Claude"));
        found.next().unwrap_or(usual)
    }
}

impl Client {
    /// The client's name, as its vendor writes it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "Claude Desktop",
            Self::ClaudeCode => "Claude Code",
            Self::VsCode => "VS Code",
            Self::Cursor => "Cursor",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
            Self::Codex => "Codex",
            Self::GeminiCli => "Gemini CLI",
        }
    }

    /// Instructions to make the client read its settings again.
    pub(super) fn then(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => {
                "Quit Claude Desktop and start it again: closing its window is not enough."
            }
            Self::ClaudeCode => "Restart Claude Code; /mcp shows the server.",
            Self::VsCode => "VS Code asks whether you trust the server when it first starts it.",
            Self::Cursor => "Cursor shows the server in Settings, under MCP: enable it there.",
            Self::Windsurf => "Refresh the servers in Windsurf's MCP panel.",
            Self::Zed => "Zed starts the server at once; the agent panel's settings show it.",
            Self::Codex => {
                "Restart Codex; /mcp shows the server. Codex reads a project's file only in trusted projects."
            }
            Self::GeminiCli => "Restart Gemini CLI; /mcp shows the server.",
        }
    }

    /// The file that lists the client's servers.
    pub(super) fn file(self, scope: Scope, machine: &Machine) -> Result<PathBuf, Failed> {
        let home = |path| machine.home.join(path);
        let file = match (self, scope) {
            // https://modelcontextprotocol.io/docs/develop/connect-local-servers
            (Self::ClaudeDesktop, Scope::User) => {
                machine.claude_desktop().join("claude_desktop_config.json")
            }
            (Self::ClaudeDesktop, Scope::Project) => {
                return Err("Claude Desktop has no projects: remove --scope.".into());
            }
            // https://code.claude.com/docs/en/mcp: user scope is the top level of ~/.claude.json
            (Self::ClaudeCode, Scope::User) => (machine.variable)("CLAUDE_CONFIG_DIR")
                .unwrap_or_else(|| machine.home.clone())
                .join(".claude.json"),
            (Self::ClaudeCode, Scope::Project) => machine.project.join(".mcp.json"),
            // https://code.visualstudio.com/docs/agents/reference/mcp-configuration: in the user's profile
            (Self::VsCode, Scope::User) => machine.settings().join("Code/User/mcp.json"),
            (Self::VsCode, Scope::Project) => machine.project.join(".vscode/mcp.json"),
            // https://cursor.com/docs/context/mcp
            (Self::Cursor, Scope::User) => home(".cursor/mcp.json"),
            (Self::Cursor, Scope::Project) => machine.project.join(".cursor/mcp.json"),
            // https://docs.windsurf.com/windsurf/cascade/mcp, and since June 2026, as Devin Desktop,
            // https://vaadin.com/docs/latest/building-apps/agentic-development/mcp/supported-tools/devin-desktop
            (Self::Windsurf, Scope::User) => {
                let now = machine.dot_config().join("devin");
                let before = home(".codeium/windsurf");
                let folder = if before.is_dir() && !now.is_dir() {
                    before
                } else {
                    now
                };
                folder.join("mcp_config.json")
            }
            (Self::Windsurf, Scope::Project) => machine.project.join(".devin/mcp_config.json"),
            // https://zed.dev/docs/configuring-zed
            (Self::Zed, Scope::User) => match machine.os {
                Os::Windows => machine.settings().join("Zed/settings.json"),
                _ => machine.dot_config().join("zed/settings.json"),
            },
            (Self::Zed, Scope::Project) => machine.project.join(".zed/settings.json"),
            // https://developers.openai.com/codex/mcp
            (Self::Codex, Scope::User) => (machine.variable)("CODEX_HOME")
                .unwrap_or_else(|| home(".codex"))
                .join("config.toml"),
            (Self::Codex, Scope::Project) => machine.project.join(".codex/config.toml"),
            // https://geminicli.com/docs/tools/mcp-server/
            (Self::GeminiCli, Scope::User) => home(".gemini/settings.json"),
            (Self::GeminiCli, Scope::Project) => machine.project.join(".gemini/settings.json"),
        };
        Ok(file)
    }

    /// The member of the file that contains the servers.
    fn servers(self) -> &'static str {
        match self {
            Self::VsCode => "servers",
            // https://zed.dev/docs/ai/mcp
            Self::Zed => "context_servers",
            Self::Codex => "mcp_servers",
            _ => "mcpServers",
        }
    }

    /// Whether an entry with a command must also name the transport, stdio.
    fn names_transport(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::VsCode | Self::Cursor)
    }

    /// The text to add to the file, as the client's documentation would show it.
    pub(super) fn snippet(self, name: &str, entry: &Entry) -> String {
        let text = self.edited("", name, entry);
        text.expect("an entry can be added to an empty file")
    }

    /// `text` with the entry added, and everything else unchanged.
    pub(super) fn edited(self, text: &str, name: &str, entry: &Entry) -> Result<String, String> {
        if self == Self::Codex {
            return edit::toml(text, self.servers(), name, entry);
        }
        edit::json(text, self.servers(), name, entry, self.names_transport())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn machine(os: Os, variables: &'static [(&str, &str)]) -> Machine {
        Machine {
            os,
            home: PathBuf::from("/home/ana"),
            project: PathBuf::from("/home/ana/app"),
            variable: Box::new(|wanted| {
                let found = variables.iter().find(|(name, _)| *name == wanted);
                found.map(|(_, value)| PathBuf::from(value))
            }),
        }
    }

    #[test]
    fn each_client_has_its_file() {
        let mut text = String::new();
        for client in Client::value_variants() {
            for (os, variables) in [
                (Os::Linux, &[][..]),
                (Os::MacOs, &[]),
                (Os::Windows, &[("APPDATA", "/roaming")]),
            ] {
                let file = client.file(Scope::User, &machine(os, variables)).unwrap();
                writeln!(text, "{} on {os:?}: {}", client.title(), file.display()).unwrap();
            }
            let file = match client.file(Scope::Project, &machine(Os::Linux, &[])) {
                Ok(file) => file.display().to_string(),
                Err(error) => error.to_string(),
            };
            writeln!(text, "{} in a project: {file}", client.title()).unwrap();
        }
        insta::with_settings!({
            snapshot_path => "../../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("init_files", text);
        });
    }

    #[test]
    fn variables_change_the_folder() {
        let machine = machine(
            Os::Linux,
            &[
                ("XDG_CONFIG_HOME", "/xdg"),
                ("CODEX_HOME", "/codex"),
                ("CLAUDE_CONFIG_DIR", "/claude"),
            ],
        );
        for (client, file) in [
            (Client::Zed, "/xdg/zed/settings.json"),
            (Client::Codex, "/codex/config.toml"),
            (Client::ClaudeCode, "/claude/.claude.json"),
        ] {
            assert_eq!(
                client.file(Scope::User, &machine).unwrap(),
                PathBuf::from(file)
            );
        }
    }
}
