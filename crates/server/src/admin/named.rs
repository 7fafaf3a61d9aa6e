//! Serialises values of other crates by their names, between server and operator, so that no program
//! parses a text.

use domain::Account;
use domain::callback::DeliveryState;
use sandbox::Scenario;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;

pub(super) mod account {
    use super::*;

    pub(in crate::admin) fn serialize<S: Serializer>(
        account: &Account,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(account)
    }

    pub(in crate::admin) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Account, D::Error> {
        read(deserializer, Account::named)
    }
}

pub(super) mod scenario {
    use super::*;

    pub(in crate::admin) fn serialize<S: Serializer>(
        scenario: &Scenario,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(scenario.name())
    }

    pub(in crate::admin) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Scenario, D::Error> {
        read(deserializer, Scenario::named)
    }
}

pub(super) mod standing {
    use super::*;

    pub(in crate::admin) fn serialize<S: Serializer>(
        standing: &DeliveryState,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(standing.name())
    }

    pub(in crate::admin) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DeliveryState, D::Error> {
        read(deserializer, DeliveryState::named)
    }
}

fn read<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    named: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let name = String::deserialize(deserializer)?;
    named(&name).ok_or_else(|| D::Error::custom(format_args!("{name} is unknown to this version")))
}
