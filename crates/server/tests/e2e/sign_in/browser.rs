//! The browser's handling of cookies, forms and sites, behind a proxy that terminates TLS.

use std::collections::BTreeMap;

use super::html;
use crate::client::{Connection, Reply};
use crate::server::Server;

pub(super) const SESSION: &str = "__Host-lunas";
pub(super) const FORM: &str = "__Host-lunas-form";

pub(crate) struct Browser {
    port: u16,
    pub(super) cookies: BTreeMap<String, String>,
    /// The page where the browser is.
    pub(super) address: &'static str,
    /// The header that says from which site a form was sent.
    pub(crate) site: &'static str,
    pub(super) scheme: &'static str,
}

impl Browser {
    pub(crate) fn new(server: &Server) -> Browser {
        let (address, site) = ("203.0.113.7", "Sec-Fetch-Site: same-origin");
        Browser { port: server.port, cookies: BTreeMap::new(), address, site, scheme: "https" }
    }

    /// The same at another node.
    pub(super) fn at(&self, server: &Server) -> Browser {
        Browser { port: server.port, cookies: self.cookies.clone(), ..*self }
    }

    fn send(&mut self, method: &str, path: &str, lines: &[&str], body: &str) -> Reply {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: portal.example\r\nX-Forwarded-For: {}\r\n\
             X-Forwarded-Proto: {}\r\nAccept: text/html\r\nContent-Length: {}\r\n",
            self.address,
            self.scheme,
            body.len()
        );
        // Each in its own header, as HTTP/2 allows.
        pairs.iter().for_each(|pair| head += &format!("Cookie: {pair}\r\n"));
        lines.iter().for_each(|line| head += &format!("{line}\r\n"));
        let mut connection = Connection::open(self.port).unwrap();
        connection.write(format!("{head}\r\n{body}").as_bytes()).unwrap();
        let reply = connection.reply().unwrap();
        for cookie in cookies(&reply) {
            let (name, rest) = cookie.split_once('=').unwrap();
            let (value, attributes) = rest.split_once("; ").unwrap();
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        reply
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) -> Reply {
        let form = "Content-Type: application/x-www-form-urlencoded";
        self.send("POST", path, &[form, self.site], body)
    }

    /// The token of the first form on a page.
    pub(crate) fn token(&mut self, path: &str) -> String {
        let page = self.get(path);
        let (_, rest) = html(&page).split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn sign_in(&mut self, username: &str, password: &str, code: &str) -> Reply {
        let token = self.token("/sign-in");
        self.submit(&token, username, password, code)
    }

    pub(super) fn submit(
        &mut self,
        token: &str,
        username: &str,
        password: &str,
        code: &str,
    ) -> Reply {
        let fields =
            [("token", token), ("username", username), ("password", password), ("code", code)];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post("/sign-in", &body)
    }

    pub(crate) fn session(&self) -> &str {
        &self.cookies[SESSION]
    }

    pub(crate) fn has_session(&self) -> bool {
        self.cookies.contains_key(SESSION)
    }

    pub(super) fn set_session(&mut self, cookie: &str) {
        self.cookies.insert(SESSION.to_owned(), cookie.to_owned());
    }
}

/// The cookies that a reply sets, with their attributes.
pub(super) fn cookies(reply: &Reply) -> impl Iterator<Item = &str> {
    let set = reply.headers.iter().filter(|(name, _)| name == "set-cookie");
    set.map(|(_, cookie)| &**cookie)
}
