//! The command that starts this program again, by the way it was installed.
//!
//! A client keeps the command for years, so it must survive upgrades. Package managers that run
//! a program from a cache, or that have the version in its path, are called by name instead.

use super::clients::{Os, Scope};

/// A command, and its arguments before those of this program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Launcher {
    pub(super) command: String,
    pub(super) args: Vec<String>,
}

/// The name that package managers know, and that `cargo install` puts on the path.
const NAME: &str = env!("CARGO_PKG_NAME");

/// The container image of this version.
const IMAGE: &str = concat!(
    "ghcr.io/cognito-mcp/cognito-mcp:",
    env!("CARGO_PKG_VERSION")
);

/// The path of the program in the image.
const PATH_IN_IMAGE: &str = "/cognito-mcp";

/// Parts of a path, and the command that runs a program in such a place. The first that occurs
/// applies.
const CACHES: &[(&str, &[&str])] = &[
    // npx: https://docs.npmjs.com/cli/v11/commands/npx
    ("/_npx/", NPX),
    // `pnpm dlx`, and every installation by pnpm, whose paths have the version.
    ("/pnpm/dlx/", NPX),
    ("/.pnpm/", NPX),
    // Yarn's Plug'n'Play.
    ("/.yarn/unplugged/", NPX),
    // uvx: https://docs.astral.sh/uv/concepts/cache/
    ("/archive-v0/", &["uvx", NAME]),
    // `pipx run`: https://pipx.pypa.io
    ("/pipx/.cache/", &["pipx", "run", NAME]),
];

const NPX: &[&str] = &["npx", "-y", NAME];

/// The folder of npm packages: a project's, which may be removed with the project, and global ones.
const NPM: &str = "/node_modules/@cognito-mcp/";

/// The folder of global ones: npm keeps what a global package needs below its own folder.
///
/// <https://docs.npmjs.com/cli/v11/configuring-npm/folders>
const GLOBAL: &str = "/node_modules/cognito-mcp/node_modules/";

/// Whether `path` is that of the program in the image.
pub(super) fn is_in_image(path: &str) -> bool {
    path == PATH_IN_IMAGE
}

/// The command for the program at `path`.
pub(super) fn of(path: &str, scope: Scope, os: Os) -> Launcher {
    let uniform = path.replace('\\', "/");
    if is_in_image(&uniform) {
        return launcher(&["docker", "run", "--rm", "-i", IMAGE]);
    }
    let cache = CACHES.iter().find(|(part, _)| uniform.contains(part));
    let by_npm = uniform.contains(NPM) && (scope == Scope::Project || !uniform.contains(GLOBAL));
    match cache.map(|(_, words)| *words).or(by_npm.then_some(NPX)) {
        // On Windows npx is a script, which only a shell can start.
        Some(words) if os == Os::Windows && words == NPX => {
            launcher(&[&["cmd", "/c"], words].concat())
        }
        Some(words) => launcher(words),
        // A project's file is for everyone who works on the project, so it has no path of this
        // machine.
        None if scope == Scope::Project => launcher(&[NAME]),
        None => launcher(&[&stable(path)]),
    }
}

/// The path without Homebrew's folder of a version.
fn stable(path: &str) -> String {
    let parts = path.split_once("/Cellar/cognito-mcp/");
    parts.map_or_else(
        || path.to_owned(),
        |(prefix, _)| format!("{prefix}/opt/cognito-mcp/bin/cognito-mcp"),
    )
}

fn launcher(words: &[&str]) -> Launcher {
    let (command, args) = words.split_first().unwrap_or((&NAME, &[]));
    Launcher {
        command: (*command).to_owned(),
        args: args.iter().map(|word| (*word).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &str, scope: Scope, os: Os) -> String {
        let launcher = of(path, scope, os);
        [vec![launcher.command], launcher.args].concat().join(" ")
    }

    #[test]
    fn the_command_follows_the_installation() {
        let own = |path: &str| written(path, Scope::User, Os::Linux);
        for path in ["/home/a/.cargo/bin/cognito-mcp", "/usr/bin/cognito-mcp"] {
            assert_eq!(own(path), path);
        }
        let platform = "node_modules/@cognito-mcp/linux-x64/bin/cognito-mcp";
        for folder in [
            "/home/a/.npm/_npx/0a1b/",
            "/home/a/.cache/pnpm/dlx/0a1b/",
            "/home/a/shop/node_modules/.pnpm/@cognito-mcp+linux-x64@0.1.0/",
            "/home/a/shop/.yarn/unplugged/@cognito-mcp-linux-x64-npm-0.1.0-1/",
            "/home/a/shop/",
        ] {
            assert_eq!(own(&format!("{folder}{platform}")), "npx -y cognito-mcp");
        }
        let global = format!("/usr/lib/node_modules/cognito-mcp/{platform}");
        assert_eq!(own(&global), global);
        assert_eq!(
            own("/home/a/.cache/uv/archive-v0/0a1b/bin/cognito-mcp"),
            "uvx cognito-mcp"
        );
        let installed = "/home/a/.local/share/uv/tools/cognito-mcp/bin/cognito-mcp";
        assert_eq!(own(installed), installed);
        assert_eq!(
            own("/home/a/.local/share/pipx/.cache/0a1b/bin/cognito-mcp"),
            "pipx run cognito-mcp"
        );
        assert_eq!(
            own("/opt/homebrew/Cellar/cognito-mcp/0.1.0/bin/cognito-mcp"),
            "/opt/homebrew/opt/cognito-mcp/bin/cognito-mcp"
        );
        assert_eq!(own("/cognito-mcp"), format!("docker run --rm -i {IMAGE}"));
    }

    #[test]
    fn a_projects_file_has_no_path() {
        let shared = |path: &str| written(path, Scope::Project, Os::Linux);
        assert_eq!(shared("/home/a/.cargo/bin/cognito-mcp"), "cognito-mcp");
        let npm = "/home/a/shop/node_modules/@cognito-mcp/linux-x64/bin/cognito-mcp";
        assert_eq!(shared(npm), "npx -y cognito-mcp");
    }

    #[test]
    fn windows_starts_npx_in_a_shell() {
        let path = r"C:\Users\a\AppData\Local\npm-cache\_npx\0a1b\node_modules\@cognito-mcp\win32-x64\bin\cognito-mcp.exe";
        assert_eq!(
            written(path, Scope::User, Os::Windows),
            "cmd /c npx -y cognito-mcp"
        );
        let uv = r"C:\Users\a\AppData\Local\uv\cache\archive-v0\0a1b\Scripts\cognito-mcp.exe";
        assert_eq!(written(uv, Scope::User, Os::Windows), "uvx cognito-mcp");
    }
}
