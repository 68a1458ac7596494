//! `cognito-mcp init`: configures an MCP client to start this server.

mod clients;
mod edit;
mod flags;
mod launcher;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use similar::TextDiff;

use self::clients::Machine;
pub use self::clients::{Client, Os, Scope};
use self::edit::Entry;
pub use self::flags::Flags;
use self::launcher::Launcher;
use super::terminal::says_yes;
use super::{Failed, say};
use crate::bounds::{BACKUPS, SETTINGS_BYTES};
use crate::cognito::backend;
use crate::config::{BackendKind, Config};
use crate::guard::private_file::{self, Unreadable};
use crate::start::dotenv::DotEnv;
use crate::start::selection;
use crate::stderr::note;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp init claude-code
          The embedded emulator, for you in all projects. Shows what would change, and asks.
  cognito-mcp init vscode --scope project --yes
          For everyone who works on this folder; does not ask.
  cognito-mcp init claude-desktop --backend aws --profile work --user-pool-id eu-west-1_AbCdEfGhI
          A real pool, read only, as `cognito-aws` beside the emulator. Credentials stay
          where they are: the file names the profile.
  cognito-mcp init codex --name pool-of-tests -- --backend aws --profile tests --allow-writes
          Under another name; what follows -- is for `serve`.
  cognito-mcp init zed --print
          Print what to add, and change no file.";

/// Which client to configure, and how.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The client.
    #[arg(value_enum)]
    pub client: Client,
    /// Who uses it: you in all projects, or everyone in the current folder's project.
    #[arg(long, value_enum, default_value_t)]
    pub scope: Scope,
    /// The name of the server in the client [cognito; with --backend aws: cognito-aws].
    #[arg(long)]
    pub name: Option<String>,
    /// Print what to add, and change no file.
    #[arg(long, conflicts_with = "yes")]
    pub print: bool,
    /// Write without a question.
    #[arg(long)]
    pub yes: bool,
    /// The flags of `serve`, which the client will pass.
    #[command(flatten)]
    pub flags: Flags,
    /// More flags of `serve`.
    #[arg(last = true, value_name = "FLAGS")]
    pub more: Vec<String>,
}

/// Configures the client.
pub fn run(arguments: &Arguments) -> Result<(), Failed> {
    let flags = arguments.flags.with(&arguments.more)?;
    let config = flags.config();
    if config.http.address.is_some() {
        return Err("A client that starts the server uses stdio: remove --http.".into());
    }
    // Mistakes are reported here, where the user sees them, and not later in a client's log.
    backend::reject_flags_of_other_backend(config).map_err(|error| error.to_string())?;
    selection::select(config).map_err(|error| error.to_string())?;
    let name = arguments.name.as_deref();
    let name = name.unwrap_or(default_name(config.backend));
    let program = binary()?;
    let launcher = launcher::of(&program, arguments.scope, Os::this());
    let serve = [vec!["serve".to_owned()], flags.given()?].concat();
    let check = check(&launcher, &serve);
    let entry = Entry {
        command: launcher.command,
        args: [launcher.args, serve].concat(),
        env: environment(config, |name| std::env::var(name).ok()),
    };
    let client = arguments.client;
    if launcher::is_in_image(&program) {
        return for_other_machine(arguments, client.snippet(name, &entry));
    }
    let file = client.file(arguments.scope, &Machine::this()?)?;
    if arguments.print {
        // The entry alone is on standard output, so that it can be piped.
        let (shown, then) = (file.display(), client.then());
        match present(client, &file, name, &entry) {
            Present::Same => note(format_args!("{shown} has this server already.")),
            Present::Other => note(format_args!(
                "Add this to {shown}, in place of the entry `{name}` that it has. {then}"
            )),
            Present::None => note(format_args!("Add this to {shown}. {then}")),
        }
        note(format_args!(
            "Then check what the server will find: {check}"
        ));
        return say(client.snippet(name, &entry));
    }
    let before = read(&file)?;
    let text = before.as_deref().unwrap_or_default();
    let after = client.edited(text, name, &entry).map_err(|why| {
        format!(
            "{} was left as it is, because {why}. Add this to it yourself:\n{}",
            file.display(),
            client.snippet(name, &entry)
        )
    })?;
    if before.as_ref() == Some(&after) {
        return say(format_args!(
            "{} has this server already.\n",
            file.display()
        ));
    }
    show(&file, text, &after)?;
    warn_about_keys(config, client)?;
    if !arguments.yes && !confirmed(&file)? {
        return say("Nothing was written.\n");
    }
    let backup = write(&file, before.as_deref(), &after, arguments.scope)
        .map_err(|error| format!("{} cannot be written: {error}.", file.display()))?;
    report_written(arguments.scope, &file, backup.as_deref(), &entry.command)?;
    say(format_args!(
        "{}\nTo check that the server works: {check}\n",
        client.then(),
    ))
}

