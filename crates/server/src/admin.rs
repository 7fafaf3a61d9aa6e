//! Requests of an operator, to a running server or to stopped books.
//!
//! A [`Request`] is carried out by [`Admin::execute`]. A server offers this on a [`socket`] in its
//! data directory; [`execute_anywhere`] finds the process that can carry it out.

mod access;
mod actions;
mod balance_changes;
mod biller_balance;
mod biller_products;
pub(crate) mod biller_request;
pub(crate) mod biller_response;
mod billers;
mod callbacks;
mod deposits;
mod dispatch;
pub(crate) mod listed_product;
mod location;
mod manual_review;
pub(crate) mod named;
pub(crate) mod opening;
mod os_user;
mod partners;
mod payments;
mod products;
pub(crate) mod request;
pub(crate) mod response;
mod routes;
mod sandbox;
mod secret_serde;
mod sign_in;
pub(crate) mod socket;
mod steps;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt::Display;
use std::sync::Arc;

use biller::Connect;
use domain::bounds::Bounds;
use domain::{Actor, OperatorCommand, Partner, Rupiah};
use gateway::Gateway;
use outbound::EgressPolicy;
use serde::{Deserialize, Serialize};
use store::{CommandError, StoreError};
use tokio::sync::Mutex;

pub(crate) use access::{credentials, sandbox_access};
pub(crate) use dispatch::{execute_anywhere, locate};
pub(crate) use location::Location;
pub(crate) use request::Request;
pub(crate) use response::Response;

use crate::config::Config;
use crate::controls::Controls;
use crate::run::open::Components;
use crate::secrets::vault::Vault;

/// Carries out an operator's requests. Cheap to clone; all clones share one state.
#[derive(Clone)]
pub(crate) struct Admin {
    gateway: Gateway,
    vault: Vault,
    /// The controls of the sandbox, if this process runs one.
    controls: Option<Controls>,
    /// Which callback addresses may be called.
    egress: EgressPolicy,
    /// Makes the connector of a biller, to check it.
    connect: Connect,
    location: Location,
    /// Who gave the request that is being carried out.
    actor: Actor,
    /// Serialises operator requests: products are read, modified and written, and a long list may
    /// use one reader connection at most.
    turn: Arc<Mutex<()>>,
}

/// Why a request was not carried out, for the operator to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    message: String,
}

impl Admin {
    /// The operator interface of `components`, which were opened with this configuration.
    pub(crate) fn of(components: &Components, config: &Config) -> Admin {
        Admin {
            gateway: components.gateway.clone(),
            vault: components.vault.clone(),
            controls: components.controls.clone(),
            egress: components.egress.clone(),
            connect: Arc::clone(&components.connect),
            location: Location::of(config),
            actor: Actor::System,
            turn: Arc::default(),
        }
    }

    /// Where the books are.
    fn location(&self) -> &Location {
        &self.location
    }

    /// Carries out one request of `actor`. When it returns, the change is durable and in force, and
    /// the log of actions tells of it.
    ///
    /// # Errors
    /// [`Refused`] when a rule forbids the request, when the request is not valid, or when the
    /// database fails.
    pub(crate) async fn execute(
        &self,
        actor: Actor,
        request: Request,
    ) -> Result<Response, Refused> {
        let _turn = self.turn.lock().await;
        Box::pin(Admin { actor, ..self.clone() }.respond(request)).await
    }

