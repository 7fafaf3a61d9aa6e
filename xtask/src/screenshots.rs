//! `cargo xtask screenshots`: pictures of the portal's main pages, for reviews or for the READMEs.

use xtask::Outcome;
use xtask::needs::ensure_installed;
use xtask::process::{cargo, root, run as run_command};

use crate::test::BROWSER;

/// The test of package `server` that takes each page in light and dark, for a desktop and a phone,
/// and the directory of the pictures.
const MAIN_PAGES: (&str, &str) = ("screenshots::of_the_main_pages", "target/screenshots");

/// The pictures of the READMEs, which are in the repository.
const README: (&str, &str) = ("screenshots::of_the_readmes", "docs/pictures");

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (test, folder) = match arguments {
        [] => MAIN_PAGES,
        [only] if only == "--readme" => README,
        _ => return Err("screenshots takes no argument but --readme".to_owned()),
    };
    ensure_installed(&BROWSER)?;
    let suite = ["test", "--locked", "-p", "server", "--test", "browser"];
    let mut take = cargo(&suite);
    take.args(["--", "--ignored", "--exact", "--nocapture", test]);
    run_command(take.env("LUNAS_SCREENSHOTS", root().join(folder)))
}
