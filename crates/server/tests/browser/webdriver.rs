//! The parts of the WebDriver protocol that the tests need: JSON over one connection to
//! ChromeDriver.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Connection;

/// The key of an element in answers and arguments.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A ChromeDriver with one session; dropping it ends both.
pub(crate) struct Session {
    driver: Child,
    port: u16,
    connection: RefCell<Connection>,
    id: String,
    /// The folder for profiles and other files of both.
    _scratch: TempDir,
}

impl Session {
    /// Starts a browser with these capabilities.
    pub(crate) fn start(capabilities: &Value) -> Session {
        let scratch = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", scratch.path())
            .env("HOME", scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `cargo xtask test` installs it");
        let mut said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = said.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.rsplit_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("chromedriver says its port");
        let connection = RefCell::new(Connection::open(port).unwrap());
        let mut session =
            Session { driver, port, connection, id: String::new(), _scratch: scratch };
        let wanted = json!({"capabilities": {"alwaysMatch": capabilities}});
        let begun = session.send("POST", "/session", &wanted);
        session.id = begun["sessionId"].as_str().unwrap().to_owned();
        session
    }

    pub(crate) fn get(&self, what: &str) -> Value {
        self.send("GET", &format!("/session/{}/{what}", self.id), &Value::Null)
    }

    pub(crate) fn post(&self, what: &str, body: &Value) -> Value {
        self.send("POST", &format!("/session/{}/{what}", self.id), body)
    }

    /// A command of the Chrome DevTools protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// The path of the element that matches.
    pub(crate) fn element(&self, css: &str) -> String {
        let found = self.post("element", &json!({"using": "css selector", "value": css}));
        format!("element/{}", found[ELEMENT].as_str().unwrap())
    }

    /// The value in the answer; an error, such as "no such element", fails the test.
    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut connection = self.connection.borrow_mut();
        // ChromeDriver serves only requests with a local host name.
        let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", self.port);
        let length = body.len();
        let request = format!("{head}Content-Length: {length}\r\n\r\n{body}");
        connection.write(request.as_bytes()).unwrap();
        let reply = connection.reply().unwrap();
        let mut answer: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(reply.status, 200, "{method} {path} {body}: {}", answer["value"]["message"]);
        answer["value"].take()
    }
}

/// Ending the session ends the browser; otherwise it would outlive its driver.
impl Drop for Session {
    fn drop(&mut self) {
        let path = format!("/session/{}", self.id);
        if let Ok(mut connection) = Connection::open(self.port) {
            let host = format!("Host: 127.0.0.1:{}\r\n", self.port);
            let request = format!("DELETE {path} HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n");
            let _ = connection.write(request.as_bytes()).and_then(|()| connection.reply());
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
