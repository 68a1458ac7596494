//! The names and ARNs of resources that are not Cognito's.

use super::evaluation::{Evaluation, Place};
use super::refusal::Refusal;
use super::stack::Resource;
use crate::ids::Region;

/// A type of resource whose name and ARN do not need a deployment.
struct Known {
    kind: &'static str,
    /// The property with the name. Without it, the name is the logical id.
    name: &'static str,
    /// The ARN behind its partition.
    arn: &'static str,
    reference: Reference,
}

/// The value of `Ref`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reference {
    Name,
    Arn,
}

/// The types that settings of user pools refer to. The values of `Ref` and the forms of ARNs are
/// those of the types' pages in the template reference and of the Service Authorization Reference.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const KNOWN: [Known; 9] = [
    known(
        "AWS::Lambda::Function",
        "FunctionName",
        "lambda:{region}:{account}:function:{name}",
        Reference::Name,
    ),
    known(
        "AWS::Serverless::Function",
        "FunctionName",
        "lambda:{region}:{account}:function:{name}",
        Reference::Name,
    ),
    known(
        "AWS::IAM::Role",
        "RoleName",
        "iam::{account}:role/{name}",
        Reference::Name,
    ),
    // A custom domain requires a certificate in this Region.
    known(
        "AWS::CertificateManager::Certificate",
        "",
        "acm:us-east-1:{account}:certificate/{uuid}",
        Reference::Arn,
    ),
    known(
        "AWS::KMS::Key",
        "",
        "kms:{region}:{account}:key/{uuid}",
        Reference::Name,
    ),
    known(
        "AWS::SES::EmailIdentity",
        "EmailIdentity",
        "ses:{region}:{account}:identity/{name}",
        Reference::Name,
    ),
    known(
        "AWS::Logs::LogGroup",
        "LogGroupName",
        "logs:{region}:{account}:log-group:{name}:*",
        Reference::Name,
    ),
    known(
        "AWS::S3::Bucket",
        "BucketName",
        "s3:::{name}",
        Reference::Name,
    ),
    known(
        "AWS::KinesisFirehose::DeliveryStream",
        "DeliveryStreamName",
        "firehose:{region}:{account}:deliverystream/{name}",
        Reference::Name,
    ),
];

const fn known(
    kind: &'static str,
    name: &'static str,
    arn: &'static str,
    reference: Reference,
) -> Known {
    Known {
        kind,
        name,
        arn,
        reference,
    }
}

impl Evaluation<'_> {
    /// The value of `Ref` of a resource that is not Cognito's; `None` if only a deployment
    /// chooses it.
    pub(super) fn foreign_reference(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<Option<String>, Refusal> {
        match resource.kind {
            "AWS::Lambda::Version" => return self.qualified(place, resource, None),
            "AWS::Lambda::Alias" => return self.qualified(place, resource, Some("Name")),
            _ => {}
        }
        let Some(known) = KNOWN.iter().find(|known| known.kind == resource.kind) else {
            return Ok(None);
        };
        let value = match known.reference {
            Reference::Name => self.name(place, resource, known)?,
            Reference::Arn => self.arn(place, resource, known)?,
        };
        Ok(Some(value))
    }

    /// The value of `Fn::GetAtt` of a resource that is not Cognito's; `None` if only a deployment
    /// chooses it.
    pub(super) fn foreign_attribute(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        attribute: &str,
    ) -> Result<Option<String>, Refusal> {
        match KNOWN.iter().find(|known| known.kind == resource.kind) {
            Some(known) if attribute == "Arn" => self.arn(place, resource, known).map(Some),
            _ => Ok(None),
        }
    }

    /// `arn`, which begins behind the partition.
    pub(super) fn in_partition(&self, arn: &str) -> String {
        let scope = &self.inputs.scope;
        let region = Region::parse(&scope.region);
        let partition = region.as_ref().map_or("aws", Region::partition);
        let arn = arn.replace("{region}", &scope.region);
        format!(
            "arn:{partition}:{}",
            arn.replace("{account}", &scope.account)
        )
    }

    fn name(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        known: &Known,
    ) -> Result<String, Refusal> {
        if known.name.is_empty() {
            return Ok(place.stack.chance(resource.id).uuid());
        }
        let name = self.text_property(place, resource, known.name)?;
        Ok(match known.kind {
            "AWS::S3::Bucket" => name.unwrap_or_else(|| resource.id.to_lowercase()),
            _ => name.unwrap_or_else(|| resource.id.to_owned()),
        })
    }

    fn arn(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        known: &Known,
    ) -> Result<String, Refusal> {
        let name = self.name(place, resource, known)?;
        let arn = self.in_partition(known.arn);
        Ok(arn.replace("{name}", &name).replace("{uuid}", &name))
    }

    /// The ARN of a version or an alias of a function.
    fn qualified(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        qualifier: Option<&str>,
    ) -> Result<Option<String>, Refusal> {
        let Some(function) = self.text_property(place, resource, "FunctionName")? else {
            return Ok(None);
        };
        let function = if function.starts_with("arn:") {
            function
        } else {
            self.in_partition("lambda:{region}:{account}:function:") + &function
        };
        let qualifier = match qualifier {
            None => Some("1".to_owned()),
            Some(property) => self.text_property(place, resource, property)?,
        };
        Ok(qualifier.map(|qualifier| format!("{function}:{qualifier}")))
    }
}
