//! Size limits of documents. The limits of a request apply before its sender is known.

/// The largest request body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The maximum nesting depth of a request: objects and arrays in JSON, elements in XML.
pub const MAX_DEPTH: usize = 16;

/// The maximum number of objects, arrays, scalars, elements and attributes in a request.
pub const MAX_NODES: usize = 256;

/// The limits of one document.
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

/// The maximum number of members of an object: the check for duplicate names is quadratic.
pub(crate) const MAX_MEMBERS: usize = 256;
