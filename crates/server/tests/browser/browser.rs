//! A reader: what hands and eyes can do with a page.

use serde_json::{Value, json};

use crate::server::{Home, Server, wait_for};
use crate::webdriver::Session;

/// A window as on a desk, and one as on a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Wide,
    Phone,
}

/// A browser with the portal of a server of its own.
pub(crate) struct Browser {
    // The browser ends before its server does.
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

    /// The same under another name of this machine.
    pub(crate) fn open_at(&self, host: &str, path: &str) {
        let url = format!("http://{host}:{}{path}", self.server.port);
        self.session.post("url", &json!({"url": url}));
    }

    /// Makes the window so many pixels wide.
    pub(crate) fn widen(&self, width: u32) {
        // Not as a phone, which shows a page that is too wide as a smaller one.
        let metrics =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.session.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        self.until(&format!("innerWidth === {width}"));
    }

    /// Runs the body of a function in the page; what it promises is waited for.
    pub(crate) fn run(&self, script: &str, arguments: &Value) -> Value {
        self.session.post("execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// The value of an expression.
    pub(crate) fn eval(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"), &json!([]))
    }

    /// Waits until an expression holds.
    pub(crate) fn until(&self, expression: &str) {
        wait_for(expression, || (self.eval(expression) == true).then_some(()));
    }

    pub(crate) fn click(&self, css: &str) {
        let element = self.session.element(css);
        self.session.post(&format!("{element}/click"), &json!({}));
    }

    /// Clicks on what leads to a page, which may be this one again, and waits until that is loaded.
    pub(crate) fn follow(&self, css: &str) {
        self.run("window.isLeft = true", &json!([]));
        self.click(css);
        self.until("!('isLeft' in window) && document.readyState === 'complete'");
    }

    /// What is written where, as a reader sees it.
    pub(crate) fn text(&self, css: &str) -> String {
        let element = self.session.element(css);
        self.session.get(&format!("{element}/text")).as_str().unwrap().to_owned()
    }

    /// Types at the end of a field.
    pub(crate) fn type_into(&self, css: &str, text: &str) {
        let element = self.session.element(css);
        self.session.post(&format!("{element}/value"), &json!({"text": text}));
    }

    /// Presses a key, wherever the focus is.
    pub(crate) fn press(&self, key: char) {
        let stroke = [("keyDown", key), ("keyUp", key)]
            .map(|(kind, key)| json!({"type": kind, "value": key.to_string()}));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": stroke});
        self.session.post("actions", &json!({"actions": [keyboard]}));
    }

    /// What the console was told since it was last asked: errors of scripts, what the policy refused,
    /// and what could not be loaded.
    pub(crate) fn console(&self) -> Vec<String> {
        let log = self.session.post("se/log", &json!({"type": "browser"}));
        let entries = log.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }
}

/// A name that leads to this machine, and that no browser takes for it.
pub(crate) const IN_THE_NETWORK: &str = "lunas.test";

fn capabilities(screen: Screen) -> Value {
    let mut options = json!({"args": [
        "--headless=new",
        // Root has no sandbox, and no page is opened but our own.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-component-update",
        // A name of this machine that a browser trusts no more than any in a local network.
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
