//! Why inquiries and payments are refused.

/// Why new inquiries and payments are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntakeClosed {
    /// The free disk space is below `store.least_free_space`.
    DiskFull,
    /// The books are damaged.
    Damaged,
}

impl IntakeClosed {
    pub(crate) const ALL: [IntakeClosed; 2] = [IntakeClosed::DiskFull, IntakeClosed::Damaged];

    /// The label in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            IntakeClosed::DiskFull => "disk-full",
            IntakeClosed::Damaged => "damaged",
        }
    }
}
