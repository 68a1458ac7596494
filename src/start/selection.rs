//! Selection of tools: by toolset, by name, and by exclusion.
//!
//! A name or a glob that matches nothing is an error at start. Otherwise, a typing
//! error could publish a tool that the operator meant to exclude.

use std::collections::BTreeSet;

use globset::{Glob, GlobMatcher};

use crate::arguments::nearest;
use crate::config::{BackendKind, Config};
use crate::definition::Definition;
use crate::start_error::StartError;
use crate::tools::{self, Effect, OnByDefault, TOOLSETS};

/// The tools that `config` selects, independently of their effects. The gate authorizes
/// each call.
///
/// `--toolsets` names sets, including `default` and `all`. `--tools` adds tools by name
/// or glob; without `--toolsets`, only these are selected. `--exclude-tools` removes
/// tools, however they were selected.
///
/// # Errors
/// If a name is unknown or a glob matches nothing. The error has the nearest name.
pub fn select(config: &Config) -> Result<BTreeSet<&'static str>, StartError> {
    let mut selected = BTreeSet::new();
    let sets = given(&config.selection.toolsets);
    let named = given(&config.selection.tools);
    if sets.is_empty() && named.is_empty() {
        selected.extend(of_set("default", config.backend)?);
    }
    for set in sets {
        selected.extend(of_set(set, config.backend)?);
    }
    for glob in named {
        selected.extend(matching("--tools", glob)?);
    }
    for glob in given(&config.selection.exclude_tools) {
        for tool in matching("--exclude-tools", glob)? {
            selected.remove(tool);
        }
    }
    if selected.is_empty() {
        return Err(StartError(
            "No tool is left: --exclude-tools removes all that --toolsets and --tools select."
                .to_owned(),
        ));
    }
    Ok(selected)
}

/// The names in a list, trimmed.
fn given(list: &[String]) -> Vec<&str> {
    list.iter().map(|name| name.trim()).collect()
}

fn of_set(name: &str, backend: BackendKind) -> Result<Vec<&'static str>, StartError> {
    let names = |keep: &dyn Fn(&Definition) -> bool| {
        let kept = tools::all().filter(|tool| keep(tool));
        kept.map(Definition::name).collect()
    };
    if name == "all" {
        return Ok(names(&|tool| {
            !tool.emulated_only || backend == BackendKind::Emulated
        }));
    }
    if name == "default" {
        return Ok(names(&|tool| is_default(tool, backend)));
    }
    if let Some(set) = TOOLSETS.iter().find(|set| set.name == name) {
        return Ok(names(&|tool| tool.toolset == set.name));
    }
    let sets = || {
        TOOLSETS
            .iter()
            .map(|set| set.name)
            .chain(["all", "default"])
    };
    Err(unknown("--toolsets", name, "toolset", sets()))
}

/// The strongest effect that `config` allows.
pub(crate) fn allowed(config: &Config) -> Effect {
    match config.backend {
        BackendKind::Emulated => Effect::Destroy,
        BackendKind::Aws if config.allow_destructive => Effect::Destroy,
        BackendKind::Aws if config.allow_writes => Effect::Change,
        BackendKind::Aws => Effect::Read,
    }
}

fn is_default(tool: &Definition, backend: BackendKind) -> bool {
    let set = TOOLSETS.iter().find(|set| set.name == tool.toolset);
    match set.map(|set| set.default) {
        Some(OnByDefault::All) => true,
        Some(OnByDefault::Reads) => tool.effect == Effect::Read,
        Some(OnByDefault::Emulated) => backend == BackendKind::Emulated,
        Some(OnByDefault::Nothing) | None => false,
    }
}

fn matching(flag: &str, glob: &str) -> Result<Vec<&'static str>, StartError> {
    matching_in(tools::names(), flag, glob)
}

