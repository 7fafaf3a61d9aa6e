//! A user's actions on a page and what the user sees.

use serde_json::{Value, json};

use crate::server::{Home, Server, wait_for};
use crate::webdriver::Session;

/// A desktop window and a phone window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Wide,
    Phone,
}

/// A browser with the portal of its own server.
pub(crate) struct Browser {
    // The field order makes the browser end before its server.
    pub(crate) session: Session,
    pub(crate) server: Server,
    pub(crate) home: Home,
}

impl Browser {
    pub(crate) fn start(screen: Screen) -> Browser {
        let home = Home::new();
        let server = home.start(&[]);
        Browser { session: Session::start(&capabilities(screen)), server, home }
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn open(&self, path: &str) {
        self.open_at("127.0.0.1", path);
    }

    /// The same with another host name of this machine.
    pub(crate) fn open_at(&self, host: &str, path: &str) {
        let url = format!("http://{host}:{}{path}", self.server.port);
        self.session.post("url", &json!({"url": url}));
    }

    /// Sets the width of the window in pixels.
    pub(crate) fn widen(&self, width: u32) {
        // Not as a phone, because a phone scales a page that is too wide.
        let metrics =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.session.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        self.until(&format!("innerWidth === {width}"));
    }

    /// Runs a function body in the page, and awaits a promise.
    pub(crate) fn run(&self, script: &str, arguments: &Value) -> Value {
        self.session.post("execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// The value of an expression.
    pub(crate) fn eval(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"), &json!([]))
    }

    /// Waits until an expression is true.
    pub(crate) fn until(&self, expression: &str) {
        wait_for(expression, || (self.eval(expression) == true).then_some(()));
    }

    pub(crate) fn click(&self, css: &str) {
        let element = self.session.element(css);
        self.session.post(&format!("{element}/click"), &json!({}));
    }

    /// Clicks a link or button and waits until the next page (or the same one) is loaded.
    pub(crate) fn follow(&self, css: &str) {
        self.run("window.isLeft = true", &json!([]));
        self.click(css);
        self.until("!('isLeft' in window) && document.readyState === 'complete'");
    }

    /// The visible text of an element.
    pub(crate) fn text(&self, css: &str) -> String {
        let element = self.session.element(css);
        self.session.get(&format!("{element}/text")).as_str().unwrap().to_owned()
    }

    /// Types at the end of a field.
    pub(crate) fn type_into(&self, css: &str, text: &str) {
        let element = self.session.element(css);
        self.session.post(&format!("{element}/value"), &json!({"text": text}));
    }

    /// Presses a key at the focused element.
    pub(crate) fn press(&self, key: char) {
        let stroke = [("keyDown", key), ("keyUp", key)]
            .map(|(kind, key)| json!({"type": kind, "value": key.to_string()}));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": stroke});
        self.session.post("actions", &json!({"actions": [keyboard]}));
    }

    /// New console messages: script errors, content blocked by the policy, failed downloads.
    pub(crate) fn console(&self) -> Vec<String> {
        let log = self.session.post("se/log", &json!({"type": "browser"}));
        let entries = log.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }
}

/// A host name of this machine that the browser does not treat as local.
pub(crate) const IN_THE_NETWORK: &str = "lunas.test";

fn capabilities(screen: Screen) -> Value {
    let mut options = json!({"args": [
        "--headless=new",
        // Chromium has no sandbox as root; only our own pages are opened.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-component-update",
        // A host name of this machine that a browser trusts like any in a local network.
        "--host-resolver-rules=MAP lunas.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--window-size=1280,900",
    ]});
    if screen == Screen::Phone {
        let metrics = json!({
            "width": 390, "height": 844, "pixelRatio": 2.0, "mobile": true, "touch": true,
        });
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}})
}
