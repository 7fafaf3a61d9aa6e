//! How much a document may be before it is refused. The limits of a request hold before anything
//! is known about its sender.

/// The largest request body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// How deep a request may nest: objects and arrays in JSON, elements in XML.
pub const MAX_DEPTH: usize = 16;

/// How many objects, arrays, scalars, elements and attributes a request may hold.
pub const MAX_NODES: usize = 256;

/// What one document may hold at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) depth: usize,
    pub(crate) nodes: usize,
}

/// A request.
pub(crate) const REQUEST: Limits = Limits { bytes: MAX_BODY, depth: MAX_DEPTH, nodes: MAX_NODES };

/// The `desc` of a bill: dozens of sheets with a dozen fields each.
pub(crate) const DESC: Limits = Limits { bytes: 64 * 1024, depth: 16, nodes: 4096 };

/// A biller's answer about one bill: its `desc` and the envelope around it.
pub(crate) const ANSWER: Limits = Limits { bytes: 128 * 1024, depth: 18, nodes: 4224 };

/// A biller's price list: thousands of products with eight fields each.
pub(crate) const PRICE_LIST: Limits =
    Limits { bytes: 8 * 1024 * 1024, depth: MAX_DEPTH, nodes: 262_144 };

/// How many members one object may have: finding a name given twice compares each with all.
pub(crate) const MAX_MEMBERS: usize = 256;
