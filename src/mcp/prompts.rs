//! Prompts: tasks of an operator, described as steps with the enabled tools.

use std::fmt::Write as _;

use rmcp::ErrorData;
use rmcp::model::{
    GetPromptResult, JsonObject, Prompt as Published, PromptArgument, PromptMessage, Role,
};
use serde_json::{Value, json};

use crate::arguments::nearest;
use crate::bounds::PROMPT_ARGUMENT_BYTES;
use crate::guard::untrusted;

/// A prompt.
pub struct Prompt {
    /// Name for programs.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Its purpose.
    pub about: &'static str,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// The prompt is published only if one of these tools is enabled.
    pub needs: &'static [&'static str],
    /// The task, with arguments in braces.
    task: &'static str,
    /// Its steps.
    steps: &'static [Step],
    /// What to report at the end.
    end: &'static str,
}

/// An argument of a prompt.
pub struct Argument {
    /// Name for programs.
    pub name: &'static str,
    about: &'static str,
    /// The text in place of an absent argument. None if the argument is required.
    otherwise: Option<&'static str>,
}

/// One step.
struct Step {
    /// The step uses the first enabled one of these; if none is enabled, it is left out.
    tools: &'static [&'static str],
    /// What to do with the tool, with arguments in braces.
    says: &'static str,
    /// The step is left out if this argument is absent.
    only_with: Option<&'static str>,
}

const fn step(tools: &'static [&'static str], says: &'static str) -> Step {
    Step {
        tools,
        says,
        only_with: None,
    }
}

impl Step {
    const fn only_with(mut self, argument: &'static str) -> Self {
        self.only_with = Some(argument);
        self
    }
}

const POOL: Argument = Argument {
    name: "user_pool_id",
    about: "User pool id; the server's default pool if absent.",
    otherwise: Some("the default user pool"),
};

