//! Identifiers. Text from outside is checked once, here, and is ASCII from then on.

use std::fmt;

/// The text is not a valid identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct Malformed {
    /// The rule that it breaks, for the error message.
    pub expected: &'static str,
}

/// An identifier as text: 1 to 64 of a set of ASCII characters.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $longest:literal, $expected:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks length and characters.
            pub fn new(text: &str) -> Result<$name, Malformed> {
                let allowed: fn(u8) -> bool = $allowed;
                if (1..=$longest).contains(&text.len()) && text.bytes().all(allowed) {
                    Ok($name(text.into()))
                } else {
                    Err(Malformed { expected: $expected })
                }
            }

                    pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A number assigned by the database.
macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// A partner's own id of a transaction, unique per partner.
    ///
    /// The published rule says "alphanumeric without space", the published examples hold `-`, `_`
    /// and `.` as well; `:` and `/` are in use too.
    RefId,
    64,
    "1 to 64 letters, digits or - _ . : /",
    |byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte)
);
text_id!(
    /// A partner's user name, usually a phone number.
    Username,
    64,
    "1 to 64 letters, digits or - _ . @ +",
    |byte| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte)
);
text_id!(
    /// A product's code, such as `BPJS` or `PDAMKOTA.SURABAYA`.
    ProductCode,
    64,
    "1 to 64 letters, digits or - _ .",
    |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
);
text_id!(
    /// The reference of a deposit or a withdrawal, such as the bank's number of the transfer. A partner can use
    /// each one only once, compared without case, so that the same transfer is not booked twice.
    TransferReference,
    64,
    "1 to 64 printable ASCII characters",
    |byte| byte == b' ' || byte.is_ascii_graphic()
);

text_id!(
    /// lunas's reference of an inquiry at a biller. It is used for one inquiry and its payment only, also if the
    /// books are restored from a backup.
    Reference,
    32,
    "1 to 32 letters or digits",
    |byte| byte.is_ascii_alphanumeric()
);

impl TransferReference {
    /// The form for comparison: banks print in capitals what people type in lower case.
    pub fn in_capitals(&self) -> TransferReference {
        TransferReference(self.0.to_ascii_uppercase().into())
    }
}

number_id!(
    /// A partner's number.
    PartnerId
);
number_id!(
    /// The number of an inquiry and of its payment. Deposits and reversals take numbers from the same
    /// sequence, so that the number of a ledger movement is unambiguous.
    TrId
);

number_id!(
    /// A biller's number.
    BillerId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_id_is_what_the_published_examples_hold() {
        for good in ["09128374651", "ref-14_May_2022_0.03.39", "a:b/c", &"x".repeat(64)] {
            assert_eq!(RefId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "é", "a\n", "a'b", &"x".repeat(65)] {
            assert!(RefId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_deposits_reference_is_one_line_that_can_be_typed() {
        for good in ["FT26332/BCA", "0803 1707", "a", &"x".repeat(64)] {
            assert_eq!(TransferReference::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", "\u{7f}", "é", &"x".repeat(65)] {
            assert!(TransferReference::new(bad).is_err(), "{bad:?}");
        }
    }
}
