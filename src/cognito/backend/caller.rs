//! Whose credentials the server works with.

use aws_config::SdkConfig;
use tokio::sync::OnceCell;

use crate::cognito::failure::UNREADABLE;
use crate::error::ToolError;

/// An account and who acts in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Number of the AWS account.
    pub account: String,
    /// ARN of the user or role.
    pub arn: String,
}

/// The caller, asked for once and only when somebody wants to know.
#[derive(Debug)]
pub struct Caller {
    known: OnceCell<Result<Identity, String>>,
    sts: Option<aws_sdk_sts::Client>,
}

impl Caller {
    /// Somebody who is known already.
    #[must_use]
    pub fn known(identity: Identity) -> Self {
        Self {
            known: OnceCell::new_with(Some(Ok(identity))),
            sts: None,
        }
    }

    /// Whoever `sdk` has the credentials of.
    #[must_use]
    pub fn of(sdk: &SdkConfig) -> Self {
        Self {
            known: OnceCell::new(),
            sts: Some(aws_sdk_sts::Client::new(sdk)),
        }
    }

    /// Nobody can tell.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            known: OnceCell::new(),
            sts: None,
        }
    }

    /// Who it is, or why that is not known. Needs no permission.
    ///
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    pub async fn identity(&self) -> Result<Identity, String> {
        self.known.get_or_init(|| self.ask()).await.clone()
    }

    async fn ask(&self) -> Result<Identity, String> {
        let Some(sts) = &self.sts else {
            return Err("This server was not told who it is".to_owned());
        };
        let answer = sts.get_caller_identity().send().await;
        let answer = answer.map_err(|error| {
            let error: Box<ToolError> = error.into();
            match error.code.as_str() {
                // An emulator of Cognito is not one of STS.
                UNREADABLE => "What answered in the place of AWS STS is something else".to_owned(),
                code => format!("AWS STS did not say who this is: {code}: {}", error.message),
            }
        })?;
        let arn = answer.arn.unwrap_or_default();
        match answer.account {
            Some(account) => Ok(Identity { account, arn }),
            None => Err("AWS named no account".to_owned()),
        }
    }
}
