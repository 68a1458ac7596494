//! Packages: their versions, names and platforms are consistent with the crate.

use clap::Parser;
use cognito_mcp::cli::{Cli, Command};
use cognito_mcp::config::{BackendKind, Config};
use serde_json::Value;

fn text(file: &str) -> String {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn read(file: &str) -> Value {
    serde_json::from_str(&text(file)).unwrap()
}

#[test]
fn versions_are_equal() {
    let version = env!("CARGO_PKG_VERSION");
    let server = read("server.json");
    assert_eq!(server["version"], version);
    for package in server["packages"].as_array().unwrap() {
        let identifier = package["identifier"].as_str().unwrap();
        let named = package["version"].as_str();
        match package["registryType"].as_str().unwrap() {
            "oci" => assert!(identifier.ends_with(&format!(":{version}")), "{identifier}"),
            "mcpb" => {
                let release = format!("/releases/download/v{version}/cognito-mcp-{version}-");
                assert!(identifier.contains(&release), "{identifier}");
                assert_eq!(named, Some(version));
            }
            _ => assert_eq!((identifier, named), ("cognito-mcp", Some(version))),
        }
    }
    assert_eq!(read("bundle/manifest.json")["version"], version);
    let action = text("action.yml");
    assert!(
        action.contains(&format!("    default: {version}\n")),
        "action.yml"
    );
}

/// The version in commands and examples is that of the crate. Archives, npm packages, wheels, the
/// image, Debian packages, the installer and the formula are written with the version of
/// Cargo.toml by `scripts/artifacts`, and their sources have none.
#[test]
fn documents_name_the_current_version() {
    let version = env!("CARGO_PKG_VERSION");
    let named = regex::Regex::new(
        r"(?:cognito-mcp/cognito-mcp(?:@v|:)|releases/download/v)(\d+\.\d+\.\d+)",
    );
    let named = named.unwrap();
    for (document, least) in [
        ("README.md", 0),
        ("docs/ci.md", 2),
        ("docs/containers.md", 5),
        ("docs/install.md", 1),
    ] {
        let text = text(document);
        let found: Vec<&str> = named
            .captures_iter(&text)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        assert!(found.len() >= least, "{document}: {found:?}");
        assert!(
            found.iter().all(|one| *one == version),
            "{document}: {found:?}"
        );
    }
    for source in [
        "packages/npm/package.json",
        "packages/python/pyproject.toml",
    ] {
        assert!(
            !text(source).contains(&format!("\"{version}\"")),
            "{source}"
        );
    }
}

/// The registry finds the names of the server in the packages.
///
/// <https://github.com/modelcontextprotocol/registry/blob/main/docs/modelcontextprotocol-io/package-types.mdx>
#[test]
fn packages_name_the_server() {
    let server = read("server.json");
    let name = server["name"].as_str().unwrap();
    assert_eq!(read("packages/npm/package.json")["mcpName"], name);
    assert!(text("packages/python/README.md").contains(&format!("mcp-name: {name}")));
    assert!(text("packages/pack/image.py").contains(name));
}

/// Every platform that is packed has a bundle in `server.json`.
#[test]
fn every_platform_has_a_bundle() {
    let packed = text("packages/pack/project.py");
    let platforms = packed.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("Platform(\"")?;
        Some(name.split('"').next().unwrap().to_owned())
    });
    let platforms: Vec<String> = platforms.collect();
    assert_eq!(platforms.len(), 5, "{platforms:?}");
    let bundles = read("server.json")["packages"].to_string();
    for platform in platforms {
        assert!(bundles.contains(&format!("-{platform}.mcpb")), "{platform}");
    }
}

/// `server.json` is valid by the registry's schema.
///
/// <https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json>
#[test]
fn server_json_is_valid() {
    let schema = read("tests/it/registry/server.schema.json");
    let server = read("server.json");
    assert_eq!(server["$schema"], schema["$id"]);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&server)
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

/// The bundle's command line with the default settings is valid.
#[test]
fn the_bundle_starts_with_default_settings() {
    let manifest = read("bundle/manifest.json");
    let settings = manifest["user_config"].as_object().unwrap();
    let run = &manifest["server"]["mcp_config"];
    let filled = |change: &dyn Fn(&str) -> Option<&'static str>| -> Vec<String> {
        let args = run["args"].as_array().unwrap().iter();
        let filled = args.map(|arg| {
            let mut arg = arg.as_str().unwrap().to_owned();
            for (name, setting) in settings {
                let default = match &setting["default"] {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let value = change(name).map_or(default, ToOwned::to_owned);
                arg = arg.replace(&format!("${{user_config.{name}}}"), &value);
            }
            assert!(!arg.contains('$'), "{arg}");
            arg
        });
        filled.collect()
    };
    let parsed = |args: Vec<String>| -> Config {
        let words = std::iter::once("cognito-mcp".to_owned()).chain(args);
        match Cli::try_parse_from(words).unwrap().command {
            Some(Command::Serve(config)) => *config,
            other => panic!("{other:?}"),
        }
    };
    let config = parsed(filled(&|_| None));
    assert_eq!(config.backend, BackendKind::Emulated);
    assert!(!config.allow_writes && !config.allow_destructive);
    assert_eq!(Config::named(config.profile.as_ref()), None);
    assert!(cognito_mcp::start::selection::select(&config).is_ok());
    let config = parsed(filled(&|name| match name {
        "backend" => Some("aws"),
        "profile" => Some("work"),
        "allow_writes" => Some("true"),
        _ => None,
    }));
    assert_eq!(config.backend, BackendKind::Aws);
    assert_eq!(config.profile.as_deref(), Some("work"));
    assert!(config.allow_writes && !config.allow_destructive);
    let used = run["args"].to_string();
    for name in settings.keys() {
        assert!(
            used.contains(&format!("${{user_config.{name}}}")),
            "{name} is used"
        );
    }
}
