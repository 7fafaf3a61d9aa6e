//! Serialises values of the domain by their names, between server and operator and in `--json`, so
//! that no program interprets a text that is made for people.

use std::borrow::Cow;
use std::ops::Deref;

use domain::books::BalanceChangeKind;
use domain::callback::DeliveryState;
use domain::payment::Call;
use domain::{
    Account, BillerKind, Family, Hours, Moment, MovementKind, Network, ReviewReason, State,
};
use gateway::CircuitState;
use sandbox::Scenario;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// A value of the domain that is serialised by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named<T>(pub(crate) T);

/// A value with a name from which it is read back.
pub(crate) trait Name: Sized {
    fn name(&self) -> Cow<'static, str>;
    fn named(name: &str) -> Option<Self>;
}

/// What happened in a step of a transaction: an exchange with the biller or a decision of an
/// operator, or a movement of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Call(Call),
    Movement(MovementKind),
}

impl Event {
    /// Its name: `inquire`, `pay`, `status`, `operator`; `hold`, `post`, `void`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Event::Call(call) => call.name(),
            Event::Movement(kind) => kind.name(),
        }
    }

    fn named(name: &str) -> Option<Event> {
        let movement = || MovementKind::named(name).map(Event::Movement);
        Call::named(name).map(Event::Call).or_else(movement)
    }
}

/// Values whose own functions write and read the name.
macro_rules! named {
    ($($type:ty: $read:expr;)*) => {
        $(impl Name for $type {
            fn name(&self) -> Cow<'static, str> {
                <$type>::name(*self).into()
            }

            fn named(name: &str) -> Option<$type> {
                $read(name)
            }
        })*
    };
}

/// Values that are displayed as they are read.
macro_rules! displayed {
    ($($type:ty: $read:expr;)*) => {
        $(impl Name for $type {
            fn name(&self) -> Cow<'static, str> {
                self.to_string().into()
            }

            fn named(name: &str) -> Option<$type> {
                $read(name)
            }
        })*
    };
}

named! {
    BalanceChangeKind: BalanceChangeKind::named;
    BillerKind: BillerKind::named;
    CircuitState: CircuitState::named;
    DeliveryState: DeliveryState::named;
    Event: Event::named;
    Family: Family::named;
    ReviewReason: ReviewReason::named;
    Scenario: Scenario::named;
    State: State::named;
}

displayed! {
    Account: Account::named;
    Hours: Hours::parse;
    // Only whole seconds.
    Moment: Moment::parse;
    Network: |text: &str| text.parse().ok();
}

impl<T> Deref for Named<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Name> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.name())
    }
}

impl<'de, T: Name> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Named<T>, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format_args!("{name} is unknown to this version"));
        T::named(&name).map(Named).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use domain::{BillerId, PartnerId};

    use super::*;

    fn check<T: Name + Copy + PartialEq + std::fmt::Debug>(value: T, name: &str) {
        let json = serde_json::to_string(&Named(value)).unwrap();
        assert_eq!(json, format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<Named<T>>(&json).unwrap(), Named(value));
        assert!(serde_json::from_str::<Named<T>>("\"of another version\"").is_err(), "{name}");
    }

    #[test]
    fn every_value_is_read_back_by_its_name() {
        check(DeliveryState::GivenUp, "given-up");
        check(Event::Call(Call::Inquire), "inquire");
        check(Event::Movement(MovementKind::Void), "void");
        check(Family::BpjsKesehatan, "bpjs-kesehatan");
        check(ReviewReason::TooOld, "too-old");
        check(State::Pending, "pending");
        check(Account::Available(PartnerId(12)), "available/12");
        check(Account::Biller(BillerId(1)), "biller/1");
        check(Hours::parse("01:00-23:00").unwrap(), "01:00-23:00");
        check(Moment::from_micros(1_533_290_870_000_000), "2018-08-03 17:07:50");
        check("10.0.0.0/8".parse::<Network>().unwrap(), "10.0.0.0/8");
    }
}
