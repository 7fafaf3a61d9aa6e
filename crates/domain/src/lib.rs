//! The pure rules of a bill payment gateway: money, ids, bills, the payment state machine and the
//! ledger.
//!
//! Nothing in here does I/O, waits, reads a clock or draws a random number: time and ids are
//! arguments, so that the same rows and the same command always give the same decision.
//!
//! # Layout
//!
//! - [`bounds`]: the smallest and largest amounts that a person may enter.
//! - [`display`]: characters that must not be displayed unchanged.
//! - [`money`], [`moment`], [`id`]: the small types everything is made of.
//! - [`splitmix64`]: deterministic pseudo-random numbers.
//! - [`product`], [`bill`], [`inquiry`], [`partner`]: what is sold, what is owed, who pays.
//! - [`biller_settings`], [`route`]: the billers, and which of them are asked for a product.
//! - [`payment`]: the state machine `inquired → paying → paid | failed`.
//! - [`attempt`]: a payment that goes on at another biller.
//! - [`follow_up`]: how a pending payment is resolved: claims and manual review.
//! - [`failure_reason`]: why a biller refused an inquiry or failed a payment.
//! - [`callback`]: the webhook that reports a final result to a partner.
//! - [`bill_key`]: when two inquiries are about one bill.
//! - [`account`], [`ledger`]: accounts, and movements between them, one function for each kind.
//! - [`books`]: the rows that a batch of commands touches, and the changes made to them.
//! - [`command`]: every change of the books, one file each, decided as a function of the books.
//! - [`action`]: the log of who changed what, decided together with the change.

#![expect(missing_docs, reason = "a field whose name says what it is needs no comment")]

pub mod account;
pub mod action;
pub mod attempt;
pub mod bill;
pub mod bill_key;
pub mod biller_balance;
pub mod biller_settings;
pub mod books;
pub mod bounds;
pub mod callback;
pub mod command;
pub mod display;
pub mod failure_reason;
pub mod follow_up;
pub mod id;
pub mod inquiry;
pub mod ledger;
pub mod moment;
pub mod money;
pub mod partner;
pub mod payment;
pub mod product;
pub mod route;
pub mod splitmix64;

pub use account::Account;
pub use action::{Action, Actor, Attributed, OperatorCommand};
pub use attempt::Attempt;
pub use bill::{Bill, Price, Quote};
pub use bill_key::{BillKey, TestNumbers};
pub use biller_balance::{BalanceDifference, BillerBalance};
pub use biller_settings::{BillerDirectory, BillerKind, BillerName, BillerSettings};
pub use books::{Books, Change, RowSet, Transaction};
pub use callback::{Callback, CallbackUrl};
pub use command::Command;
pub use failure_reason::FailureReason;
pub use follow_up::{FencingToken, PendingFollowUp, ReviewItem, ReviewReason};
pub use id::{
    BillerId, PartnerId, ProductCode, RefId, Reference, TrId, TransferReference, Username,
};
pub use inquiry::{ExtraField, Inquiry, SoldProduct};
pub use ledger::{Movement, MovementKind, Posting};
pub use moment::Moment;
pub use money::Rupiah;
pub use partner::{Network, Partner};
pub use payment::{Evidence, Exchange, Payment, State};
pub use product::{Catalogue, Family, Hours, Product};
pub use route::Route;
