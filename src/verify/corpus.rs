//! The corpus: the files of `fidelity/`, parsed.
//!
//! An area is a file of cases; `recipes.toml` has the steps that cases share.
//! `fidelity/README.md` documents the format.

use std::collections::BTreeMap;
use std::path::Path;

use cognito_emulator::model::Model;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The files of `fidelity/`, as they were when this program was built.
macro_rules! files {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../fidelity/", $name, ".toml")))),+]
    };
}

/// The areas are in the order in which they run.
const FILES: &[(&str, &str)] = files! {
    "facts" "recipes" "wire" "constraints" "passwords" "users" "codes" "sign_in" "tokens"
    "attributes" "pools" "groups_and_providers" "triggers" "domain" "aws_examples"
};

/// The examples of the AWS documentation, written by `scripts/convert-aws-examples.py`.
const EXAMPLES: &str = include_str!("../../fidelity/aws-examples.json");

/// The source of [`EXAMPLES`].
const EXAMPLES_SOURCE: &str = "the AWS CLI's examples of cognito-idp, awscli 1.46.3";

/// Every case, with the shared pools and recipes.
#[derive(Debug)]
pub struct Corpus {
    /// Areas, in the order in which they run.
    pub areas: Vec<Area>,
    /// Pools that cases share, by name.
    pub pools: BTreeMap<String, Fixture>,
    /// The settings that a target must provide, by name.
    pub provided: BTreeMap<String, Provision>,
    /// The facts that must be cases or be listed as not observable.
    pub facts: Facts,
    /// The examples of the AWS documentation, by name.
    pub examples: BTreeMap<String, Example>,
}

/// An example of the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    title: String,
    operation: String,
    input: Map<String, Value>,
    answer: Option<Value>,
}

/// The cases of one file.
#[derive(Debug)]
pub struct Area {
    /// The file's name without its ending.
    pub name: String,
    /// Its cases, in their order.
    pub cases: Vec<Case>,
}

/// One fact about Cognito, and the calls that show it.
#[derive(Debug)]
pub struct Case {
    /// The fact's number; further cases of a fact have a suffix, as in `R71-2`.
    pub id: String,
    /// The fact in a few words.
    pub title: String,
    /// How well the fact is known.
    pub evidence: Evidence,
    /// The source.
    pub source: String,
    /// Other facts that the case also shows.
    pub also: Vec<String>,
    /// The shared pool that it runs in; `None` if it creates its own.
    pub pool: Option<String>,
    /// Its steps, including preparations.
    pub steps: Vec<Step>,
}

impl Case {
    /// Whether it reads a code that was sent.
    pub(super) fn reads_codes(&self) -> bool {
        self.steps.iter().any(|step| match &step.act {
            Act::Call { input, .. } => mentions(input, "$code"),
            Act::Web(web) => {
                let form = web.form.iter().flat_map(Map::values);
                let mut sent = web.query.values().chain(form);
                web.path.contains("$code") || sent.any(|value| mentions(value, "$code"))
            }
            Act::Name(values) => values.values().any(|value| mentions(value, "$code")),
            _ => false,
        })
    }

    /// The longest advance of the clock in one step, in seconds.
    pub(super) fn longest_advance(&self) -> u64 {
        let advances = self.steps.iter().map(|step| match step.act {
            Act::Advance(seconds) => seconds,
            _ => 0,
        });
        advances.max().unwrap_or_default()
    }
}

fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text.contains(name),
        Value::Array(elements) => elements.iter().any(|value| mentions(value, name)),
        Value::Object(members) => members.values().any(|value| mentions(value, name)),
        _ => false,
    }
}

/// How well a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Observed in live Cognito.
    AwsVerified,
    /// Documentation or the service model.
    Docs,
    /// A conclusion without direct evidence.
    Inferred,
}

/// A pool with its client, created once for all cases that name it.
#[derive(Debug)]
pub struct Fixture {
    /// The pool that it extends.
    pub from: Option<String>,
    /// The calls that create it.
    pub steps: Vec<Step>,
}

/// A setting that cases need and that a run cannot create.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// What the operator provides.
    pub what: String,
    /// The value for an emulator.
    pub emulator: String,
    /// Whether it exists only in the emulator of this process, which provides it.
    #[serde(default)]
    pub in_process: bool,
}

/// The facts that the corpus must cover.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// `R1` to this number.
    pub rows: u32,
    /// `O1` to this number: facts about domains.
    pub domain_rows: u32,
    /// Numbered facts by section: `7.1` to this number.
    pub numbered: BTreeMap<String, u32>,
    /// Facts that are described in prose, by name.
    pub prose: Vec<String>,
    /// Facts that no client can observe, each with the reason.
    pub unobservable: BTreeMap<String, String>,
    /// Examples of the AWS documentation that cannot be replayed, each with the reason.
    pub not_replayed: BTreeMap<String, String>,
}