/// Every prompt, sorted by name.
pub const PROMPTS: &[Prompt] = &[
    Prompt {
        name: "audit_pool",
        title: "Audit a pool's security settings",
        about: "Read a user pool's settings and report what weakens its security, without changing anything.",
        arguments: &[POOL],
        needs: &["audit_pool", "describe_pool"],
        task: "Audit the security settings of {user_pool_id}. Only read; change nothing, even if a tool could.",
        steps: &[
            step(
                &["whoami"],
                "note backend, account and Region for the report.",
            ),
            step(
                &["audit_pool"],
                "the findings, which checks passed, and what was not read. The next steps complete it.",
            ),
            step(
                &["describe_pool"],
                "password policy (at least 12 characters, history, short-lived temporary passwords), second factors \
                 (OFF or OPTIONAL is a finding), open sign-up, account recovery by SMS, deletion protection, \
                 feature plan.",
            ),
            step(
                &["get_mfa_config"],
                "which second factors are enabled: SMS alone is a finding; and whether passkeys must verify their user.",
            ),
            step(
                &["get_risk_config"],
                "the settings for compromised passwords and for risky sign-ins; a pool that cannot have them \
                lacks the plan PLUS.",
            ),
            step(
                &["list_clients"],
                "flows that send passwords (ALLOW_USER_PASSWORD_AUTH, ALLOW_ADMIN_USER_PASSWORD_AUTH).",
            ),
            step(
                &["describe_client"],
                "each client: none or two secrets on a server, answers that reveal which users exist, tokens that \
                 cannot be revoked or last long, the implicit grant, callbacks of other domains or over http.",
            ),
            step(
                &["list_identity_providers"],
                "which outside identity providers may sign users in.",
            ),
            step(
                &["list_groups"],
                "groups with an IAM role: their members get that role through an identity pool.",
            ),
            step(
                &["list_users"],
                "users whose status has been UNCONFIRMED or FORCE_CHANGE_PASSWORD for months: unused accounts.",
            ),
        ],
        end: "Report a table: setting, value, why it matters, what to set instead; the worst first. List what could not \
        be read.",
    },
    Prompt {
        name: "find_sign_in_problem",
        title: "Find out why a user cannot sign in",
        about: "Read a user, the pool and its clients to find why a sign-in fails, and propose a fix.",
        arguments: &[
            Argument {
                name: "username",
                about: "Username, sub, e-mail address or phone number of the user.",
                otherwise: None,
            },
            POOL,
            Argument {
                name: "client_id",
                about: "App client that the user signs in through, if known.",
                otherwise: Some("any app client"),
            },
            Argument {
                name: "symptom",
                about: "What the user sees, as in an error message.",
                otherwise: Some("not given"),
            },
        ],
        needs: &["diagnose_sign_in", "get_user"],
        task: "Find out why user {username} cannot sign in to {user_pool_id} through {client_id}. Symptom: {symptom}. \
               First read; change nothing before I agree.",
        steps: &[
            step(
                &["diagnose_sign_in"],
                "every reason with the call that fixes it. If it has one, report it; the next steps are for what it \
                 could not read.",
            ),
            step(
                &["get_user"],
                "status and `enabled`. UNCONFIRMED: never confirmed. FORCE_CHANGE_PASSWORD: the temporary password is \
                 still in use or has expired. RESET_REQUIRED: a password reset is required. Disabled: disabled by an \
                 administrator. EXTERNAL_PROVIDER: signs in through an identity provider, without a password.",
            ),
            step(
                &["list_users"],
                "if the user is unknown: `email = \"…\"` or `phone_number = \"…\"` finds the username, perhaps \
                in another case, or two users with one address.",
            ),
            step(
                &["describe_pool"],
                "whether users sign in by username or by address, whether case matters, which second factors are \
                required.",
            ),
            step(
                &["get_user_factors"],
                "which factors the user has and which the pool requires: an authenticator app on a lost phone, a \
                required factor that was never set up.",
            ),
            step(
                &["list_sign_in_events"],
                "the user's last attempts: whether the password or the second factor failed, and whether threat \
                 protection refused.",
            ),
            step(
                &["list_clients", "describe_client"],
                "whether the client allows the flow that the application uses, and has a secret that the application \
                needs.",
            ),
            step(
                &["read_journal"],
                "the emulator's failed calls, with Cognito's own sentence for each.",
            ),
            step(
                &["confirm_user"],
                "fixes UNCONFIRMED; the address stays unverified.",
            ),
            step(
                &["enable_user"],
                "enables a disabled user, if the reason no longer exists.",
            ),
            step(
                &["reset_password"],
                "replaces an expired temporary password or a forgotten one.",
            ),
            step(
                &["remove_authenticator_app"],
                "fixes a lost phone: the user sets up another app.",
            ),
        ],
        end: "Report the cause, the evidence, and the one call that would fix it; make that call only when I agree. \
              Do not try to sign in as the user.",
    },
    Prompt {
        name: "import_users",
        title: "Import users",
        about: "Import users from a list or a CSV file into a user pool, and check the result.",
        arguments: &[
            Argument {
                name: "source",
                about: "The source of the users: a file, or a description of the list.",
                otherwise: Some("the list in my next message"),
            },
            POOL,
            Argument {
                name: "group",
                about: "Group to put them into.",
                otherwise: Some("no group"),
            },
        ],
        needs: &["create_users", "create_user", "import_users"],
        task: "Import users into {user_pool_id}. Source: {source}. Group: {group}.",
        steps: &[
            step(
                &["whoami"],
                "make sure that account and Region are the intended ones; ask me before you write.",
            ),
            step(
                &["describe_pool"],
                "how users sign in, which attributes are required, and which custom attributes exist; match the \
                 source's columns with them and show me the mapping.",
            ),
            step(
                &["list_users"],
                "a few rows by `email = \"…\"`: do not import existing users again.",
            ),
            step(
                &["create_group"],
                "if the group does not exist (see `list_groups`).",
            )
            .only_with("group"),
            step(
                &["get_import_header"],
                "for more than about 100 users: the columns that the pool's CSV file must have.",
            ),
            step(
                &["import_users"],
                "for more than about 100 users: an import job. They are RESET_REQUIRED then, and choose \
                 their passwords themselves.",
            ),
            step(
                &["get_import"],
                "the state of the job, and why rows failed.",
            ),
            step(
                &["create_users", "create_user"],
                "for fewer: with `message_action` SUPPRESS to send no invitation. The answer has each row's \
                outcome; repeat only the rows that failed.",
            ),
            step(&["list_group_members"], "check that all are in the group.").only_with("group"),
        ],
        end: "Report how many were imported, how many existed already, and each row that failed with the reason.",
    },
    Prompt {
        name: "onboard_test_users",
        title: "Onboard test users",
        about: "Create several test users, put them into a group, and check that they are ready.",
        arguments: &[
            Argument {
                name: "count",
                about: "How many users (3 if absent).",
                otherwise: Some("3"),
            },
            Argument {
                name: "group",
                about: "Group to put them into, as in `beta-tester`.",
                otherwise: Some("no group"),
            },
            Argument {
                name: "prefix",
                about: "Beginning of their usernames (`tester` if absent).",
                otherwise: Some("tester"),
            },
            POOL,
        ],
        needs: &["create_users", "create_user"],
        task: "Create {count} test users in {user_pool_id}, with usernames that begin with {prefix}. Group: {group}.",
        steps: &[
            step(
                &["whoami"],
                "make sure that this pool is for test users; ask me first if the backend is `aws`.",
            ),
            step(
                &["describe_pool"],
                "which attributes are required and how users sign in: if that is by e-mail address, the username is \
                 one.",
            ),
            step(&["list_groups"], "whether the group exists.").only_with("group"),
            step(&["create_group"], "create it if it does not exist.").only_with("group"),
            step(
                &["create_users", "create_user"],
                "create them, with addresses at example.com, `groups` for the group, and `message_action` SUPPRESS. \
                 Give no passwords: Cognito makes temporary ones.",
            ),
            step(
                &["reset_password"],
                "for users who sign in at once: a permanent password that you generate by the pool's policy.",
            ),
            step(&["list_group_members"], "check that all are in the group.").only_with("group"),
            step(&["list_users"], "check their status: `username ^= \"…\"`."),
        ],
        end: "Report a table of the users: username, e-mail address, status, group.",
    },
];

