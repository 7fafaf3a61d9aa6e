//! A biller's answer with what was sent and received.

use domain::{Evidence, Rupiah};

/// A biller's answer, what was sent and received for it, and what else the biller said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<T> {
    /// The answer.
    pub answer: T,
    /// What was sent and received. `None` if nothing was sent over a network.
    pub evidence: Option<Evidence>,
    /// The biller's code and what it means, such as `41: wrong signature`. It holds no personal data.
    pub said: Option<Box<str>>,
    /// lunas's balance at the biller, if the answer has it.
    pub balance: Option<Rupiah>,
}

/// An answer without a network.
impl<T> From<T> for Reply<T> {
    fn from(answer: T) -> Reply<T> {
        Reply { answer, evidence: None, said: None, balance: None }
    }
}

impl<T> Reply<T> {
    /// The same with another answer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        let Reply { answer, evidence, said, balance } = self;
        Reply { answer: change(answer), evidence, said, balance }
    }
}
