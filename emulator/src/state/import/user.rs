//! Users from the rows of an import job's file.

use super::file::{Line, MFA_ENABLED, PASSWORD_HASH, Row, RowFault, USERNAME};
use crate::auth::password_hash::{Algorithm, BadHash, ImportedHash};
use crate::error::Error;
use crate::settings::attribute::Attribute;
use crate::state::given::AttributeSource;
use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::user::{Status, User};
use crate::world::{Time, World};

/// Limit of characters in a username, as in the model.
const USERNAME_LIMIT: usize = 128;

impl Pool {
    /// Imports the user of a row.
    pub(super) fn import(&mut self, world: &World, row: &Row<'_>, at: Time) -> Line {
        match self.parse_row(world, row, at) {
            Ok(Some(user)) => {
                self.users.insert(user);
                Line::Succeeded
            }
            Ok(None) => Line::Skipped,
            Err(fault) => Line::Failed(fault),
        }
    }

    /// The new user of a row; `None` if the user already exists.
    ///
    /// The order of the checks is inferred. An existing user is skipped, whatever else
    /// the row contains (also inferred).
    fn parse_row(&self, world: &World, row: &Row<'_>, at: Time) -> Result<Option<User>, RowFault> {
        let mut values = row.values.clone()?;
        let username = values.take(USERNAME);
        let is_name = |c: char| !c.is_whitespace() && !c.is_control();
        if !(1..=USERNAME_LIMIT).contains(&username.chars().count())
            || !username.chars().all(is_name)
        {
            return Err(RowFault::Username);
        }
        if self.users.find(&username).is_some() {
            return Ok(None);
        }
        self.validate_username(&username)?;
        let mfa = self.parse_mfa(&values.take(MFA_ENABLED))?;
        let hash = parse_hash(row.algorithm, &values.take(PASSWORD_HASH))?;

        let mut attributes: Vec<_> = values
            .0
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Attribute {
                value: match &*name {
                    // Spreadsheets write TRUE. Cognito stores it in lower case, as its
                    // other operations do (inferred).
                    "email_verified" | "phone_number_verified" => value.to_ascii_lowercase(),
                    _ => value.into_owned(),
                },
                name: name.into_owned(),
            })
            .collect();
        let named_by =
            self.check_username_attribute(AttributeSource::Import, &username, &mut attributes)?;
        self.schema.check_new(&attributes)?;
        self.check_alias_form(AttributeSource::Import, &attributes)?;
        self.schema.check_required(&attributes)?;
        let birthdate = attributes.iter().find(|given| given.name == "birthdate");
        if birthdate.is_some_and(|given| !is_date(&given.value)) {
            return Err(RowFault::Birthdate);
        }

        let sub = world.chance.sub();
        let username = named_by.map_or(username.as_str(), |_| &sub);
        let mut user = User::new(username, &sub, Status::ResetRequired, at);
        for Attribute { name, value } in &attributes {
            user.attributes.set(name, value);
        }
        let verified = &self.settings.auto_verified_attributes;
        if !verified.iter().any(|name| user.has_verified(name)) {
            return Err(RowFault::NotVerified);
        }
        user.attributes.check_verified()?;
        if let Some(taken) = self.taken(&user.attributes, None).into_iter().next() {
            return Err(RowFault::from(taken.refusal()));
        }
        if mfa {
            self.turn_mfa_on(&mut user);
        }
        // The guide says that users who can sign in without a password, or
        // whose password is imported, need not reset it.
        let firsts = self.first_factors(&user);
        if hash.is_some() || firsts.iter().any(|factor| factor.attribute().is_some()) {
            user.status = Status::Confirmed;
        }
        user.imported_hash = hash.map(Box::new);
        Ok(Some(user))
    }

    /// Parses `cognito:mfa_enabled`. If the pool requires MFA or has it off,
    /// the value must match. An empty value means the pool's setting.
    fn parse_mfa(&self, value: &str) -> Result<bool, RowFault> {
        let required = match self.settings.mfa_configuration.as_str() {
            "ON" => Some(true),
            "OFF" => Some(false),
            _ => None,
        };
        let given = match value.to_ascii_lowercase().as_str() {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            _ => return Err(RowFault::MfaEnabled),
        };
        match (given, required) {
            (Some(given), Some(required)) if given != required => Err(RowFault::MfaEnabled),
            _ => Ok(given.or(required).unwrap_or(false)),
        }
    }

    /// Turns on the first factor that the pool has and the user can use, SMS
    /// before e-mail (inferred: the column is older than the other factors). A
    /// user without any factor sets one up at sign-in, if the pool requires
    /// MFA.
    fn turn_mfa_on(&self, user: &mut User) {
        let has = |name: &str| user.attribute(name).is_some();
        if self.offers(Factor::SmsMfa) && has("phone_number") {
            user.mfa.sms = true;
        } else if self.offers(Factor::EmailOtp) && has("email") {
            user.mfa.email = true;
        }
    }
}

fn parse_hash(algorithm: Option<&str>, hash: &str) -> Result<Option<ImportedHash>, RowFault> {
    match algorithm.and_then(Algorithm::of) {
        // Hashes are ignored if the job has no algorithm (inferred).
        Some(algorithm) if !hash.is_empty() => Ok(Some(ImportedHash::read(algorithm, hash)?)),
        _ => Ok(None),
    }
}

/// Whether `text` is `mm/dd/yyyy`.
fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('/').collect();
    let [month, day, year] = parts[..] else {
        return false;
    };
    let number = |text: &str, digits: usize| {
        let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    };
    let within = |part: Option<u32>, last: u32| part.is_some_and(|n| (1..=last).contains(&n));
    within(number(month, 2), 12) && within(number(day, 2), 31) && number(year, 4).is_some()
}

impl From<Error> for RowFault {
    fn from(error: Error) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl From<BadHash> for RowFault {
    fn from(bad: BadHash) -> Self {
        match bad {
            BadHash::Malformed => Self::MalformedHash,
            BadHash::TooCostly => Self::CostlyHash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("02/01/1985", true),
            ("12/31/2000", true),
            ("1985-02-01", false),
            ("2/1/1985", false),
            ("13/01/1985", false),
            ("00/01/1985", false),
            ("02/32/1985", false),
            ("02/01/85", false),
            ("+2/01/1985", false),
            ("", false),
        ] {
            assert_eq!(is_date(text), expected, "{text}");
        }
    }
}
