//! A run of cases against a target: creates the shared pools, executes the steps, and
//! deletes what it created.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::compare;
use super::corpus::{Act, Case, Corpus, Expect, Proof, Raw, Step, Verifier, Web};
use super::names::{Ended, Filler, Names, SRP, complete, plain, unlike};
use super::report::{Difference, Outcome};
use super::target::Target;
use super::web;
use crate::cognito::jwt::Token;
use crate::cognito::srp;

/// A password that the default policy accepts.
const PASSWORD: &str = "Correct-Horse-7";

/// One run. It records what it created until that is deleted.
pub(super) struct Run<'a> {
    corpus: &'a Corpus,
    target: &'a Target,
    names: Names,
    pools: BTreeMap<String, Result<Names, Outcome>>,
    made: Vec<String>,
    stop: &'a CancellationToken,
    /// Whether the response to a `CreateUserPool` was lost.
    lost: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        corpus: &'a Corpus,
        target: &'a Target,
        given: &BTreeMap<String, String>,
        stop: &'a CancellationToken,
    ) -> Self {
        let mut bytes = [0_u8; 8];
        // Without randomness, two runs would use the same names, and the second would fail.
        let _ = getrandom::fill(&mut bytes);
        let run = u64::from_le_bytes(bytes);
        let region = target.region();
        let mut names = BTreeMap::from([
            (
                "run".to_owned(),
                json!(format!("cognito-mcp-verify-{run:016x}")),
            ),
            // A name for domains, which must not contain `cognito`.
            ("unique".to_owned(), json!(format!("verify-{run:016x}"))),
            ("region".to_owned(), json!(region)),
            ("nowhere".to_owned(), json!(format!("{region}_000000000"))),
            ("password".to_owned(), json!(PASSWORD)),
            // See `complete`.
            ("absent".to_owned(), json!("$absent")),
        ]);
        for (name, provision) in &corpus.provided {
            let value = given.get(name);
            let does = if provision.in_process {
                target.is_in_process()
            } else {
                !target.is_aws()
            };
            let value = value.or_else(|| does.then_some(&provision.emulator));
            if let Some(value) = value {
                names.insert(name.clone(), json!(value.replace("$region", region)));
            }
        }
        Self {
            corpus,
            target,
            names,
            pools: BTreeMap::new(),
            made: vec![],
            stop,
            lost: false,
        }
    }

    /// Runs one case; `None` if the run was stopped.
    pub(super) async fn case(&mut self, case: &Case) -> Option<Outcome> {
        if let Some(lacking) = self.target.lacks(case) {
            return Some(Outcome::Skipped(lacking));
        }
        let mut names = self.names.clone();
        if let Some(pool) = &case.pool {
            match self.pool(pool).await? {
                Ok(made) => names = made,
                Err(outcome) => return Some(outcome),
            }
        }
        let slug = case.id.to_lowercase().replace(['.', ' ', '/'], "-");
        names.insert("case".to_owned(), json!(slug));
        names.insert("user".to_owned(), json!(format!("user-{slug}")));
        // The address of the SES mailbox simulator, so that no message bounces.
        let address = format!("success+{slug}@simulator.amazonses.com");
        names.insert("email".to_owned(), json!(address));
        // These phone numbers are not assigned.
        let number = slug.bytes().fold(7_u32, |number, byte| {
            number.wrapping_mul(31).wrapping_add(byte.into()) % 100
        });
        names.insert("phone".to_owned(), json!(format!("+120655501{number:02}")));
        self.steps(&case.steps, &mut names).await
    }

    /// A shared pool, created at its first use; `None` if the run was stopped.
    async fn pool(&mut self, name: &str) -> Option<Result<Names, Outcome>> {
        if let Some(made) = self.pools.get(name) {
            return Some(made.clone());
        }
        let Some(fixture) = self.corpus.pools.get(name) else {
            let why = format!("a shared pool `{name}`, which no file defines");
            return Some(Err(Outcome::Skipped(why)));
        };
        let base = match &fixture.from {
            Some(from) => Box::pin(self.pool(from)).await?,
            None => Ok(self.names.clone()),
        };
        let made = match base {
            Err(outcome) => Err(outcome),
            Ok(mut names) => {
                names.insert("case".to_owned(), json!(name));
                match self.steps(&fixture.steps, &mut names).await? {
                    Outcome::Passed | Outcome::PassedFormerly => Ok(names),
                    other => Err(other),
                }
            }
        };
        self.pools.insert(name.to_owned(), made.clone());
        Some(made)
    }

    async fn steps(&mut self, steps: &[Step], names: &mut Names) -> Option<Outcome> {
        let mut transcript = vec![];
        let mut formerly = false;
        for step in steps {
            for _ in 0..step.times {
                if self.stop.is_cancelled() {
                    return None;
                }
                let done = self.step(step, names, &mut transcript).await;
                match done {
                    Ok(was_formerly) => formerly |= was_formerly,
                    Err(Ended::Skipped(why)) => return Some(Outcome::Skipped(why)),
                    Err(Ended::Differs(expected, got)) => {
                        let difference = Difference::new(&expected, &got, &transcript);
                        return Some(Outcome::Failed(difference));
                    }
                }
            }
        }
        Some(if formerly {
            Outcome::PassedFormerly
        } else {
            Outcome::Passed
        })
    }

    /// Runs an act that sends nothing. Returns its value.
    async fn compute(&mut self, act: &Act, names: &mut Names) -> Result<Value, Ended> {
        match act {
            Act::Decode(token) => {
                let token = self.filler(names).text(token).await?;
                decoded(&token).ok_or_else(|| unlike("a JWT", &token))
            }
            Act::Parse(text) => {
                let text = self.filler(names).text(text).await?;
                serde_json::from_str(&text).map_err(|_| unlike("JSON", &text))
            }
            Act::Name(given) => {
                for (name, value) in given {
                    let value = self.filler(names).fill(value).await?;
                    names.insert(name.clone(), value);
                }
                Ok(Value::Null)
            }
            Act::Differ(texts) => {
                let mut seen = vec![];
                for text in texts {
                    let text = self.filler(names).text(text).await?;
                    if seen.contains(&text) {
                        let expected = format!("values that differ: {}", texts.join(", "));
                        return Err(Ended::Differs(expected, format!("twice {text}")));
                    }
                    seen.push(text);
                }
                Ok(Value::Null)
            }
            Act::Prove(proof) => self.prove(proof, names).await,
            Act::Verifier(verifier) => self.derive_verifier(verifier, names).await,
            Act::Call { .. } | Act::Raw(_) | Act::Get(_) | Act::Web(_) | Act::Advance(_) => {
                unreachable!("these acts send something")
            }
        }
    }

    /// Answers an SRP challenge, and keeps the proof as `claim` and `timestamp`.
    async fn prove(&mut self, proof: &Proof, names: &mut Names) -> Result<Value, Ended> {
        let proof = Proof {
            group: self.filler(names).text(&proof.group).await?,
            username: self.filler(names).text(&proof.username).await?,
            password: self.filler(names).text(&proof.password).await?,
            salt: self.filler(names).text(&proof.salt).await?,
            srp_b: self.filler(names).text(&proof.srp_b).await?,
            block: self.filler(names).text(&proof.block).await?,
        };
        let now = self.target.now().await?;
        let challenge = srp::Challenge {
            group: &proof.group,
            username: &proof.username,
            password: &proof.password,
            salt: &proof.salt,
            srp_b: &proof.srp_b,
            block: &proof.block,
        };
        let claim = SRP
            .prove(&challenge, now)
            .map_err(|why| Ended::Differs("an SRP challenge".to_owned(), why))?;
        names.insert("claim".to_owned(), json!(claim.signature));
        names.insert("timestamp".to_owned(), json!(claim.timestamp));
        Ok(Value::Null)
    }

    /// Derives the verifier of a device, and keeps it as `salt` and `verifier`.
    async fn derive_verifier(
        &mut self,
        verifier: &Verifier,
        names: &mut Names,
    ) -> Result<Value, Ended> {
        let group = self.filler(names).text(&verifier.group).await?;
        let device = self.filler(names).text(&verifier.device).await?;
        let password = self.filler(names).text(&verifier.password).await?;
        let (salt, verifier) = srp::device_verifier(&group, &device, &password);
        names.insert("salt".to_owned(), json!(salt));
        names.insert("verifier".to_owned(), json!(verifier));
        Ok(Value::Null)
    }

    /// Runs a step. Returns whether its sentence is one of older pools.
    async fn step(
        &mut self,
        step: &Step,
        names: &mut Names,
        transcript: &mut Vec<String>,
    ) -> Result<bool, Ended> {
        let answer = match &step.act {
            Act::Call { operation, input } => {
                let mut input = self.filler(names).fill(input).await?;
                complete(operation, &mut input, names);
                self.call(operation, &input, transcript).await?
            }
            Act::Raw(raw) => {
                let raw = Raw {
                    body: self.filler(names).text(&raw.body).await?,
                    ..raw.clone()
                };
                let answer = self.target.send(&raw).await?;
                let target = raw.target.as_deref().unwrap_or("without a target");
                transcript.push(format!("{target} {}", raw.body));
                transcript.push(format!("  {answer}"));
                answer
            }
            Act::Get(path) => {
                let path = self.filler(names).text(path).await?;
                let answer = self.target.get(&path).await?;
                transcript.push(format!("GET {path}"));
                transcript.push(format!("  {answer}"));
                answer
            }
            Act::Web(request) => self.web(request, names, transcript).await?,
            Act::Advance(seconds) => {
                self.target.advance(*seconds).await?;
                transcript.push(format!("the clock advances by {seconds} s"));
                Answer {
                    status: 200,
                    ..Answer::default()
                }
            }
            act => local(self.compute(act, names).await?),
        };
        let formerly = self.compare(&step.expect, &answer, names).await?;
        let body = answer.body();
        for (name, pointer) in &step.keep {
            let Some(value) = body.pointer(pointer) else {
                let expected = format!("{pointer}, to be kept as {name}");
                return Err(Ended::Differs(expected, answer.to_string()));
            };
            names.insert(name.clone(), value.clone());
        }
        Ok(formerly)
    }

    /// Sends a request to a domain. The cookies of its responses are kept for the case.
    async fn web(
        &mut self,
        web: &Web,
        names: &mut Names,
        transcript: &mut Vec<String>,
    ) -> Result<Answer, Ended> {
        let mut request = web::Request {
            method: web.method.clone(),
            path: self.filler(names).text(&web.path).await?,
            domain: self.filler(names).text(&web.domain).await?,
            ..web::Request::default()
        };
        for (name, value) in &web.query {
            let value = self.filler(names).fill(value).await?;
            request.query.push((name.clone(), web::text(&value)));
        }
        if let Some(form) = &web.form {
            request.form = Some(self.form(web, form, names).await?);
        }
        if let Some(json) = &web.json {
            request.json = Some(self.filler(names).fill(json).await?);
        }
        if let Some([id, secret]) = &web.basic {
            let id = self.filler(names).text(id).await?;
            request.basic = Some((id, self.filler(names).text(secret).await?));
        }
        if let Some(token) = &web.bearer {
            request.bearer = Some(self.filler(names).text(token).await?);
        }
        if web.at_host && !self.target.is_aws() {
            let region = self.target.region();
            request.host = Some(format!("{}.auth.{region}.localhost", request.domain));
        }
        if !web.fresh {
            request.cookies = web::cookies(names);
        }
        let answer = self.target.web(&request).await?;
        transcript.push(format!("{} {}", request.method(), request.target()));
        transcript.push(format!("  {answer}"));
        if !web.fresh {
            web::keep_cookies(names, &answer);
        }
        Ok(answer)
    }

    /// The fields that a form sends: those of the page, with the values of the case.
    async fn form(
        &self,
        web: &Web,
        form: &Map<String, Value>,
        names: &Names,
    ) -> Result<Vec<(String, String)>, Ended> {
        let mut fields = match &web.fields {
            Some(page) => self.filler(names).fill(&json!(page)).await?,
            None => json!({}),
        };
        let Value::Object(fields) = &mut fields else {
            return Err(unlike("the fields of a page", &fields.to_string()));
        };
        for (name, value) in form {
            let value = self.filler(names).fill(value).await?;
            fields.insert(name.clone(), value);
        }
        let fields = fields.iter();
        Ok(fields
            .map(|(name, value)| (name.clone(), web::text(value)))
            .collect())
    }

    /// Calls an operation, and remembers a pool that it creates.
    async fn call(
        &mut self,
        operation: &str,
        input: &Value,
        transcript: &mut Vec<String>,
    ) -> Result<Answer, Ended> {
        self.refuse_strangers(input)?;
        let called = self.target.call(operation, input).await;
        self.lost |= operation == "CreateUserPool" && called.is_err();
        transcript.push(format!("{operation} {input}"));
        let answer = called?;
        transcript.push(format!("  {answer}"));
        match (operation, answer.status) {
            ("CreateUserPool", 200) => {
                if let Some(id) = answer.body()["UserPool"]["Id"].as_str() {
                    self.made.push(id.to_owned());
                }
            }
            ("DeleteUserPool", 200) => self.made.retain(|id| input["UserPoolId"] != id.as_str()),
            // The emulator does not implement the operation. Cognito does not send this
            // status.
            (_, 501) => {
                let why = format!("an implementation of {operation}");
                return Err(Ended::Skipped(why));
            }
            _ => {}
        }
        Ok(answer)
    }

    /// Refuses calls that name a pool outside this run.
    fn refuse_strangers(&self, input: &Value) -> Result<(), Ended> {
        let Some(pool) = input.get("UserPoolId").and_then(Value::as_str) else {
            return Ok(());
        };
        let is_id = compare::is_like(r"[\w-]+_[0-9A-Za-z]{5,}", pool);
        let is_ours = self.made.iter().any(|id| id == pool) || self.names["nowhere"] == pool;
        if is_id && !is_ours && self.target.is_aws() {
            return Err(Ended::Differs(
                "a pool of this run".to_owned(),
                format!("{pool}, so it was not sent"),
            ));
        }
        Ok(())
    }

    fn filler<'b>(&'b self, names: &'b Names) -> Filler<'b> {
        Filler {
            corpus: self.corpus,
            target: self.target,
            names,
        }
    }

    async fn compare(
        &self,
        expect: &Expect,
        answer: &Answer,
        names: &Names,
    ) -> Result<bool, Ended> {
        let differs = |expected: String| Err(Ended::Differs(expected, answer.to_string()));
        let wanted = expect
            .status
            .unwrap_or(if expect.error.is_empty() { 200 } else { 400 });
        let code = answer.code().unwrap_or_default();
        let mut says = vec![];
        for sentence in &expect.says {
            says.push(self.filler(names).text(sentence).await?);
        }
        let error = expect.error.join(" or ");
        if answer.status != wanted || (!expect.error.is_empty() && !expect.error.contains(&code)) {
            return differs(match says.first() {
                Some(says) => format!("{wanted} {error}: {says}"),
                None if error.is_empty() => wanted.to_string(),
                None => format!("{wanted} {error}"),
            });
        }
        let sentence = answer.sentence().unwrap_or_default();
        let mut formerly = false;
        if !says.is_empty() && !says.contains(&sentence) {
            for sentence_before in &expect.formerly {
                formerly |= self.filler(names).text(sentence_before).await? == sentence;
            }
            if !(formerly && self.target.is_aws()) {
                return differs(format!("{wanted} {error}: {}", says.join("\nor: ")));
            }
        }
        if let Some(pattern) = &expect.like {
            let pattern = self.filler(names).pattern(pattern).await?;
            if !compare::is_like(&pattern, &sentence) {
                return differs(format!("{wanted} {error}: a sentence like {pattern}"));
            }
        }
        let body = answer.body();
        if let Some(expected) = &expect.answer {
            let expected = self.filler(names).fill(expected).await?;
            if let Some(lacking) = compare::lacks(&expected, &body) {
                return differs(lacking);
            }
        }
        if let Some(expected) = &expect.text
            && !self.is_text(expected, answer, names).await?
        {
            return differs(format!("the text {expected}"));
        }
        for pointer in &expect.absent {
            if body.pointer(pointer).is_some() {
                return differs(format!("nothing at {pointer}"));
            }
        }
        if let Some(lacking) = self.headers_lack(expect, answer, names).await? {
            return differs(lacking);
        }
        if let Some(example) = &expect.shape
            && let Some(lacking) = compare::misshapen(example, &body, &expect.except)
        {
            return differs(lacking);
        }
        Ok(formerly)
    }

    /// The first difference between the expected headers and those of `answer`, in one sentence.
    async fn headers_lack(
        &self,
        expect: &Expect,
        answer: &Answer,
        names: &Names,
    ) -> Result<Option<String>, Ended> {
        for (name, expected) in &expect.headers {
            let expected = self.filler(names).fill(expected).await?;
            let found = answer.headers.get(name);
            let lacking = match found {
                Some(text) if expected == "$absent" => Some(format!(": none, not {text}")),
                None if expected == "$absent" => None,
                Some(text) => compare::lacks(&expected, &json!(text)),
                None => Some(format!(": {expected}, but it is missing")),
            };
            if let Some(lacking) = lacking {
                return Ok(Some(format!("header {name} {lacking}")));
            }
        }
        Ok(None)
    }

    /// Whether the body of `answer` is the `expected` text, or like the pattern after a `~`.
    async fn is_text(&self, expected: &str, answer: &Answer, names: &Names) -> Result<bool, Ended> {
        let filler = self.filler(names);
        Ok(match expected.strip_prefix('~') {
            Some(pattern) => compare::is_like(&filler.pattern(pattern).await?, &answer.text),
            None => filler.text(expected).await? == answer.text,
        })
    }

    /// Deletes every pool that the run created. Returns those that it could not delete.
    pub(super) async fn clean_up(&mut self) -> Vec<String> {
        if self.lost {
            self.find_lost().await;
        }
        let mut left = vec![];
        for id in std::mem::take(&mut self.made) {
            if let Err(why) = self.delete(&id).await {
                left.push(format!("{id}: {why}"));
            }
        }
        left
    }

    async fn delete(&self, id: &str) -> Result<(), String> {
        let pool = json!({ "UserPoolId": id });
        let call = async |operation: &str, input: &Value| {
            let called = self.target.call(operation, input).await;
            called.map_err(|trouble| format!("{trouble:?}"))
        };
        let deleted = call("DeleteUserPool", &pool).await?;
        if deleted.status == 200 || deleted.code().as_deref() == Some("ResourceNotFoundException") {
            return Ok(());
        }
        // A domain and deletion protection prevent the deletion.
        let described = call("DescribeUserPool", &pool).await?.body();
        for member in ["Domain", "CustomDomain"] {
            if let Some(domain) = described["UserPool"][member].as_str() {
                let input = json!({ "UserPoolId": id, "Domain": domain });
                call("DeleteUserPoolDomain", &input).await?;
            }
        }
        // The update removes verification, so no attribute may still require it.
        let input = json!({
            "UserPoolId": id,
            "DeletionProtection": "INACTIVE",
            "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": [] },
        });
        let updated = call("UpdateUserPool", &input).await?;
        let deleted = call("DeleteUserPool", &pool).await?;
        if deleted.status == 200 {
            Ok(())
        } else {
            Err(format!("{deleted}, after {updated}"))
        }
    }

    /// Finds pools with a name that only this run uses.
    async fn find_lost(&mut self) {
        let run = plain(&self.names["run"]);
        let mut input = json!({ "MaxResults": 60 });
        while let Ok(listed) = self.target.call("ListUserPools", &input).await {
            let listed = listed.body();
            for pool in listed["UserPools"].as_array().into_iter().flatten() {
                let is_ours = pool["Name"]
                    .as_str()
                    .is_some_and(|name| name.starts_with(&run));
                if let Some(id) = pool["Id"].as_str().filter(|_| is_ours)
                    && !self.made.iter().any(|made| made == id)
                {
                    self.made.push(id.to_owned());
                }
            }
            match listed["NextToken"].as_str() {
                Some(token) => input["NextToken"] = json!(token),
                None => break,
            }
        }
    }
}

/// The answer of a step without a call.
fn local(body: Value) -> Answer {
    Answer {
        status: 200,
        text: body.to_string(),
        ..Answer::default()
    }
}

/// Header and claims of a JWT.
fn decoded(token: &str) -> Option<Value> {
    let token = Token::parse(token).ok()?;
    Some(json!({ "header": token.header, "claims": token.claims }))
}
