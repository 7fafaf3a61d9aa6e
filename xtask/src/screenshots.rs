//! `cargo xtask screenshots`: pictures of the portal's main pages, for people to look at.

use crate::Outcome;
use crate::process::{cargo, root, run as run_command};
use crate::test::{self, BROWSER};

/// The test of package `server` that takes them.
const TEST: &str = "screenshots::of_the_main_pages";

/// Takes each page light and dark, as on a desk and as on a phone.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if !arguments.is_empty() {
        return Err("screenshots takes no arguments".to_owned());
    }
    test::see_to(&BROWSER)?;
    let suite = ["test", "--locked", "-p", "server", "--test", "browser"];
    let mut take = cargo(&suite);
    take.args(["--", "--ignored", "--exact", "--nocapture", TEST]);
    run_command(take.env("LUNAS_SCREENSHOTS", root().join("target/screenshots")))
}
