//! Pictures of the main pages, for people to look at: `cargo xtask screenshots`.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::browser::{Browser, Screen};
use crate::live::{INQUIRY, ready, send};
use crate::map::MAIN;

/// Each whole page, light and dark, as on a desk and as on a phone, with one answer of the live form.
#[test]
#[ignore = "it judges nothing; `cargo xtask screenshots` runs it"]
fn of_the_main_pages() {
    let folder = PathBuf::from(std::env::var("LUNAS_SCREENSHOTS").expect("where the pictures go"));
    std::fs::create_dir_all(&folder).unwrap();
    for (screen, width) in [(Screen::Wide, 1280), (Screen::Phone, 390)] {
        let browser = Browser::start(screen);
        for theme in ["light", "dark"] {
            for path in MAIN {
                browser.open(&format!("{path}?theme={theme}"));
                ready(&browser);
                if path == "/docs/products/bpjs-kesehatan" {
                    send(&browser, INQUIRY);
                }
                let name = path.trim_start_matches('/').replace('/', "-");
                let name = if name.is_empty() { "start" } else { &name };
                let picture = folder.join(format!("{name}-{width}-{theme}.png"));
                std::fs::write(&picture, whole_page(&browser)).unwrap();
                println!("{}", picture.display());
            }
        }
    }
}

/// The page from top to end, as PNG.
fn whole_page(browser: &Browser) -> Vec<u8> {
    let all = json!({"format": "png", "captureBeyondViewport": true});
    let picture = browser.session.devtools("Page.captureScreenshot", &all);
    BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
}