/// The tools whose current or former name matches. `names` are all names, each with the current
/// one.
fn matching_in(
    names: impl Iterator<Item = (&'static str, &'static str)>,
    flag: &str,
    glob: &str,
) -> Result<Vec<&'static str>, StartError> {
    let matcher: GlobMatcher = Glob::new(glob)
        .map_err(|error| StartError(format!("{flag} {glob} is not a valid pattern: {error}.")))?
        .compile_matcher();
    let found = names.filter(|(name, _)| matcher.is_match(name));
    let found: Vec<_> = found.map(|(_, now)| now).collect();
    if found.is_empty() {
        let names = tools::all().map(Definition::name);
        return Err(unknown(flag, glob, "tool", names));
    }
    Ok(found)
}

fn unknown<'a>(
    flag: &str,
    name: &str,
    kind: &str,
    all: impl Iterator<Item = &'a str>,
) -> StartError {
    let all: Vec<&str> = all.collect();
    let nearest = nearest(name, all.iter().copied());
    let guess = nearest.map_or_else(String::new, |nearest| format!(" Did you mean `{nearest}`?"));
    StartError(format!(
        "{flag}: unknown {kind} `{name}`.{guess} Known names: {}.",
        all.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Selection;

    fn config(toolsets: &str, tools: &str, exclude: &str) -> Config {
        let list = |text: &str| match text {
            "" => Vec::new(),
            text => text.split(',').map(ToOwned::to_owned).collect(),
        };
        Config {
            selection: Selection {
                toolsets: list(toolsets),
                tools: list(tools),
                exclude_tools: list(exclude),
                ..Selection::default()
            },
            ..Config::default()
        }
    }

    fn selected(toolsets: &str, tools: &str, exclude: &str) -> Vec<&'static str> {
        let selected = select(&config(toolsets, tools, exclude)).unwrap();
        selected.into_iter().collect()
    }

    fn refused(toolsets: &str, tools: &str, exclude: &str) -> String {
        let refused = select(&config(toolsets, tools, exclude))
            .unwrap_err()
            .to_string();
        refused.split(" Known names: ").next().unwrap().to_owned()
    }

    #[test]
    fn defaults_cover_daily_work() {
        let default = selected("", "", "");
        assert_eq!(default, selected("default", "", ""));
        for tool in [
            "create_user",
            "list_groups",
            "sign_in",
            "list_clients",
            "read_outbox",
        ] {
            assert!(default.contains(&tool), "{tool}");
        }
        let aws = Config {
            backend: BackendKind::Aws,
            ..Config::default()
        };
        assert!(!select(&aws).unwrap().contains("read_outbox"));
    }

    #[test]
    fn sets_tools_and_exclusions() {
        let groups = [
            "add_user_to_group",
            "create_group",
            "delete_group",
            "list_group_members",
            "list_groups",
            "remove_user_from_group",
            "rename_group",
            "update_group",
        ];
        assert_eq!(selected("groups", "", ""), groups);
        assert_eq!(
            selected("", "list_group*", ""),
            ["list_group_members", "list_groups"]
        );
        assert_eq!(
            selected("groups", "get_user", "*group"),
            ["get_user", "list_group_members", "list_groups"]
        );
        // An exclusion always takes precedence.
        assert_eq!(
            selected("", "get_user,list_users", "get_user"),
            ["list_users"]
        );
    }

    /// A flag that excluded a tool before its rename must still exclude it.
    #[test]
    fn flags_accept_former_names_of_tools() {
        let names = || tools::names().chain([("fetch_user", "get_user")]);
        let matching = |glob| matching_in(names(), "--tools", glob).unwrap();
        assert_eq!(matching("fetch_user"), ["get_user"]);
        assert_eq!(matching("fetch_*"), ["get_user"]);
        assert_eq!(matching("get_user"), ["get_user"]);
    }

    #[test]
    fn names_that_match_nothing_stop_the_start() {
        assert_eq!(
            refused("user", "", ""),
            "--toolsets: unknown toolset `user`. Did you mean `users`?"
        );
        assert_eq!(
            refused("", "creat_user", ""),
            "--tools: unknown tool `creat_user`. Did you mean `create_user`?"
        );
        assert_eq!(
            refused("", "", "delete_*s"),
            "--exclude-tools: unknown tool `delete_*s`. Did you mean `delete_user`?"
        );
        assert!(refused("", "[", "").starts_with("--tools [ is not a valid pattern: "));
        assert!(refused("groups", "", "*").starts_with("No tool is left"));
    }
}