/// What a client's file has under the name of an entry.
enum Present {
    /// Nothing, or the file cannot be read.
    None,
    /// Another entry.
    Other,
    /// The same entry.
    Same,
}

/// What `file` has in place of `entry`.
fn present(client: Client, file: &Path, name: &str, entry: &Entry) -> Present {
    let Ok(Some(text)) = read(file) else {
        return Present::None;
    };
    match client.edited(&text, name, entry) {
        Ok(after) if after == text => Present::Same,
        Ok(after) if is_named(&text, name) && removes(&text, &after) => Present::Other,
        _ => Present::None,
    }
}

/// Whether `text`, of JSON or TOML, has the name of an entry.
fn is_named(text: &str, name: &str) -> bool {
    [format!("\"{name}\""), format!(".{name}]")]
        .iter()
        .any(|form| text.contains(form.as_str()))
}

/// Whether a line of `before` is not in `after`.
fn removes(before: &str, after: &str) -> bool {
    let difference = difference(before, after);
    difference.lines().any(|line| line.starts_with('-'))
}

/// Names the files that were written, and what other users of a project's file need.
fn report_written(
    scope: Scope,
    file: &Path,
    backup: Option<&Path>,
    command: &str,
) -> Result<(), Failed> {
    say(format_args!("Wrote {}.\n", file.display()))?;
    if let Some(backup) = backup {
        say(format_args!(
            "The previous version is in {}.\n",
            backup.display()
        ))?;
    }
    if scope == Scope::Project {
        say(format_args!(
            "Everyone who uses the file needs `{command}` on the PATH.\n"
        ))?;
    }
    Ok(())
}

/// Prints the entry. A container has no access to the files of a client.
fn for_other_machine(arguments: &Arguments, snippet: impl fmt::Display) -> Result<(), Failed> {
    let title = arguments.client.title();
    if !arguments.print {
        return Err(format!(
            "A container cannot write the settings of {title}: add --print, and add what it prints \
             to them yourself."
        )
        .into());
    }
    note(format_args!(
        "Add this to the settings of {title}. {}",
        arguments.client.then()
    ));
    say(snippet)
}

/// The name of the entry. It depends on the backend, so that a client can have both: the
/// emulator for an agent to work on, and the real pool to read.
fn default_name(backend: BackendKind) -> &'static str {
    match backend {
        BackendKind::Emulated => "cognito",
        BackendKind::Aws => "cognito-aws",
    }
}

/// The full path of this program: clients do not search the shell's `PATH`.
fn binary() -> Result<String, Failed> {
    let path = std::env::current_exe()
        .map_err(|error| format!("The path of this program is unknown: {error}."))?;
    let path = path.into_os_string().into_string();
    path.map_err(|path| format!("The path {} is not valid Unicode.", path.display()).into())
}

/// A note that the `.env` file of the current folder is not copied into the client's file,
/// if it has values that `serve` would use.
pub(crate) fn report(file: &DotEnv) -> Option<String> {
    let path = file.path().filter(|_| file.has_values())?.display();
    Some(format!(
        "{path} is not written into the client's file: give its values as flags, such as --user-pool-id"
    ))
}

/// The profile and the Region of this shell's environment, which are not secret: clients
/// that a desktop starts do not have that environment.
fn environment(
    config: &Config,
    variable: impl Fn(&str) -> Option<String>,
) -> BTreeMap<&'static str, String> {
    let named = |name| variable(name).filter(|value| !value.is_empty());
    let mut environment = BTreeMap::new();
    if config.backend == BackendKind::Emulated {
        return environment;
    }
    if config.profile.is_none()
        && let Some(profile) = named("AWS_PROFILE")
    {
        environment.insert("AWS_PROFILE", profile);
    }
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if let Some(region) = named(name) {
            environment.insert(name, region);
        }
    }
    environment
}

