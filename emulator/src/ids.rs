//! Regions, which become parts of ids, host names and ARNs.

use std::fmt;

/// An AWS Region, such as `us-gov-west-1`.
///
/// A Region's name consists of an area of two to four letters, an optional partition or
/// country, a direction, and a number, with hyphens between them. Only names of this
/// form become parts of an id, an address or an ARN. So text of a caller cannot become
/// a host name.
///
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

/// A partition of AWS, except `aws`.
struct Partition {
    /// The prefix of its Regions' names.
    prefix: &'static str,
    name: &'static str,
    /// The domain of its services.
    dns_suffix: &'static str,
}

const fn partition(
    prefix: &'static str,
    name: &'static str,
    dns_suffix: &'static str,
) -> Partition {
    Partition {
        prefix,
        name,
        dns_suffix,
    }
}

/// The partitions except `aws`.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>, and the AWS
/// SDK's table of partitions.
const PARTITIONS: &[Partition] = &[
    partition("cn-", "aws-cn", "amazonaws.com.cn"),
    partition("us-gov-", "aws-us-gov", "amazonaws.com"),
    partition("us-iso-", "aws-iso", "c2s.ic.gov"),
    partition("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    partition("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    partition("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    partition("eusc-", "aws-eusc", "amazonaws.eu"),
];

/// The directions in the names of Regions.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

impl Region {
    /// Parses the name of a Region; `None` if `text` does not have the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [area, words @ .., number] = parts.as_slice() else {
            return None;
        };
        let is_word = |word: &&str| {
            (1..=16).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase())
        };
        let is_area = (2..=4).contains(&area.len()) && is_word(area);
        let is_number =
            (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let are_words = match words {
            [direction] => DIRECTIONS.contains(direction),
            [within, direction] => {
                (2..=4).contains(&within.len()) && is_word(within) && DIRECTIONS.contains(direction)
            }
            _ => false,
        };
        (is_area && are_words && is_number).then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Region's partition, as ARNs name it: `aws` for most Regions.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        self.listed().map_or("aws", |partition| partition.name)
    }

    /// The domain of the Region's services: `amazonaws.com` for most Regions.
    #[must_use]
    pub fn dns_suffix(&self) -> &'static str {
        self.listed()
            .map_or("amazonaws.com", |partition| partition.dns_suffix)
    }

    /// The Region's partition, if it is in the table.
    fn listed(&self) -> Option<&'static Partition> {
        let mut partitions = PARTITIONS.iter();
        partitions.find(|partition| self.0.starts_with(partition.prefix))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_one_form() {
        for region in [
            "us-east-1",
            "ap-southeast-3",
            "me-central-1",
            "il-central-1",
            "mx-central-1",
            "us-gov-west-1",
            "cn-northwest-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
        ] {
            assert_eq!(
                Region::parse(region).as_ref().map(Region::as_str),
                Some(region)
            );
        }
        for other in [
            "",
            "-",
            "us",
            "us-1",
            "us-east",
            "us-east-",
            "us-east-100",
            "-us-east-1",
            "us--east-1",
            "us-east-1-",
            "US-EAST-1",
            "us-east-1 ",
            "us-east-1\n",
            "us_east_1",
            "us-east-1.evil.com",
            "us-east-1/x",
            "us-e\u{e4}st-1",
            "us-east-\u{661}",
            "useast-east-1",
            "evil-attacker-1",
            "us-attacker-east-1",
            "us-east-attacker-1",
            "abc-secret-99",
            "us-a-b-c-1",
            "us-abcdefghijklmnopq-1",
            "local",
            "localhost",
        ] {
            assert_eq!(Region::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn partitions_have_their_own_domains() {
        let of = |region: &str| {
            let region = Region::parse(region).unwrap();
            (region.partition(), region.dns_suffix())
        };
        assert_eq!(of("eu-west-1"), ("aws", "amazonaws.com"));
        assert_eq!(of("cn-north-1"), ("aws-cn", "amazonaws.com.cn"));
        assert_eq!(of("us-gov-west-1"), ("aws-us-gov", "amazonaws.com"));
        assert_eq!(of("eusc-de-east-1"), ("aws-eusc", "amazonaws.eu"));
    }
}
