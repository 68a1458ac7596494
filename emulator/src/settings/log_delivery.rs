//! Log delivery of a pool. The emulator does not send logs. It validates the
//! destinations and stores them.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::settings::arn::part;
use crate::wire::Scope;

/// The feature's name in the error of a lower tier (R136).
pub const FEATURE: &str = "Log Streaming";

/// `LogDeliveryConfigurationType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogDelivery {
    /// The id of the user pool.
    pub user_pool_id: String,
    /// The configurations; at most one for each event source.
    pub log_configurations: Vec<LogConfiguration>,
}

/// `LogConfigurationType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogConfiguration {
    log_level: String,
    event_source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_watch_logs_configuration: Option<LogGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_configuration: Option<Bucket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firehose_configuration: Option<Stream>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogGroup {
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group_arn: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bucket {
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket_arn: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_arn: Option<String>,
}

/// Validates all configurations of a pool of `tier` in `scope`.
///
/// One sentence has all faults. Sources without a destination, and sources that appear
/// twice, were measured with their order and the spelling of `then`
/// (floci-io/floci#2867). ARNs of another account or Region were measured by
/// cdk-preflight for log groups, and are inferred for streams. That level and
/// destination must fit the source is documented; the sentence is inferred. That the
/// tier is checked first is inferred too.
pub fn validate(all: &[LogConfiguration], tier: &str, scope: &Scope) -> Result<()> {
    let needs_plus = all.iter().any(|one| one.event_source == "userAuthEvents");
    if needs_plus && tier != "PLUS" {
        return Err(Error::FeatureUnavailable {
            tier: tier.to_owned(),
            feature: FEATURE.to_owned(),
        });
    }
    let mut without: Vec<&str> = Vec::new();
    let mut twice: Vec<&str> = Vec::new();
    let mut details = Vec::new();
    for (position, one) in all.iter().enumerate() {
        let source = one.event_source.as_str();
        let is_repeated = all[..position]
            .iter()
            .any(|other| other.event_source == source);
        if one.destinations() == 0 && !without.contains(&source) {
            without.push(source);
        }
        if is_repeated && !twice.contains(&source) {
            twice.push(source);
        }
        details.extend(one.misfits());
        details.extend(one.strays(scope));
    }
    let mut faults = Vec::new();
    for (sources, fault) in [
        (without, "in request have no destination"),
        (twice, "appear more then once in a request"),
    ] {
        if !sources.is_empty() {
            let sources = sources.join(", ");
            faults.push(format!("Following event sources {fault}: [{sources}]."));
        }
    }
    if !details.is_empty() {
        faults.push(format!("[{}]", details.join(", ")));
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::LogRequestInvalid {
        faults: faults.join(" "),
    })
}

impl LogConfiguration {
    fn group(&self) -> Option<&str> {
        self.cloud_watch_logs_configuration
            .as_ref()?
            .log_group_arn
            .as_deref()
    }

    fn bucket(&self) -> Option<&str> {
        self.s3_configuration.as_ref()?.bucket_arn.as_deref()
    }

    fn stream(&self) -> Option<&str> {
        self.firehose_configuration.as_ref()?.stream_arn.as_deref()
    }

    fn destinations(&self) -> usize {
        let all = [self.group(), self.bucket(), self.stream()];
        all.iter().flatten().count()
    }

    /// The fault of a level or destination that does not fit the source. Notifications
    /// have the level ERROR and can only be sent to a log group. Sign-ins have the
    /// level INFO and one of the three destinations.
    fn misfits(&self) -> Option<String> {
        let (level, source) = (&self.log_level, &self.event_source);
        let fits = match source.as_str() {
            "userNotification" => level == "ERROR",
            _ => level == "INFO",
        };
        if !fits {
            return Some(format!(
                "Log level {level} is not supported for event source {source}."
            ));
        }
        if source == "userNotification" && (self.bucket().is_some() || self.stream().is_some()) {
            return Some(format!(
                "Event source {source} supports CloudWatchLogsConfiguration only."
            ));
        }
        (self.destinations() > 1)
            .then(|| format!("Event source {source} has more than one destination."))
    }

    /// The faults of ARNs of another account or Region.
    fn strays(&self, scope: &Scope) -> Vec<String> {
        let group = self.group().map(|arn| ("CloudWatch log group", arn));
        let stream = self.stream().map(|arn| ("Firehose stream", arn));
        let all = [group, stream].into_iter().flatten();
        all.filter_map(|(what, arn)| {
            let mut faults = String::new();
            if part(arn, 4) != scope.account {
                faults.push_str("ARN does not belong to invoking account. ");
            }
            if part(arn, 3) != scope.region {
                faults.push_str("ARN does not belong to current region. ");
            }
            (!faults.is_empty()).then(|| {
                format!("{what} arn {arn} failed with the following validation errors: {faults}")
            })
        })
        .collect()
    }
}