fn warn_about_keys(config: &Config, client: Client) -> Result<(), Failed> {
    let on_aws = config.backend == BackendKind::Aws && config.profile.is_none();
    if !on_aws || std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
        return Ok(());
    }
    say(format_args!(
        "The keys in this shell's environment are not written, and {} may not see them: use a \
        profile of ~/.aws instead (--profile).\n",
        client.title()
    ))
}

/// The file's text, if there is one.
fn read(file: &Path) -> Result<Option<String>, Failed> {
    match private_file::read_text(file, SETTINGS_BYTES) {
        Ok(text) => Ok(Some(text)),
        Err(Unreadable::Missing) => Ok(None),
        Err(why) => Err(format!("{} cannot be read: {why}.", file.display()).into()),
    }
}

/// Shows only the lines that would change: other servers' entries may contain keys.
fn show(file: &Path, before: &str, after: &str) -> Result<(), Failed> {
    let name = file.display();
    let difference = difference(before, after);
    say(format_args!("--- {name}\n+++ {name}\n{difference}"))
}

/// Removed and added lines. A line is left out if only a comma was added at its end. If a
/// line is long, as in a file without line breaks, only the part that differs is included.
fn difference(before: &str, after: &str) -> String {
    let mut shown = String::new();
    for group in TextDiff::from_lines(before, after).grouped_ops(0) {
        let changes = group.iter().flat_map(|change| {
            let old: Vec<&str> = before
                .lines()
                .skip(change.old_range().start)
                .take(change.old_range().len())
                .collect();
            let new: Vec<&str> = after
                .lines()
                .skip(change.new_range().start)
                .take(change.new_range().len())
                .collect();
            changed(&old, &new)
        });
        shown.extend(changes);
    }
    shown
}

fn changed(old: &[&str], new: &[&str]) -> Vec<String> {
    let bare = |line: &str| line.trim_end_matches(',').to_owned();
    let stays = |line: &str, others: &[&str]| others.iter().any(|other| bare(other) == bare(line));
    let mut gone: Vec<&str> = old
        .iter()
        .filter(|line| !stays(line, new))
        .copied()
        .collect();
    let mut come: Vec<&str> = new
        .iter()
        .filter(|line| !stays(line, old))
        .copied()
        .collect();
    if let ([a], [b, ..]) = (gone.as_mut_slice(), come.as_mut_slice())
        && a.len() > LONG
    {
        let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        let (rest_a, rest_b) = (
            &a[a.floor_char_boundary(same)..],
            &b[b.floor_char_boundary(same)..],
        );
        let tail = rest_a
            .bytes()
            .rev()
            .zip(rest_b.bytes().rev())
            .take_while(|(a, b)| a == b)
            .count();
        *a = &rest_a[..rest_a.ceil_char_boundary(rest_a.len() - tail)];
        *b = &rest_b[..rest_b.ceil_char_boundary(rest_b.len() - tail)];
    }
    let gone = gone.into_iter().map(|line| format!("-{line}\n"));
    gone.chain(come.into_iter().map(|line| format!("+{line}\n")))
        .collect()
}

/// The length in bytes above which a line is long. Few people write such lines by hand.
const LONG: usize = 400;

fn confirmed(file: &Path) -> Result<bool, Failed> {
    if !io::stdin().is_terminal() {
        return Err("Nothing was written: add --yes if there is no terminal.".into());
    }
    say(format_args!("Write this to {}? [y/N] ", file.display()))?;
    says_yes()
}

