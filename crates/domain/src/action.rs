//! The log of actions: who changed the books, when, and what was there before and after.
//!
//! An action is decided together with its change and written in the same transaction, so there is never one
//! without the other. A refused command leaves no action, because nothing changed. Inquiries and payments of
//! partners are not actions: their own rows tell everything.

mod fields;

use std::borrow::Cow;
use std::fmt;

pub use fields::{Fields, Value, fields};

use crate::command::Decision;
use crate::{Books, Change, Command, Moment, RowSet, Username};

/// Who changes the books.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A user of the command line: the name that the operating system has for it.
    CommandLine(Box<str>),
    /// A partner, for what it changes in the portal.
    Partner(Username),
    /// lunas itself, such as at the start of a sandbox.
    System,
}

impl Actor {
    /// The kind of actor: `command-line`, `partner` or `system`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Actor::CommandLine(_) => "command-line",
            Actor::Partner(_) => "partner",
            Actor::System => "system",
        }
    }

    /// The name within its kind.
    pub fn name(&self) -> &str {
        match self {
            Actor::CommandLine(user) => user,
            Actor::Partner(username) => username.as_str(),
            Actor::System => "lunas",
        }
    }

    /// The actor of that kind and name; none if there is no such kind, or the name is not one of it.
    pub fn named(kind: &str, name: &str) -> Option<Actor> {
        match kind {
            "command-line" => Some(Actor::CommandLine(name.into())),
            "partner" => Username::new(name).ok().map(Actor::Partner),
            "system" => (name == Actor::System.name()).then_some(Actor::System),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Partner(username) => write!(f, "partner {username}"),
            Actor::CommandLine(_) | Actor::System => f.write_str(self.name()),
        }
    }
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    pub actor: Actor,
    pub at: Moment,
    pub operation: Operation,
}

/// The names of all operations.
pub const NAMES: [&str; 29] = [
    "partner.add",
    "partner.add-key",
    "partner.drop-old-keys",
    "partner.suspend",
    "partner.resume",
    "partner.allow-list",
    "partner.min-balance",
    "partner.password",
    "partner.codes",
    "partner.sign-out",
    "partner.callback",
    "deposit.add",
    "deposit.reverse",
    "withdrawal.add",
    "adjustment.add",
    "product.add",
    "product.set",
    "biller.add",
    "biller.set",
    "biller.pause",
    "biller.resume",
    "biller.rotate-key",
    "biller.webhook-secret",
    "route.add",
    "route.set",
    "route.remove",
    "payment.resolve",
    "payment.reconcile",
    "callback.send",
];

/// What was done. It contains no secret: neither a key nor a password, also not an encrypted one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// One of [`NAMES`], such as `partner.suspend`. A newer version may have written one that is unknown here.
    pub name: Cow<'static, str>,
    /// What it was done to: a partner's username, a product's code or a `tr_id`.
    pub subject: Box<str>,
    /// The fields that it concerns, before it, as a JSON object; none if the subject is new.
    pub before: Option<Box<str>>,
    /// The same fields after it.
    pub after: Box<str>,
}

impl Operation {
    pub(crate) fn new(
        name: &'static str,
        subject: &impl fmt::Display,
        before: Option<Fields>,
        after: Fields,
    ) -> Operation {
        debug_assert!(NAMES.contains(&name), "{name} is not among the names");
        Operation {
            name: Cow::Borrowed(name),
            subject: subject.to_string().into(),
            before: before.map(|before| before.to_string().into()),
            after: after.to_string().into(),
        }
    }
}

/// A command that an operator gives, or a partner in the portal.
pub trait OperatorCommand: Command {
    /// What this decision on these books does, for the log. None: it is nothing that somebody decided.
    fn operation(&self, books: &Books, decision: &Decision<Self::Outcome>) -> Option<Operation>;
}

/// A command with its actor. It changes what the command changes, and adds the action.
#[derive(Clone, Debug)]
pub struct Attributed<C> {
    pub command: C,
    pub actor: Actor,
    pub at: Moment,
}

impl<C: OperatorCommand> Command for Attributed<C> {
    type Outcome = C::Outcome;
    type Refusal = C::Refusal;

    const WAITS: bool = C::WAITS;

    fn touches(&self, touched: &mut RowSet) {
        self.command.touches(touched);
    }

    fn decide(&self, books: &Books) -> Result<Decision<C::Outcome>, C::Refusal> {
        let mut decision = self.command.decide(books)?;
        let is_change = !decision.changes.is_empty();
        let operation = is_change.then(|| self.command.operation(books, &decision)).flatten();
        let (actor, at) = (self.actor.clone(), self.at);
        let action = operation.map(|operation| Action { actor, at, operation });
        decision.changes.extend(action.map(Change::Action));
        Ok(decision)
    }
}

#[cfg(test)]
mod tests;