/// One action with its expected result.
#[derive(Clone, Debug)]
pub struct Step {
    /// The action.
    pub act: Act,
    /// The number of repetitions.
    pub times: u32,
    /// The expected result of each repetition.
    pub expect: Expect,
    /// The values to keep from the response: a name, and the JSON pointer to its value.
    pub keep: BTreeMap<String, String>,
}

/// The action of a step.
#[derive(Clone, Debug)]
pub enum Act {
    /// Calls an operation.
    Call {
        /// Its name.
        operation: String,
        /// Its input.
        input: Value,
    },
    /// Sends a raw request.
    Raw(Raw),
    /// Fetches a page, such as the keys of a pool.
    Get(String),
    /// Sends a request to the pool's domain, as a browser or an OAuth client does.
    Web(Box<Web>),
    /// Moves the clock forward, in seconds.
    Advance(u64),
    /// Decodes a JWT into `header` and `claims`.
    Decode(String),
    /// Parses JSON in a string.
    Parse(String),
    /// Assigns names to values.
    Name(BTreeMap<String, Value>),
    /// Requires these values to be distinct.
    Differ(Vec<String>),
    /// Computes the response to an SRP challenge.
    Prove(Proof),
    /// Computes the password verifier of a device.
    Verifier(Verifier),
}

/// A raw request, which an SDK would not send.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// HTTP method.
    #[serde(default = "post")]
    pub method: String,
    /// The whole `X-Amz-Target`.
    pub target: Option<String>,
    /// The body as it is sent.
    #[serde(default)]
    pub body: String,
    /// Whether it is signed.
    #[serde(default)]
    pub signed: bool,
    /// Further headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// A request to a domain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// HTTP method; `POST` if there is a form or a body, otherwise `GET`.
    pub method: Option<String>,
    /// The path, or a URL of the domain that an earlier response named.
    pub path: String,
    /// Parameters of the query, which are encoded.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// Fields of a form, which are encoded.
    pub form: Option<Map<String, Value>>,
    /// The name of a page's fields, which the form sends too, as browsers do.
    pub fields: Option<String>,
    /// A JSON document as the body.
    pub json: Option<Value>,
    /// The id and the secret of an app client, for HTTP Basic authentication.
    pub basic: Option<[String; 2]>,
    /// An access token.
    pub bearer: Option<String>,
    /// Whether a server other than AWS is addressed by the domain's host, not by its own. A server
    /// needs the host for paths that only domains have.
    #[serde(default)]
    pub at_host: bool,
    /// The prefix of the domain; by default `$domain`.
    #[serde(default = "domain_name")]
    pub domain: String,
    /// Whether the request has no cookies of earlier requests, and keeps none.
    #[serde(default)]
    pub fresh: bool,
}

fn domain_name() -> String {
    "$domain".to_owned()
}

fn post() -> String {
    "POST".to_owned()
}

/// The input of the response to an SRP challenge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Pool name, or the device's group key.
    pub group: String,
    /// Internal username, or the device's key.
    pub username: String,
    /// The password.
    pub password: String,
    /// `SALT` of the challenge.
    pub salt: String,
    /// `SRP_B` of the challenge.
    pub srp_b: String,
    /// `SECRET_BLOCK` of the challenge.
    pub block: String,
}

/// The input of the password verifier of a device.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    /// The device's group key.
    pub group: String,
    /// The device's key.
    pub device: String,
    /// The device's password.
    pub password: String,
}

/// The expected result of a step.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// The HTTP status. If absent, it is 400 for an expected exception, and 200 otherwise.
    pub status: Option<u16>,
    /// The allowed exceptions. If the list is empty, no exception is expected.
    pub error: Vec<String>,
    /// The allowed sentences.
    pub says: Vec<String>,
    /// Sentences of older pools, which are also allowed on AWS.
    pub formerly: Vec<String>,
    /// A regular expression for the whole sentence.
    pub like: Option<String>,
    /// Members of the answer.
    pub answer: Option<Value>,
    /// The body as text, or a regular expression for it after `~`.
    pub text: Option<String>,
    /// JSON pointers to members that must be absent.
    pub absent: Vec<String>,
    /// Headers of the answer.
    pub headers: BTreeMap<String, Value>,
    /// An answer of the same shape: names and JSON types.
    pub shape: Option<Value>,
    /// Members of `shape` that may be absent, with the reason.
    pub except: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaFile {
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    #[serde(default)]
    recipes: BTreeMap<String, Vec<Entry>>,
    #[serde(default)]
    pools: BTreeMap<String, FixtureFile>,
    #[serde(default)]
    provided: BTreeMap<String, Provision>,
    #[serde(default, rename = "case")]
    cases: Vec<CaseFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixtureFile {
    from: Option<String>,
    make: Vec<Entry>,
}

#[derive(Deserialize)]
struct CaseFile {
    #[serde(default)]
    id: String,
    #[serde(default)]
    title: String,
    evidence: Option<Evidence>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default = "main_pool")]
    pool: String,
    #[serde(default)]
    given: Vec<Entry>,
    #[serde(default)]
    then: Vec<Entry>,
    #[serde(flatten)]
    step: StepFile,
}

