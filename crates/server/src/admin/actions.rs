//! The log of actions.

use domain::Moment;
use domain::action::NAMES;
use store::{ActionFilter, ActionRecord};

use super::named::Named;
use super::request::WhichActions;
use super::{Admin, Refused, response, validate_limit};

impl Admin {
    pub(super) async fn list_actions(
        &self,
        which: WhichActions,
    ) -> Result<Vec<response::Action>, Refused> {
        let WhichActions { actor, subject, action, since, before, limit } = which;
        let filter = ActionFilter {
            actor: actor.map(Into::into),
            subject: subject.map(Into::into),
            name: action.map(known).transpose()?,
            since: since.as_deref().map(day).transpose()?,
            before,
            limit: validate_limit(limit)?,
        };
        let records = self.gateway.read(move |read| read.actions(&filter)).await?;
        records.into_iter().map(view).collect()
    }
}

/// The name of an action, if there is one with this name. A misspelt one would find nothing.
fn known(name: String) -> Result<Box<str>, Refused> {
    if NAMES.contains(&name.as_str()) {
        return Ok(name.into());
    }
    Err(Refused::because(format_args!(
        "there is no action {name:?}; `lunas log --help` lists all of them"
    )))
}

/// The first moment of a day in Jakarta.
fn day(text: &str) -> Result<Moment, Refused> {
    Moment::start_of_day(text).ok_or_else(|| {
        Refused::because(format_args!("{text:?} is not a day: expected one such as 2026-11-28"))
    })
}

fn view(record: ActionRecord) -> Result<response::Action, Refused> {
    let ActionRecord { id, action } = record;
    let (actor, operation) = (action.actor, action.operation);
    let fields = |text: Box<str>| {
        serde_json::from_str::<response::Fields>(&text).map_err(|_| {
            Refused::because(format_args!("the entry {id} of the log of actions is damaged"))
        })
    };
    Ok(response::Action {
        id,
        at: Named(action.at),
        actor: response::Actor(actor),
        action: operation.name.into_owned(),
        subject: operation.subject.into(),
        before: operation.before.map(fields).transpose()?,
        after: fields(operation.after)?,
    })
}
