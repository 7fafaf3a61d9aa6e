//! What a browser is shown: the portal's pages, the report and its forms, and who may see them.

pub(crate) mod form;
pub(crate) mod identity;
pub(crate) mod pages;
pub(crate) mod reply;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod sign_in;