fn main_pool() -> String {
    "main".to_owned()
}

/// A step, or the name of a recipe.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Entry {
    Recipe(String),
    Step(Box<StepFile>),
}

#[derive(Clone, Deserialize)]
struct StepFile {
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    keep: BTreeMap<String, String>,
    status: Option<u16>,
    #[serde(default)]
    error: OneOrMany,
    #[serde(default)]
    says: OneOrMany,
    #[serde(default)]
    formerly: OneOrMany,
    says_like: Option<String>,
    answer: Option<Value>,
    text: Option<String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    with: Map<String, Value>,
    #[serde(default)]
    except: BTreeMap<String, String>,
    #[serde(flatten)]
    act: Map<String, Value>,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(value: OneOrMany) -> Self {
        match value {
            OneOrMany::None => vec![],
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

impl Corpus {
    /// Reads the built-in corpus.
    ///
    /// # Errors
    /// The first problem, with its file.
    pub fn read() -> Result<Self, String> {
        let texts = FILES.iter().map(|(name, text)| (*name, (*text).to_owned()));
        Self::of(texts, EXAMPLES)
    }

    /// Reads the corpus from a folder, so that cases can be run without a build.
    ///
    /// # Errors
    /// The first problem, with its file.
    pub fn read_from(folder: &Path) -> Result<Self, String> {
        let mut texts = vec![];
        for (name, _) in FILES {
            let path = folder.join(format!("{name}.toml"));
            let text = std::fs::read_to_string(&path);
            texts.push((
                *name,
                text.map_err(|error| format!("{}: {error}", path.display()))?,
            ));
        }
        let path = folder.join("aws-examples.json");
        let examples = std::fs::read_to_string(&path);
        Self::of(
            texts,
            &examples.map_err(|error| format!("{}: {error}", path.display()))?,
        )
    }

    fn of(
        texts: impl IntoIterator<Item = (&'static str, String)>,
        examples: &str,
    ) -> Result<Self, String> {
        let mut facts = Facts::default();
        let mut files = vec![];
        for (name, text) in texts {
            if name == "facts" {
                facts = toml::from_str(&text).map_err(|error| format!("{name}.toml: {error}"))?;
            } else {
                files.push((name, area(name, &text)?));
            }
        }

        let mut recipes = BTreeMap::new();
        for (name, file) in &mut files {
            for (recipe, entries) in std::mem::take(&mut file.recipes) {
                if recipes.insert(recipe.clone(), entries).is_some() {
                    return Err(format!("{name}.toml: there are two recipes `{recipe}`"));
                }
            }
        }
        let kitchen = Kitchen {
            recipes,
            examples: serde_json::from_str(examples)
                .map_err(|error| format!("aws-examples.json: {error}"))?,
        };
        let mut corpus = Self {
            areas: vec![],
            pools: BTreeMap::new(),
            provided: BTreeMap::new(),
            facts,
            examples: BTreeMap::new(),
        };
        for (name, file) in files {
            corpus.provided.extend(file.provided);
            for (pool, fixture) in file.pools {
                let in_pool = |why| format!("{name}.toml, pool `{pool}`: {why}");
                let steps = kitchen.cook(fixture.make).map_err(in_pool)?;
                let from = fixture.from;
                corpus.pools.insert(pool, Fixture { from, steps });
            }
            let mut cases = vec![];
            for case in file.cases {
                let in_case = format!("{name}.toml, case {} {:?}", case.id, case.step.act);
                let case = kitchen.case(case);
                cases.push(case.map_err(|why| format!("{in_case}: {why}"))?);
            }
            if !cases.is_empty() {
                let name = name.to_owned();
                corpus.areas.push(Area { name, cases });
            }
        }
        corpus.examples = kitchen.examples;
        Ok(corpus)
    }

    /// Every case, with its area.
    pub fn cases(&self) -> impl Iterator<Item = (&Area, &Case)> {
        self.areas
            .iter()
            .flat_map(|area| area.cases.iter().map(move |case| (area, case)))
    }
}

fn area(name: &str, text: &str) -> Result<AreaFile, String> {
    toml::from_str(text).map_err(|error| format!("{name}.toml: {error}"))
}

/// Recipes and examples, which replace their names in steps.
struct Kitchen {
    recipes: BTreeMap<String, Vec<Entry>>,
    examples: BTreeMap<String, Example>,
}

impl Kitchen {
    fn case(&self, mut case: CaseFile) -> Result<Case, String> {
        if let Some(Value::String(name)) = case.step.act.get("example") {
            let example = self.example(name)?;
            case.id.clone_from(name);
            case.title.clone_from(&example.title);
            case.evidence = Some(Evidence::Docs);
            EXAMPLES_SOURCE.clone_into(&mut case.source);
        }
        let evidence = case.evidence.ok_or("it has no evidence")?;
        let mut steps = self.cook(case.given)?;
        steps.push(self.step(case.step)?);
        steps.extend(self.cook(case.then)?);
        Ok(Case {
            id: case.id,
            title: case.title,
            evidence,
            source: case.source,
            also: case.also,
            pool: Some(case.pool).filter(|pool| pool != "none"),
            steps,
        })
    }

    fn cook(&self, entries: Vec<Entry>) -> Result<Vec<Step>, String> {
        let mut steps = vec![];
        for entry in entries {
            match entry {
                Entry::Step(file) => steps.push(self.step(*file)?),
                Entry::Recipe(name) => {
                    let recipe = self.recipes.get(&name);
                    let recipe = recipe.ok_or_else(|| format!("there is no recipe `{name}`"))?;
                    steps.extend(self.cook(recipe.clone())?);
                }
            }
        }
        Ok(steps)
    }

    fn example(&self, name: &str) -> Result<&Example, String> {
        let example = self.examples.get(name);
        example.ok_or_else(|| format!("AWS has no example `{name}`"))
    }

    /// A step. In an example, the ids of pools and clients are replaced by those of the
    /// run.
    fn step(&self, mut file: StepFile) -> Result<Step, String> {
        let Some(Value::String(name)) = file.act.get("example") else {
            return step(file);
        };
        let example = self.example(name)?;
        let mut input = example.input.clone();
        let places = [
            ("UserPoolId", "$pool"),
            ("ClientId", "$client"),
            ("AccessToken", "$access"),
            ("Session", "$session"),
            ("DeviceKey", "$device"),
            ("ResourceArn", "$arn"),
        ];
        for (member, name) in places {
            if let Some(value) = input.get_mut(member) {
                *value = Value::from(name);
            }
        }
        input.extend(std::mem::take(&mut file.with));
        let call = (example.operation.clone(), Value::Object(input));
        file.act = Map::from_iter([call]);
        let mut step = step(file)?;
        step.expect.shape.clone_from(&example.answer);
        Ok(step)
    }
}

fn step(file: StepFile) -> Result<Step, String> {
    let mut acts = file.act.into_iter();
    let (Some((name, value)), None) = (acts.next(), acts.next()) else {
        return Err("a step does one thing".to_owned());
    };
    Ok(Step {
        act: act(&name, value).map_err(|why| format!("`{name}`: {why}"))?,
        times: file.times,
        keep: file.keep,
        expect: Expect {
            status: file.status,
            error: file.error.into(),
            says: file.says.into(),
            formerly: file.formerly.into(),
            like: file.says_like,
            answer: file.answer,
            text: file.text,
            absent: file.absent,
            headers: file.headers,
            shape: None,
            except: file.except,
        },
    })
}

fn act(name: &str, value: Value) -> Result<Act, String> {
    fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
    Ok(match name {
        "raw" => Act::Raw(read(value)?),
        "get" => Act::Get(read(value)?),
        "web" => Act::Web(Box::new(read(value)?)),
        "advance" => Act::Advance(read(value)?),
        "decode" => Act::Decode(read(value)?),
        "parse" => Act::Parse(read(value)?),
        "name" => Act::Name(read(value)?),
        "differ" => Act::Differ(read(value)?),
        "prove" => Act::Prove(read(value)?),
        "verifier" => Act::Verifier(read(value)?),
        operation if Model::get().operation(operation).is_some() => Act::Call {
            operation: operation.to_owned(),
            input: value,
        },
        _ => return Err("unknown operation or step".to_owned()),
    })
}
