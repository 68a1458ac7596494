//! `cognito-mcp convert`: CloudFormation templates as a pool file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use cognito_emulator::bounds::FILE_BYTES;
use cognito_emulator::pool_file::{self, Inputs, yaml};
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::Scope;
use serde_json::Value;

use super::{Failed, say};
use crate::config::account;
use crate::copy::scratch::Scratch;
use crate::guard::private_file;
use crate::ids::Region;
use crate::stderr::note;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp convert cdk.out/ShopStack.template.json --output pools.yaml
          The user pools of a template, as `cdk synth` writes it. `cognito-mcp emulator
          --seed-file pools.yaml` serves them; with the template itself it does too.
  cognito-mcp convert template.yaml --parameter Stage=test --value Pool=us-east-1_Shop
          With the value of a parameter, and the id of the user pool `Pool`.
  cognito-mcp convert AuthStack.template.json WebStack.template.json --outputs outputs.json
          Two stacks, of which one imports from the other, and the outputs of both.";

/// What to convert.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The templates, in JSON or YAML.
    #[arg(required = true, value_name = "TEMPLATE")]
    pub templates: Vec<PathBuf>,
    /// The value of a parameter; may be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, String)>,
    /// The value of a reference that only a deployment has, or that a test chooses.
    ///
    /// `LogicalId=VALUE` for Ref, which is the id of a user pool or an app client;
    /// `LogicalId.Attribute=VALUE` for `Fn::GetAtt`; `NAME=VALUE` for `Fn::ImportValue`;
    /// `{{resolve:...}}=VALUE` for a dynamic reference. May be repeated.
    #[arg(long = "value", value_name = "REFERENCE=VALUE", value_parser = pair)]
    pub values: Vec<(String, String)>,
    /// Region of the pools [us-east-1].
    #[arg(long, env = "AWS_REGION", value_parser = region)]
    pub region: Option<String>,
    /// Account of the pools. Default: `123456789012`.
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub account: Option<String>,
    /// Name of the stack [the file's name up to its first full stop].
    #[arg(long, value_name = "NAME")]
    pub stack_name: Option<String>,
    /// Write this file, which only you may read, instead of standard output.
    ///
    /// The format is JSON if its name ends in .json, and YAML otherwise.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the outputs of the templates to this file, in the form of `cdk deploy --outputs-file`.
    #[arg(long, value_name = "FILE")]
    pub outputs: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn region(text: &str) -> Result<String, String> {
    let region = Region::parse(text);
    region
        .map(|region| region.to_string())
        .ok_or_else(|| "a Region looks like eu-west-1".to_owned())
}

/// Converts the templates, and checks that the emulator loads the result.
pub fn run(arguments: &Arguments) -> Result<(), Failed> {
    let mut texts = Vec::new();
    for path in &arguments.templates {
        let name = path.display().to_string();
        let limit = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX);
        let text = private_file::read_text(path, limit);
        texts.push((name.clone(), text.map_err(|why| format!("{name}: {why}."))?));
    }
    if arguments.stack_name.is_some() && texts.len() > 1 {
        return Err("--stack-name names one stack: convert one template with it.".into());
    }
    let templates: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let inputs = arguments.inputs();
    let converted = pool_file::convert(&templates, &inputs).map_err(|it| it.to_string())?;
    let builder = Stack::builder().scope(inputs.scope);
    let scratch = Scratch::of(builder, converted.file.clone()).map_err(|it| it.to_string())?;
    for missing in &scratch.loaded.notes {
        note(format_args!("cognito-mcp: warning: {missing}"));
    }
    if let Some(path) = &arguments.outputs {
        for missing in &converted.missing_outputs {
            note(format_args!("cognito-mcp: warning: {missing}"));
        }
        write(path, &format!("{:#}\n", Value::Object(converted.outputs)))?;
    }
    match &arguments.output {
        None => say(yaml(converted.file.json())),
        Some(path)
            if path
                .extension()
                .is_some_and(|extension| extension == "json") =>
        {
            write(path, &format!("{:#}\n", converted.file.json()))
        }
        Some(path) => write(path, &yaml(converted.file.json())),
    }
}

impl Arguments {
    fn inputs(&self) -> Inputs {
        let usual = Scope::default();
        let map = |pairs: &[(String, String)]| -> BTreeMap<String, String> {
            pairs.iter().cloned().collect()
        };
        Inputs {
            scope: Scope {
                region: self.region.clone().unwrap_or(usual.region),
                account: self.account.clone().unwrap_or(usual.account),
            },
            stack_name: self.stack_name.clone(),
            parameters: map(&self.parameters),
            values: map(&self.values),
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    private_file::replace(path, text.as_bytes())
        .map_err(|error| format!("{} cannot be written: {error}.", path.display()).into())
}