/// The rules at the end of every prompt.
const RULES: &str = "Never ask me for a password, code, token or secret, and never repeat one. A failed call says in its \
                     first line what to do; if it has `retry`, make that call.";

/// The prompt called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Prompt> {
    PROMPTS.iter().find(|prompt| prompt.name == name)
}

impl Prompt {
    /// The prompt as `prompts/list` publishes it.
    #[must_use]
    pub fn published(&self) -> Published {
        let arguments = self.arguments.iter().map(|argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.about)
                .with_required(argument.otherwise.is_none())
        });
        Published::new(self.name, Some(self.about), Some(arguments.collect()))
            .with_title(self.title)
    }

    /// Every tool that the prompt may name.
    pub fn tools(&self) -> impl Iterator<Item = &'static str> {
        let steps = self.steps.iter().flat_map(|step| step.tools);
        steps.chain(self.needs).copied()
    }

    /// Whether the prompt is useful with the enabled tools.
    #[must_use]
    pub fn is_enabled(&self, enabled: impl Fn(&str) -> bool) -> bool {
        self.needs.iter().any(|tool| enabled(tool))
    }

    /// The text of the prompt, with the enabled tools.
    ///
    /// # Errors
    /// If an argument is missing, unknown, not text, or too long.
    pub fn get(
        &self,
        arguments: &JsonObject,
        enabled: impl Fn(&str) -> bool,
    ) -> Result<GetPromptResult, ErrorData> {
        self.validate(arguments)?;
        let mut text = format!("{}\n\nSteps:\n", self.filled(self.task, arguments));
        let steps = self.steps.iter().filter(|step| {
            let wanted = |name: &str| arguments.contains_key(name);
            step.only_with.is_none_or(wanted)
        });
        let steps = steps.filter_map(|step| {
            let tool = step.tools.iter().find(|tool| enabled(tool))?;
            Some(format!("`{tool}`: {}", self.filled(step.says, arguments)))
        });
        for (number, step) in (1..).zip(steps) {
            // Writing to a `String` does not fail.
            let _ = writeln!(text, "{number}. {step}");
        }
        let _ = write!(text, "\n{}\n\n{RULES}", self.end);
        let message = PromptMessage::new_text(Role::User, text);
        Ok(GetPromptResult::new(vec![message]).with_description(self.about))
    }

    fn validate(&self, arguments: &JsonObject) -> Result<(), ErrorData> {
        let names = || self.arguments.iter().map(|argument| argument.name);
        let refused = |name: &str, sentence: String| {
            let facts = json!({ "prompt": self.name, "argument": untrusted::short(name) });
            Err(ErrorData::invalid_params(sentence, Some(facts)))
        };
        for (name, value) in arguments {
            if !names().any(|known| known == name) {
                let guess = nearest(name, names())
                    .map_or_else(String::new, |nearest| format!(" Did you mean `{nearest}`?"));
                let all: Vec<&str> = names().collect();
                let sentence = format!(
                    "Prompt {} has no argument {}.{guess} It has: {}.",
                    self.name,
                    untrusted::named(name),
                    all.join(", ")
                );
                return refused(name, sentence);
            }
            if value
                .as_str()
                .is_none_or(|text| text.len() > PROMPT_ARGUMENT_BYTES)
            {
                let sentence = format!(
                    "Argument `{name}` is a text of at most {PROMPT_ARGUMENT_BYTES} bytes."
                );
                return refused(name, sentence);
            }
        }
        for argument in self.arguments {
            if argument.otherwise.is_none() && !arguments.contains_key(argument.name) {
                let sentence = format!("Prompt {} needs argument `{}`.", self.name, argument.name);
                return refused(argument.name, sentence);
            }
        }
        Ok(())
    }

    /// `text` with arguments in place of their names. Values are in quotes, so that they
    /// read as names: completion may have inserted text that users wrote.
    fn filled(&self, text: &str, arguments: &JsonObject) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_name(rest) {
            filled.push_str(before);
            let known = self.arguments.iter().find(|argument| argument.name == name);
            match (arguments.get(name).and_then(Value::as_str), known) {
                (Some(value), _) => {
                    filled.push_str(&untrusted::answer(value.into()).to_string());
                }
                (None, Some(argument)) => filled.push_str(argument.otherwise.unwrap_or_default()),
                (None, None) => {}
            }
            rest = after;
        }
        filled + rest
    }
}

/// The text before the first name in braces, the name, and the text after it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
