//! Packages: the bundle and server.json are consistent with the crate.

use clap::Parser;
use cognito_mcp::cli::{Cli, Command};
use cognito_mcp::config::{BackendKind, Config};
use serde_json::Value;

fn read(file: &str) -> Value {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn versions_are_equal() {
    let version = env!("CARGO_PKG_VERSION");
    let server = read("server.json");
    assert_eq!(server["version"], version);
    for package in server["packages"].as_array().unwrap() {
        assert_eq!(package["version"], version);
        let identifier = package["identifier"].as_str().unwrap();
        let release = format!("/releases/download/v{version}/cognito-mcp-{version}-");
        assert!(identifier.contains(&release), "{identifier}");
    }
    assert_eq!(read("bundle/manifest.json")["version"], version);
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
