//! Toolset `diagnosis`: why a user cannot sign in, and what weakens a pool.
//!
//! The tools read; the checks are in `src/diagnosis/`. The fix of a finding is a call of
//! another tool, which is valid and can be executed without changes.

use std::time::UNIX_EPOCH;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::risk::{Event, sign_in_events};
use super::{ByClient, Entry, InPool, OneUser, Tool};
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::part::Part;
use crate::cognito::{time, user_status};
use crate::diagnosis::pool::{self, Outcome, Pool, Severity};
use crate::diagnosis::sign_in::{self, Flow, Impact, Refusal, SignInFacts, User, attribute_like};
use crate::diagnosis::{GENERATED, NotRead, ResponseView};
use crate::error::{NextCall, ToolResult};
use crate::hints;

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<DiagnoseSignIn>(), Entry::of::<AuditPool>()]
}

/// Find out whether a user could sign in now, and if not, every reason with the call that fixes it. Also shows the challenges that the sign-in asks, and recent attempts. Changes nothing.
#[derive(Deserialize, JsonSchema)]
struct DiagnoseSignIn {
    #[serde(flatten)]
    user: OneUser,
    #[serde(flatten)]
    client: ByClient,
    /// Flow that the application uses. Absent: the first that the client allows.
    flow: Option<Flow>,
}

/// The result of a diagnosis.
#[derive(Serialize, JsonSchema)]
struct Diagnosis {
    /// Whether a sign-in with the right password and codes succeeds now. `unknown`: a function decides, the cause may have ended, or a part could not be read.
    can_sign_in: Verdict,
    /// The result in one sentence.
    explanation: String,
    /// Username, as the pool keeps it; absent if there is no such user.
    username: Option<String>,
    /// Status, as in `CONFIRMED`.
    status: Option<String>,
    /// What the status means for the next sign-in, and which call changes it.
    status_means: Option<String>,
    /// App client that was checked.
    client_id: Option<String>,
    /// Its name.
    client_name: Option<String>,
    /// Flow that was checked.
    flow: String,
    /// Challenges of the sign-in, in order, as in `NEW_PASSWORD_REQUIRED`.
    challenges: Vec<String>,
    /// Findings; those that prevent the sign-in come first.
    findings: Vec<Finding>,
    /// The user's last sign-in events; only with threat protection.
    recent_events: Vec<Event>,
    /// The user's last refused calls; only on the emulator.
    recent_refusals: Vec<Refusal>,
    /// Parts that could not be read.
    not_read: Vec<NotRead>,
}

#[derive(Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Yes,
    No,
    Unknown,
}

/// A finding about a sign-in.
#[derive(Serialize, JsonSchema)]
struct Finding {
    /// Id of the check, as in `user_disabled`.
    id: String,
    /// Whether the sign-in fails for this reason.
    blocks: bool,
    /// What the check found in the pool, the client or the user.
    seen: String,
    /// The consequence, and what to do.
    means: String,
    /// The call that fixes it.
    fix: Option<NextCall>,
    /// Why this server does not make that call, if it does not.
    fix_not_enabled: Option<String>,
    /// What the user does; replace the text in angle brackets.
    as_user: Option<NextCall>,
}

/// The most recent events and refusals that an answer shows.
const RECENT: usize = 5;