/// Replaces the file in one step, and keeps a backup of its previous text, `before`.
fn write(
    file: &Path,
    before: Option<&str>,
    after: &str,
    scope: Scope,
) -> io::Result<Option<PathBuf>> {
    // A symbolic link is kept, because it may point to a folder in which the user keeps
    // settings.
    let file = match before {
        Some(_) => file.canonicalize()?,
        None => file.to_owned(),
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    private_file::make_folders(folder)?;
    let mut new = tempfile::Builder::new();
    #[cfg(unix)]
    if scope == Scope::Project {
        use std::os::unix::fs::PermissionsExt;
        // A project's file has the permissions that an editor would give it. Other files
        // are private.
        new.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = scope;
    let mut new = new.tempfile_in(folder)?;
    new.write_all(after.as_bytes())?;
    let mut backup = None;
    if let Some(before) = before {
        // The client may have written the file while the question was open.
        if private_file::read_text(&file, SETTINGS_BYTES)
            .ok()
            .as_deref()
            != Some(before)
        {
            return Err(io::Error::other(
                "it was changed in the meantime; run this again",
            ));
        }
        let permissions = fs::metadata(&file)?.permissions();
        new.as_file().set_permissions(permissions.clone())?;
        backup = Some(keep(&file, before, permissions)?);
    } else {
        private_file::keep_open_for_owner(new.as_file())?;
    }
    new.as_file().sync_all()?;
    new.persist(&file)?;
    Ok(backup)
}

/// The suffix of a backup's name. All but the first backup have a number after it.
const BACKUP: &str = ".before-cognito-mcp";

/// Writes `text`, the content of `file`, to a backup in the same folder, and deletes the
/// oldest backups if there are too many. The first backup is kept: it is the file that the
/// client's user wrote.
fn keep(file: &Path, text: &str, permissions: fs::Permissions) -> io::Result<PathBuf> {
    let beside = |number: u64| {
        let mut name = file.as_os_str().to_owned();
        name.push(BACKUP);
        if number > 0 {
            name.push(format!(".{number}"));
        }
        PathBuf::from(name)
    };
    let numbered = numbers(file)?;
    let next = match numbered.last() {
        Some((last, _)) => last + 1,
        None => u64::from(fs::symlink_metadata(beside(0)).is_ok()),
    };
    let kept = beside(next);
    let mut backup = fs::OpenOptions::new();
    let mut backup = backup.write(true).create_new(true).open(&kept)?;
    let written = backup
        .set_permissions(permissions)
        .and_then(|()| backup.write_all(text.as_bytes()));
    if let Err(error) = written {
        let _ = fs::remove_file(&kept);
        return Err(error);
    }
    // The first backup and the new one count too.
    let files = numbered.iter().filter(|(_, is_file)| *is_file);
    let surplus = (files.clone().count() + 2).saturating_sub(BACKUPS);
    for (number, _) in files.take(surplus) {
        // A backup that cannot be deleted does no harm.
        let _ = fs::remove_file(beside(*number));
    }
    Ok(kept)
}

/// The numbers of the backups of `file`, in order, and whether each is a file. The first
/// backup has no number.
fn numbers(file: &Path) -> io::Result<Vec<(u64, bool)>> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut start = file.file_name().unwrap_or_default().to_owned();
    start.push(BACKUP);
    start.push(".");
    let start = start.into_encoded_bytes();
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.as_encoded_bytes().strip_prefix(start.as_slice());
        let number = number.and_then(|digits| std::str::from_utf8(digits).ok());
        let number = number.and_then(|digits| Some((digits, digits.parse::<u64>().ok()?)));
        // Other files may have similar names.
        if let Some((digits, number)) = number
            && number.to_string() == digits
            && (1..u64::MAX).contains(&number)
        {
            numbers.push((number, entry.file_type()?.is_file()));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The `doctor` command with the flags that the client's server will have.
fn check(launcher: &Launcher, args: &[String]) -> String {
    // On the command line, a program that is installed is on the path.
    let program = if launcher.args.is_empty() {
        env!("CARGO_PKG_NAME").to_owned()
    } else {
        let command = std::slice::from_ref(&launcher.command);
        [command, launcher.args.as_slice()].concat().join(" ")
    };
    let words = std::iter::once("doctor").chain(args.iter().skip(1).map(String::as_str));
    let quoted = words.map(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,%+@".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.to_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    let words: Vec<String> = quoted.collect();
    format!("{program} {}", words.join(" "))
}

/// The names of clients on the command line.
#[must_use]
pub fn names() -> Vec<String> {
    Client::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| value.get_name().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_only_what_changes() {
        let secret = "{ \"KEY\": \"S3cret\" }";
        let before = format!("a\n{secret}\nz\n");
        let after = format!("a\n{secret},\nours\nz\n");
        assert_eq!(difference(&before, &after), "+ours\n");
        let long = secret.repeat(40);
        let shown = difference(&format!("{long}}}\n"), &format!("{long}, ours}}\n"));
        assert_eq!(shown, "-\n+, ours\n");
        assert_eq!(difference("x = 1\n", "x = 2\n"), "-x = 1\n+x = 2\n");
    }
}
