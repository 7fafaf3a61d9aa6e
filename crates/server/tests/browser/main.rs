//! The portal in a real browser: Chromium with ChromeDriver, with one server for each test. All
//! traffic is on loopback.
//!
//! # Layout
//!
//! - `browser`: starts both; a user's actions and what the user sees. `webdriver` is the protocol.
//! - `map`: every page, found by links from the first page.
//! - `live`: requests sent from a page, from the first page to a paid bill.
//! - `lost`: answers that do not arrive, and a server that stops.
//! - `reading`: language, colours, keyboard, phone.
//! - `quality`: rules for every page: no errors, limited size, no layout shift, no overflow.
//! - `payloads`: markup in every field of a form. `access`: accessibility, which `axe` checks.
//! - `money`: amounts at every width. `copy`: the buttons that copy.
//! - `callbacks`: an address that is saved and called.
//! - `report`: the sandbox report. `scenarios`: its clock and scenarios.
//! - `sign_in`: the browser's part of a session.
//! - `screenshots`: pictures of the main pages, on request.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axe;
mod browser;
#[expect(dead_code, reason = "the e2e suite uses the rest")]
#[path = "../e2e/client.rs"]
mod client;
#[expect(dead_code, reason = "the e2e suite uses the rest")]
#[path = "../e2e/document.rs"]
mod document;
#[expect(dead_code, reason = "the e2e suite uses the rest")]
#[path = "../e2e/callbacks/receiver.rs"]
mod receiver;
#[expect(dead_code, reason = "the e2e suite uses the rest")]
#[path = "../e2e/server.rs"]
mod server;
mod webdriver;

mod access;
mod callbacks;
mod copy;
mod live;
mod lost;
mod map;
mod money;
mod payloads;
mod quality;
mod reading;
mod report;
mod scenarios;
mod screenshots;
mod sign_in;
