//! Why inquiries and payments are refused.

/// Why nothing new may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntakeClosed {
    /// There is less room than `store.least_free_space`.
    DiskFull,
    /// The books cannot be what was written.
    Damaged,
}

impl IntakeClosed {
    pub(crate) const ALL: [IntakeClosed; 2] = [IntakeClosed::DiskFull, IntakeClosed::Damaged];

    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            IntakeClosed::DiskFull => "disk-full",
            IntakeClosed::Damaged => "damaged",
        }
    }
}