    async fn respond(&self, request: Request) -> Result<Response, Refused> {
        Ok(match request {
            Request::AddPartner(new) => Response::NewKey(self.add_partner(new).await?),
            Request::ListPartners => Response::Partners(self.list_partners().await?),
            Request::ShowPartner { username } => {
                Response::Partner(self.show_partner(&username).await?)
            }
            Request::SetPartner(change) => Response::Partner(self.set_partner(change).await?),
            Request::SuspendPartner { username, suspended } => {
                Response::Partner(self.suspend_partner(&username, suspended).await?)
            }
            Request::RotateKey { username, api_key } => {
                Response::NewKey(self.rotate_key(&username, api_key).await?)
            }
            Request::FinishRotation { username } => {
                Response::Partner(self.finish_rotation(&username).await?)
            }
            Request::SetPassword { username, password } => {
                Response::Partner(self.set_password(&username, password).await?)
            }
            Request::SetCodes { username } => Response::NewCodes(self.set_codes(&username).await?),
            Request::RemoveCodes { username } => {
                Response::Partner(self.remove_codes(&username).await?)
            }
            Request::EndSessions { username } => {
                Response::Partner(self.end_sessions(&username).await?)
            }
            Request::SetCallback { username, url } => {
                Response::Partner(self.set_callback(&username, url.as_deref()).await?)
            }
            Request::ListCallbacks { partner, state, limit } => {
                Response::Callbacks(self.list_callbacks(partner, state, limit).await?)
            }
            Request::SendCallback { tr_id } => {
                Response::TransactionHistory(self.send_callback(tr_id).await?)
            }
            Request::AddDeposit(new) => Response::Deposited(self.add_deposit(new).await?),
            Request::ChangeBalance(new) => {
                Response::BalanceChanged(self.change_balance(new).await?)
            }
            Request::ListBalanceChanges { kind, partner, limit } => {
                Response::BalanceChanges(self.list_balance_changes(kind.0, partner, limit).await?)
            }
            Request::ListDeposits { partner, limit } => {
                Response::Deposits(self.list_deposits(partner, limit).await?)
            }
            Request::ReverseDeposit { tr_id, reason } => {
                Response::Reversed(self.reverse_deposit(tr_id, &reason).await?)
            }
            Request::ListProducts { kind } => Response::Products(self.list_products(kind)?),
            Request::SetProduct(change) => Response::Product(self.set_product(change).await?),
            Request::Biller(request) => self.respond_about_billers(request).await?,
            Request::Route(request) => self.respond_about_routes(request).await?,
            Request::ListPayments(which) => Response::Payments(self.list_payments(which).await?),
            Request::ListQueue { partner, limit } => {
                Response::Queue(self.list_queue(partner, limit).await?)
            }
            Request::AskPayment { tr_id } => {
                Response::TransactionHistory(self.ask_payment(tr_id).await?)
            }
            Request::ShowPayment { tr_id } => {
                Response::TransactionHistory(self.show_payment(tr_id).await?)
            }
            Request::ResolvePayment { tr_id, outcome, reason } => {
                Response::TransactionHistory(self.resolve_payment(tr_id, outcome, &reason).await?)
            }
            Request::ListActions(which) => Response::Actions(self.list_actions(which).await?),
            Request::ShowSandbox => Response::Sandbox(self.show_sandbox()?),
            Request::MoveClock(how) => Response::Sandbox(self.move_clock(how).await?),
            Request::SwitchScenario { name, how_often } => {
                Response::Sandbox(self.switch_scenario(&name, how_often).await?)
            }
            Request::EndScenarios => Response::Sandbox(self.end_scenarios().await?),
            Request::ShowAccess { username } => {
                Response::Access(self.show_access(username.as_deref())?)
            }
        })
    }

    /// Executes a command for the actor of this request.
    async fn operate<C: OperatorCommand>(
        &self,
        command: C,
    ) -> Result<C::Outcome, CommandError<C::Refusal>> {
        self.gateway.operate_as(self.actor.clone(), command).await
    }

    fn partner(&self, username: &str) -> Result<Arc<Partner>, Refused> {
        let directory = self.gateway.reference_data();
        let found = directory.partner(username).map(Arc::clone);
        let unknown = format_args!(
            "there is no partner {username:?}; `lunas partner list` shows who is there"
        );
        found.ok_or_else(|| Refused::because(unknown))
    }
}

/// Checks an operator's amount in whole rupiah against its range.
fn amount(what: &str, rupiah: i64, bounds: Bounds) -> Result<Rupiah, Refused> {
    let within = bounds.check(rupiah);
    within.map_err(|out| Refused::because(format_args!("{what} is {out}; got {rupiah}")))
}

impl Refused {
    fn because(why: impl Display) -> Refused {
        Refused { message: why.to_string() }
    }
}

/// A refusal of any command. A request that can say more about one does so itself.
impl<R: std::error::Error> From<CommandError<R>> for Refused {
    fn from(error: CommandError<R>) -> Refused {
        Refused::because(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Refused {
        Refused::because(error)
    }
}

/// Checks a text that is stored and shown: one line, not blank, at most `longest` characters.
fn validate_line<'a>(what: &str, text: &'a str, longest: usize) -> Result<&'a str, Refused> {
    let text = text.trim();
    if (1..=longest).contains(&text.chars().count()) && !text.contains(char::is_control) {
        return Ok(text);
    }
    Err(Refused::because(format_args!("{what} is one line of 1 to {longest} characters")))
}

/// Checks how many rows a list may have.
fn validate_limit(limit: u32) -> Result<u32, Refused> {
    const MAX_ROWS: u32 = 1000;
    if (1..=MAX_ROWS).contains(&limit) {
        return Ok(limit);
    }
    Err(Refused::because(format_args!("a list has 1 to {MAX_ROWS} rows")))
}
