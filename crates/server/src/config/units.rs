//! Values with a unit or a special notation.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

/// A duration, written as a whole number of `ms`, `s`, `m` or `h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Period(pub(super) Duration);

impl Period {
    /// The expected notation.
    pub(super) const FORM: &str = r#"a duration such as "500ms", "10s" or "5m""#;

    const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    pub(super) const fn milliseconds(number: u64) -> Self {
        Self(Duration::from_millis(number))
    }

    pub(super) const fn seconds(number: u64) -> Self {
        Self(Duration::from_secs(number))
    }

    pub(super) const fn minutes(number: u64) -> Self {
        Self::seconds(60 * number)
    }

    pub(super) const fn hours(number: u64) -> Self {
        Self::minutes(60 * number)
    }
}

impl TryFrom<String> for Period {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        measure(&text, &Self::UNITS).map(Self::milliseconds).ok_or(Self::FORM)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_measure(f, self.0.as_millis(), &Self::UNITS)
    }
}

/// A number of bytes, written as a whole number of `B`, `KiB` or `MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Size(pub(super) usize);

impl Size {
    /// The expected notation.
    pub(super) const FORM: &str = r#"a size such as "512B", "16KiB" or "1MiB""#;

    const UNITS: [(&str, u64); 3] = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

    pub(super) const fn kib(number: usize) -> Self {
        Self(number << 10)
    }

    pub(super) const fn mib(number: usize) -> Self {
        Self(number << 20)
    }
}

impl TryFrom<String> for Size {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = measure(&text, &Self::UNITS).ok_or(Self::FORM)?;
        usize::try_from(bytes).map(Self).map_err(|_| Self::FORM)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_measure(f, self.0 as u128, &Self::UNITS)
    }
}

/// Parses digits and a unit, with nothing between, before or after them.
pub(crate) fn measure(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit())?);
    let (_, worth) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*worth)
}

/// Writes the value in the largest unit that gives a whole number; `units` are sorted from large to
/// small.
fn write_measure(f: &mut fmt::Formatter<'_>, amount: u128, units: &[(&str, u64)]) -> fmt::Result {
    let fits = |(_, worth): &&(&str, u64)| amount > 0 && amount.is_multiple_of(u128::from(*worth));
    match units.iter().find(fits).or(units.last()) {
        Some((name, worth)) => write!(f, "{}{name}", amount / u128::from(*worth)),
        None => write!(f, "{amount}"),
    }
}

/// A network of IP addresses in CIDR notation; a single address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network(pub(crate) domain::Network);

impl Network {
    /// The expected notation of a list.
    pub(super) const FORM: &str =
        r#"a list of addresses and networks such as ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]"#;

    /// Whether the address is in the network.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(address)
    }
}

impl TryFrom<String> for Network {
    type Error = domain::partner::NotANetwork;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}
