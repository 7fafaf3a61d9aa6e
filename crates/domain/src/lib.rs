//! The pure rules of a bill payment gateway: money, ids, bills, the payment state machine and the
//! ledger.
//!
//! Nothing in here does I/O, waits, reads a clock or draws a random number: time and ids are
//! arguments, so that the same rows and the same command always give the same decision.
//!
//! # Layout
//!
//! - [`bounds`]: how large the amounts may be that people give.
//! - [`display`]: which characters must not be shown as they are.
//! - [`money`], [`moment`], [`id`]: the small types everything is made of.
//! - [`mix`]: spreads numbers evenly, where others would draw random ones.
//! - [`product`], [`bill`], [`inquiry`], [`partner`]: what is sold, what is owed, who asks.
//! - [`payment`]: the state machine `inquired → paying → paid | failed`.
//! - [`watch`]: what is known about a payment whose outcome is not, and who may ask.
//! - [`callback`]: how a partner is told of an end that it has not heard.
//! - [`same_bill`]: when two inquiries are about one bill.
//! - [`ledger`]: accounts and movements, one function a movement.
//! - [`books`]: the rows that a batch of commands touches, and the changes made to them.
//! - [`command`]: every change there is, one file each, decided as a function of the books.

pub mod bill;
pub mod books;
pub mod bounds;
pub mod callback;
pub mod command;
pub mod display;
pub mod id;
pub mod inquiry;
pub mod ledger;
pub mod mix;
pub mod moment;
pub mod money;
pub mod partner;
pub mod payment;
pub mod product;
pub mod same_bill;
pub mod watch;

pub use bill::{Bill, Price};
pub use books::{Books, Change, Touched, Transaction};
pub use callback::{Callback, CallbackUrl};
pub use command::{Command, Refusal};
pub use id::{BillerId, DepositReference, PartnerId, ProductCode, Reason, RefId, TrId, Username};
pub use inquiry::{Inquiry, SoldProduct};
pub use ledger::{Account, Movement, MovementKind, Posting};
pub use moment::Moment;
pub use money::Rupiah;
pub use partner::{Network, Partner};
pub use payment::{Exchange, Payment, State};
pub use product::{Catalogue, Family, Hours, Product};
pub use same_bill::{SameBill, TrialNumbers};
pub use watch::{Attention, Queued, Token, Watch};
