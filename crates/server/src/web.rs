//! Everything for browsers: the portal's pages, the report with its forms, and sign-in.

pub(crate) mod form;
pub(crate) mod identity;
pub(crate) mod pages;
pub(crate) mod reply;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod sign_in;
