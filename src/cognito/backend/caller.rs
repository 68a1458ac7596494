//! The identity of the server's credentials (`sts:GetCallerIdentity`).

use aws_config::SdkConfig;
use tokio::sync::OnceCell;

use crate::cognito::failure::UNREADABLE;
use crate::error::ToolError;

/// An AWS account, and a user or role in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Number of the AWS account.
    pub account: String,
    /// ARN of the user or role.
    pub arn: String,
}

/// The identity of the credentials, requested once, when it is first needed.
#[derive(Clone, Debug)]
pub struct Caller {
    known: OnceCell<Result<Identity, String>>,
    sts: Option<aws_sdk_sts::Client>,
}

impl Caller {
    /// A known identity.
    #[must_use]
    pub fn known(identity: Identity) -> Self {
        Self {
            known: OnceCell::new_with(Some(Ok(identity))),
            sts: None,
        }
    }

    /// The identity of the credentials of `sdk`.
    #[must_use]
    pub fn of(sdk: &SdkConfig) -> Self {
        Self {
            known: OnceCell::new(),
            sts: Some(aws_sdk_sts::Client::new(sdk)),
        }
    }

    /// An identity that cannot be determined.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            known: OnceCell::new(),
            sts: None,
        }
    }

    /// Returns the identity, or why it is unknown. The request requires no permission.
    ///
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    pub async fn identity(&self) -> Result<Identity, String> {
        self.known.get_or_init(|| self.ask()).await.clone()
    }

    async fn ask(&self) -> Result<Identity, String> {
        let Some(sts) = &self.sts else {
            return Err("The identity of this server's credentials is unknown".to_owned());
        };
        let answer = sts.get_caller_identity().send().await;
        let answer = answer.map_err(|error| {
            let error: Box<ToolError> = error.into();
            match error.code.as_str() {
                // An emulator of Cognito does not emulate STS.
                UNREADABLE => "The response is not from AWS STS".to_owned(),
                code => format!("AWS STS refused the request: {code}: {}", error.message),
            }
        })?;
        let arn = answer.arn.unwrap_or_default();
        match answer.account {
            Some(account) => Ok(Identity { account, arn }),
            None => Err("The response of AWS STS has no account".to_owned()),
        }
    }
}
