//! The users of the operating system, as actors of requests.

use domain::Actor;
use nix::unistd::{Uid, User};

/// The user of this process.
pub(super) fn own() -> Actor {
    named(Uid::current().as_raw())
}

/// The user with this number: its name, or `uid 1000` if the system has no name for it.
pub(super) fn named(uid: u32) -> Actor {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let name = user.map_or_else(|| format!("uid {uid}"), |user| user.name);
    Actor::CommandLine(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_name_is_its_number() {
        assert_eq!(named(0), Actor::CommandLine("root".into()));
        assert_eq!(named(4_000_000_123), Actor::CommandLine("uid 4000000123".into()));
        assert_eq!(own(), named(Uid::current().as_raw()));
    }
}