impl Tool for DiagnoseSignIn {
    const NAME: &'static str = "diagnose_sign_in";
    const TITLE: &'static str = "Diagnose sign-in";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminGetUser",
        "AdminGetUserAuthFactors",
        "AdminListDevices",
        "AdminListUserAuthEvents",
        "DescribeRiskConfiguration",
        "DescribeUserPool",
        "DescribeUserPoolClient",
        "GetUserPoolMfaConfig",
        "ListUserPoolClients",
        "ListUsers",
    ];
    const DETAILS: &'static [&'static str] = &[
        "/recent_events/*/event_id",
        "/recent_events/*/timezone",
        "/recent_events/*/feedback_by",
    ];
    type Answer = Diagnosis;

    fn example() -> Value {
        json!({ "username": "ana" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Diagnosis> {
        let pool = cx.pool(&self.user.pool).await?;
        let mut reader = Reader::new(cx, &pool);
        let (facts, events) = self.read(&mut reader).await?;
        let mut found: Vec<_> = sign_in::CHECKS
            .iter()
            .filter_map(|check| Some((check.id, (check.run)(&facts)?)))
            .collect();
        found.sort_by_key(|(_, found)| match found.impact {
            Impact::Blocks => 0,
            Impact::Uncertain => 1,
            Impact::Informs => 2,
        });
        let verdict = verdict(&facts, &found, &reader.not_read);
        let explanation = explanation(&facts, verdict, &found);
        let least = facts.pool.number("/Policies/PasswordPolicy/MinimumLength");
        let mut fixes = Fixes::new(cx, least);
        let findings = found.into_iter().map(|(id, found)| {
            let (fix, fix_not_enabled) = fixes.offer(found.fix);
            Finding {
                id: id.to_owned(),
                blocks: found.impact == Impact::Blocks,
                seen: found.seen,
                means: found.means,
                fix,
                fix_not_enabled,
                as_user: found.user_call.map(|call| fixes.of_user(call)),
            }
        });
        let is_found = matches!(facts.user, User::Found(_));
        let known = |text: &str| is_found.then(|| text.to_owned());
        Ok(Diagnosis {
            can_sign_in: verdict,
            explanation,
            username: known(facts.username()),
            status: known(facts.status()),
            status_means: user_status::explanation(facts.status(), facts.enabled())
                .filter(|_| is_found),
            client_id: facts
                .client
                .as_ref()
                .map(|client| client.text("/ClientId").to_owned()),
            client_name: facts
                .client
                .as_ref()
                .map(|client| client.text("/ClientName").to_owned()),
            flow: facts.flow.name().to_owned(),
            challenges: facts
                .challenges()
                .into_iter()
                .map(ToOwned::to_owned)
                .collect(),
            findings: findings.collect(),
            recent_events: events,
            recent_refusals: facts.refusals,
            not_read: reader.not_read,
        })
    }
}

fn verdict(
    facts: &SignInFacts,
    found: &[(&'static str, sign_in::Finding)],
    not_read: &[NotRead],
) -> Verdict {
    let has = |impact: Impact| found.iter().any(|(_, found)| found.impact == impact);
    let decides = [
        "AdminGetUser",
        "DescribeUserPoolClient",
        "GetUserPoolMfaConfig",
    ];
    let is_partial = not_read
        .iter()
        .any(|part| decides.contains(&part.what.as_str()));
    if has(Impact::Blocks) {
        Verdict::No
    } else if has(Impact::Uncertain) || is_partial || matches!(facts.user, User::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Yes
    }
}

/// A sentence inside another: its first letter is small, unless it begins a name such as
/// `USER_AUTH`.
fn inside(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

fn explanation(
    facts: &SignInFacts,
    verdict: Verdict,
    found: &[(&'static str, sign_in::Finding)],
) -> String {
    // What each check saw is a sentence without its full stop.
    let seen = |impact: Impact| {
        let seen = found.iter().filter(|(_, found)| found.impact == impact);
        let seen: Vec<String> = seen.map(|(_, found)| inside(&found.seen)).collect();
        seen.join("; ")
    };
    let name = facts.username();
    match verdict {
        Verdict::No => format!("{name} cannot sign in: {}.", seen(Impact::Blocks)),
        Verdict::Unknown => match seen(Impact::Uncertain).as_str() {
            "" => format!("Whether {name} can sign in is unknown: see not_read."),
            seen => format!("Whether {name} can sign in is unknown: {seen}."),
        },
        Verdict::Yes => match facts.challenges().as_slice() {
            [] => format!("{name} can sign in with the right password."),
            challenges => format!(
                "{name} can sign in, and must answer {}.",
                challenges.join(", then ")
            ),
        },
    }
}

impl DiagnoseSignIn {
    /// Reads what the checks need.
    async fn read(&self, reader: &mut Reader<'_>) -> ToolResult<(SignInFacts, Vec<Event>)> {
        let cx = reader.cx;
        let given = &self.user.username;
        let pool = reader.pool().await?;
        let client = self.client(reader).await?;
        let flow = self
            .flow
            .unwrap_or_else(|| Flow::default_flow(client.as_ref()));
        let user = reader.user(given, &pool).await?;
        let mfa = reader.part("GetUserPoolMfaConfig", json!({})).await?;
        let mut facts = SignInFacts {
            pool_id: reader.pool_id.to_owned(),
            given: given.clone(),
            flow,
            pool,
            mfa,
            client,
            user,
            factors: None,
            devices: None,
            risk: None,
            events: Vec::new(),
            locked: None,
            refusals: Vec::new(),
            now: i64::try_from(
                cx.now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default()
                    .as_millis(),
            )
            .unwrap_or(i64::MAX),
        };
        let username = facts.username().to_owned();
        let names = [given.as_str(), username.as_str()];
        if let Ok(emulator) = cx.emulator() {
            let refused = emulator.refused_sign_ins(reader.pool_id, &names, RECENT);
            facts.refusals = refused.into_iter().map(refusal).collect();
        }
        if !matches!(facts.user, User::Found(_)) {
            return Ok((facts, Vec::new()));
        }
        let of_user = json!({ "Username": username });
        facts.factors = reader
            .part("AdminGetUserAuthFactors", of_user.clone())
            .await?;
        if facts.pool.0["DeviceConfiguration"].is_object() {
            let devices = reader.part("AdminListDevices", of_user).await?;
            let devices =
                devices.map(|devices| devices.0["Devices"].as_array().map_or(0, Vec::len));
            facts.devices = devices;
        }
        facts.locked = cx
            .emulator()
            .ok()
            .and_then(|emulator| emulator.locked_for(reader.pool_id, &username));
        let events = reader.protection(&mut facts, &username).await?;
        Ok((facts, events))
    }

    /// The client of the call, the server's default, or the only one of the pool.
    async fn client(&self, reader: &mut Reader<'_>) -> ToolResult<Option<ResponseView>> {
        let cx = reader.cx;
        let default = cx.defaults();
        let is_default = default.user_pool_id.as_deref() == Some(reader.pool_id);
        let known = self.client.client_id.clone();
        let known = known.or(default.client_id.filter(|_| is_default));
        if let Some(id) = known {
            return reader.client(&id).await;
        }
        let listed = reader
            .part("ListUserPoolClients", json!({ "MaxResults": 2 }))
            .await?;
        let clients = listed.map(|listed| listed.0["UserPoolClients"].clone());
        let Some([only]) = clients
            .as_ref()
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        else {
            return Ok(None);
        };
        let id = only["ClientId"].as_str().unwrap_or_default().to_owned();
        reader.client(&id).await
    }
}

fn refusal(entry: cognito_emulator::layers::journal::Entry) -> Refusal {
    Refusal {
        at: time::rfc3339_of_milliseconds(entry.time.0),
        operation: entry.operation,
        code: entry.code.unwrap_or_default(),
        message: entry.message.unwrap_or_default(),
    }
}

/// Reads of a pool's parts. Parts that the server is not permitted to read are reported.
struct Reader<'a> {
    cx: &'a Cx,
    pool_id: &'a str,
    not_read: Vec<NotRead>,
}

impl<'a> Reader<'a> {
    fn new(cx: &'a Cx, pool_id: &'a str) -> Self {
        Self {
            cx,
            pool_id,
            not_read: Vec::new(),
        }
    }

    fn input(&self, more: Value) -> Value {
        let mut input = json!({ "UserPoolId": self.pool_id });
        if let (Value::Object(input), Value::Object(more)) = (&mut input, more) {
            input.extend(more);
        }
        input
    }

    fn denied(&mut self, operation: &str, code: String) {
        let part = NotRead {
            what: operation.to_owned(),
            why: code,
        };
        if !self.not_read.contains(&part) {
            self.not_read.push(part);
        }
    }

    /// The response to `operation`, if the pool has the part and the server is permitted to read it.
    async fn part(&mut self, operation: &str, more: Value) -> ToolResult<Option<ResponseView>> {
        match Part::of(self.cx.ask(operation, self.input(more)).await)? {
            Part::Found(answer) => Ok(Some(ResponseView(answer))),
            Part::Absent => Ok(None),
            Part::Denied(code) => {
                self.denied(operation, code);
                Ok(None)
            }
        }
    }

    async fn pool(&self) -> ToolResult<ResponseView> {
        let mut answer = self
            .cx
            .ask("DescribeUserPool", self.input(json!({})))
            .await?;
        answered(
            Some(answer["UserPool"].take()).filter(Value::is_object),
            "user pool",
        )
        .map(ResponseView)
    }

    /// The client `id`. The error is Cognito's if the pool does not have it.
    async fn client(&mut self, id: &str) -> ToolResult<Option<ResponseView>> {
        let input = self.input(json!({ "ClientId": id }));
        let answer = self.cx.ask("DescribeUserPoolClient", input).await;
        match answer {
            Ok(mut answer) => Ok(Some(ResponseView(answer["UserPoolClient"].take()))),
            Err(error) => match Part::of(Err(error.clone()))? {
                Part::Denied(code) => {
                    self.denied("DescribeUserPoolClient", code);
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }

    async fn user(&mut self, given: &str, pool: &ResponseView) -> ToolResult<User> {
        let input = self.input(json!({ "Username": given }));
        match self.cx.ask("AdminGetUser", input).await {
            Ok(user) => return Ok(User::Found(ResponseView(user))),
            Err(error) if error.code == "UserNotFoundException" => {}
            Err(error) => {
                if let Part::Denied(code) = Part::of(Err(error.clone()))? {
                    self.denied("AdminGetUser", code);
                    return Ok(User::Unknown);
                }
                return Err(error);
            }
        }
        let form = attribute_like(given);
        let has_names = !pool
            .list("/AliasAttributes")
            .contains(&"preferred_username");
        let mut with_attribute = Vec::new();
        if form != "preferred_username" || has_names {
            let value = given.replace('\\', r"\\").replace('"', "\\\"");
            let filter = json!({ "Filter": format!("{form} = \"{value}\""), "Limit": RECENT });
            let listed = self.part("ListUsers", filter).await?;
            let users = listed.and_then(|listed| listed.0["Users"].as_array().cloned());
            with_attribute = users.into_iter().flatten().map(ResponseView).collect();
        }
        Ok(User::Absent {
            nearest: hints::nearest_user(self.cx, self.pool_id, given).await,
            with_attribute,
        })
    }

    /// Reads what threat protection knows, if the pool has it.
    async fn protection(
        &mut self,
        facts: &mut SignInFacts,
        username: &str,
    ) -> ToolResult<Vec<Event>> {
        let mode = facts.pool.text("/UserPoolAddOns/AdvancedSecurityMode");
        if matches!(mode, "" | "OFF") {
            return Ok(Vec::new());
        }
        let client = facts.client.as_ref().map(|client| client.text("/ClientId"));
        let risk = self
            .part("DescribeRiskConfiguration", json!({ "ClientId": client }))
            .await?;
        facts.risk = risk.map(|mut risk| ResponseView(risk.0["RiskConfiguration"].take()));
        let newest = i32::try_from(RECENT).unwrap_or(i32::MAX);
        let events = sign_in_events(self.cx, self.pool_id, username, newest).await;
        let shown = |events: &[Event]| {
            events
                .iter()
                .map(|event| json!(event))
                .map(ResponseView)
                .collect()
        };
        match events {
            Ok(events) => {
                facts.events = shown(&events);
                Ok(events)
            }
            Err(error) => {
                if let Part::Denied(code) = Part::of(Err(error))? {
                    self.denied("AdminListUserAuthEvents", code);
                }
                Ok(Vec::new())
            }
        }
    }
}

/// The fixes of one answer.
struct Fixes<'a> {
    cx: &'a Cx,
    /// The minimum length of passwords.
    least: Option<i64>,
    /// The password in all fixes that set one.
    password: Option<Value>,
}

impl<'a> Fixes<'a> {
    fn new(cx: &'a Cx, least: Option<i64>) -> Self {
        Self {
            cx,
            least,
            password: None,
        }
    }

    /// The fix as the answer shows it, and why this server does not make the call, if it does
    /// not. A call that cannot be executed without changes is left out.
    fn offer(&mut self, fix: Option<NextCall>) -> (Option<NextCall>, Option<String>) {
        let Some(mut fix) = fix.filter(|fix| self.exists(fix)) else {
            return (None, None);
        };
        if !self.fill(&mut fix.arguments) {
            return (None, None);
        }
        let fix = hints::executable(self.cx, fix);
        let not_enabled = fix.as_ref().and_then(|fix| self.not_enabled(fix));
        (fix, not_enabled)
    }

    /// The call of a user as the answer shows it.
    fn of_user(&self, mut call: NextCall) -> NextCall {
        if self.cx.pools().only().is_some() {
            call.arguments.shift_remove("user_pool_id");
        }
        call
    }

    /// Whether the backend has the tool: AWS has no clock to advance.
    fn exists(&self, fix: &NextCall) -> bool {
        let tool = self.cx.definition_of(&fix.tool);
        tool.is_some_and(|tool| !tool.emulated_only || self.cx.emulator().is_ok())
    }

    fn not_enabled(&self, fix: &NextCall) -> Option<String> {
        let tool = self.cx.definition_of(&fix.tool)?;
        (!self.cx.is_enabled(&fix.tool)).then(|| {
            format!(
                "`{}` is in the toolset `{}`, and is not enabled on this server",
                fix.tool, tool.toolset
            )
        })
    }

    /// Replaces the place of a generated password. Returns whether there is a password.
    fn fill(&mut self, arguments: &mut JsonObject) -> bool {
        for value in arguments.values_mut() {
            if *value != GENERATED {
                continue;
            }
            if self.password.is_none() {
                let least = self.least.and_then(|least| i32::try_from(least).ok());
                let password = self.cx.generate_password(least);
                self.password = password.map(|password| json!(password));
            }
            let Some(password) = &self.password else {
                return false;
            };
            *value = password.clone();
        }
        true
    }
}

/// Check a user pool's security settings: the controls of AWS Security Hub, the checks of Prowler, and more. Each finding has its severity and the call that fixes it. Changes nothing.
#[derive(Deserialize, JsonSchema)]
struct AuditPool {
    #[serde(flatten)]
    pool: InPool,
}

/// The result of an audit.
#[derive(Serialize, JsonSchema)]
struct Audit {
    /// Pool id.
    user_pool_id: String,
    /// Name of the pool.
    name: String,
    /// Findings, the most severe first.
    findings: Vec<Weakness>,
    /// Ids of the checks that passed.
    passed: Vec<String>,
    /// Checks that could not be made, each with the reason.
    not_read: Vec<NotRead>,
}

/// A finding about a pool.
#[derive(Serialize, JsonSchema)]
struct Weakness {
    /// Id of the check, as in `mfa_required`.
    id: String,
    /// `high`, `medium` or `low`.
    severity: Severity,
    /// What the check found in the pool or the client.
    seen: String,
    /// Why it matters.
    why: String,
    /// The call that fixes it.
    fix: Option<NextCall>,
    /// Why this server does not make that call, if it does not.
    fix_not_enabled: Option<String>,
    /// The same check elsewhere.
    sources: Vec<String>,
}

impl Tool for AuditPool {
    const NAME: &'static str = "audit_pool";
    const TITLE: &'static str = "Audit pool";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "DescribeRiskConfiguration",
        "DescribeUserPool",
        "DescribeUserPoolClient",
        "GetUserPoolMfaConfig",
        "ListUserPoolClients",
    ];
    const DETAILS: &'static [&'static str] = &["/findings/*/sources"];
    type Answer = Audit;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<Audit> {
        let id = cx.pool(&self.pool).await?;
        let mut reader = Reader::new(cx, &id);
        let facts = reader.whole_pool().await?;
        let mut fixes = Fixes::new(cx, None);
        let mut audit = Audit {
            user_pool_id: id.clone(),
            name: facts.described.text("/Name").to_owned(),
            findings: Vec::new(),
            passed: Vec::new(),
            not_read: Vec::new(),
        };
        for check in pool::CHECKS {
            match (check.run)(&facts) {
                Outcome::Passed => audit.passed.push(check.id.to_owned()),
                Outcome::NotRead(operation) => audit.not_read.push(NotRead {
                    what: check.id.to_owned(),
                    why: format!("{operation} was refused"),
                }),
                Outcome::Failed(weaknesses) => {
                    audit
                        .findings
                        .extend(weaknesses.into_iter().map(|weakness| {
                            let (fix, fix_not_enabled) = fixes.offer(weakness.fix);
                            Weakness {
                                id: check.id.to_owned(),
                                severity: weakness.severity,
                                seen: weakness.seen,
                                why: weakness.why,
                                fix,
                                fix_not_enabled,
                                sources: check.sources.iter().map(ToString::to_string).collect(),
                            }
                        }));
                }
            }
        }
        audit.findings.sort_by_key(|finding| finding.severity);
        audit
            .not_read
            .extend(pool::NOT_CHECKED.iter().map(|(what, why)| NotRead {
                what: (*what).to_owned(),
                why: (*why).to_owned(),
            }));
        Ok(audit)
    }
}

impl Reader<'_> {
    /// The settings of the pool and its clients.
    async fn whole_pool(&mut self) -> ToolResult<Pool> {
        let pool = self.pool().await?;
        let mfa = self.part("GetUserPoolMfaConfig", json!({})).await?;
        let protects = !matches!(
            pool.text("/UserPoolAddOns/AdvancedSecurityMode"),
            "" | "OFF"
        );
        let mut risk = Some(ResponseView::default());
        if protects {
            let read = self.part("DescribeRiskConfiguration", json!({})).await?;
            let is_denied = self
                .not_read
                .iter()
                .any(|part| part.what == "DescribeRiskConfiguration");
            let read = read.map(|mut read| ResponseView(read.0["RiskConfiguration"].take()));
            risk = read.or_else(|| (!is_denied).then(ResponseView::default));
        }
        Ok(Pool {
            id: self.pool_id.to_owned(),
            described: pool,
            mfa,
            risk,
            clients: self.clients().await?,
        })
    }

    /// Every client of the pool. None if the server is not permitted to read one.
    async fn clients(&mut self) -> ToolResult<Option<Vec<ResponseView>>> {
        let mut clients = Vec::new();
        let mut next = Value::Null;
        loop {
            let input = json!({ "MaxResults": 60, "NextToken": next });
            let Some(mut page) = self.part("ListUserPoolClients", input).await? else {
                return Ok(None);
            };
            for client in page.0["UserPoolClients"].as_array().into_iter().flatten() {
                let id = client["ClientId"].as_str().unwrap_or_default();
                let Some(described) = self.client(id).await? else {
                    return Ok(None);
                };
                clients.push(described);
            }
            next = page.0["NextToken"].take();
            if next.is_null() {
                return Ok(Some(clients));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn a_sentence_inside_another_has_a_small_first_letter() {
        for (sentence, shown) in [
            ("The user is disabled", "the user is disabled"),
            ("A sign-in failed", "a sign-in failed"),
            ("USER_AUTH is refused", "USER_AUTH is refused"),
            ("`x` is refused", "`x` is refused"),
            ("", ""),
        ] {
            assert_eq!(inside(sentence), shown);
        }
    }
}
