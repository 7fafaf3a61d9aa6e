//! Why inquiries and payments are refused.

/// Why nothing new may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// There is less room than `store.least_free_space`.
    DiskFull,
    /// The books cannot be what was written.
    Damaged,
}

impl Closed {
    pub(crate) const ALL: [Closed; 2] = [Closed::DiskFull, Closed::Damaged];

    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Closed::DiskFull => "disk-full",
            Closed::Damaged => "damaged",
        }
    }
}
