//! The layers, their order, and the errors of a wrong configuration.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;

use super::error::Problem;
use super::*;

mod file;
mod keys;
mod server;
mod units;
mod values;

/// A configuration file that is removed at the end of the test.
struct TestFile(PathBuf);

impl TestFile {
    fn new(test: &str, text: impl AsRef<[u8]>) -> Self {
        let name = format!("lunas-config-{}-{test}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn sources(&self) -> Sources {
        Sources { file: Some(self.0.clone()), ..Sources::default() }
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

fn environment<const N: usize>(variables: [(&str, &str); N]) -> Sources {
    let variables = variables.map(|(name, text)| (OsString::from(name), OsString::from(text)));
    Sources { environment: variables.into(), ..Sources::default() }
}

fn flag(name: &str, key: &str, value: &str) -> Flag {
    Flag { name: name.to_owned(), key: key.to_owned(), value: value.to_owned() }
}

fn config(sources: &Sources) -> Config {
    Config::load(sources).unwrap().config
}

fn problems(sources: &Sources) -> Vec<Problem> {
    match Config::load(sources) {
        Err(ConfigError::Invalid(problems)) => problems,
        other => panic!("expected problems, got {other:?}"),
    }
}

fn messages(sources: &Sources) -> Vec<String> {
    problems(sources).iter().map(Problem::to_string).collect()
}

fn entry(loaded: &Loaded, key: &str) -> Entry {
    loaded.entries().into_iter().find(|entry| entry.key == key).unwrap()
}

#[test]
fn the_default_alone_is_valid() {
    let config = config(&Sources::default());
    assert_eq!(config.server.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.server.tls, None);
    assert_eq!(config.server.head_deadline, Duration::from_secs(10));
    assert_eq!(config.server.head_limit, 16 * 1024);
    assert_eq!(config.store.data, PathBuf::from("./lunas-data"));
    assert_eq!(config.gateway.biller_deadline, Duration::from_secs(20));
    assert!(!config.sandbox.enabled);
    assert_eq!(config.sandbox.pending_ends, PendingEnds::ByHand);
    assert_eq!(config.sandbox.scheme, Scheme::Documented);
    assert_eq!(config.security.master_key_file, None);
    assert_eq!((config.limits.in_all.times, config.limits.per_partner.times), (0, 100_000));
    assert_eq!(config.log.level, Level::INFO);
    assert_eq!(config.alerts.low_deposit, 1_000_000);
}

#[test]
fn a_comment_stands_directly_above_every_key() {
    let lines: Vec<_> = layers::DEFAULT.lines().collect();
    let mut keys = 0;
    for pair in lines.windows(2) {
        if pair[1].contains(" = ") && !pair[1].starts_with('#') {
            keys += 1;
            assert!(pair[0].starts_with("# ") && pair[0].ends_with('.'), "above {}", pair[1]);
        }
    }
    assert_eq!(keys, Config::load(&Sources::default()).unwrap().entries().len());
}

#[test]
fn every_key_is_read_and_refuses_what_it_cannot_be() {
    let entries = Config::load(&Sources::default()).unwrap().entries();
    let keys: BTreeSet<_> = entries.into_iter().map(|entry| entry.key).collect();
    let sources = Sources {
        flags: keys.iter().map(|key| flag("--set", key, "\u{7}")).collect(),
        ..Sources::default()
    };
    let refused = problems(&sources).into_iter().map(|problem| match problem {
        Problem::Wrong { key, .. } => key,
        unknown => panic!("{unknown}"),
    });
    assert_eq!(refused.collect::<BTreeSet<_>>(), keys);
}

#[test]
fn a_higher_layer_overrides_single_keys() {
    let file = TestFile::new(
        "layers",
        "[server]\nlisten = '127.0.0.1:1'\nmax_connections = 2000\n[store]\nreaders = \
         8\nbatch_limit = 7\n",
    );
    let loaded = Config::load(&Sources {
        flags: vec![
            flag("--listen", "server.listen", "127.0.0.1:3"),
            flag("-l", "server.listen", "127.0.0.1:4"),
        ],
        ..Sources {
            file: Some(file.0.clone()),
            ..environment([
                ("LUNAS_SERVER__LISTEN", "127.0.0.1:2"),
                ("LUNAS_SERVER__MAX_CONNECTIONS", "3000"),
                ("LUNAS_STORE__READERS", "16"),
            ])
        }
    })
    .unwrap();

    assert_eq!(loaded.config.server.listen.port(), 4);
    assert_eq!(loaded.config.server.max_connections, 3000);
    assert_eq!(loaded.config.store.readers, 16);
    assert_eq!(loaded.config.store.batch_limit, 7);
    assert_eq!(loaded.config.store.queue_limit, 8192);

    let origin = |key| entry(&loaded, key).origin;
    assert_eq!(origin("server.listen"), Origin::Flag("-l".into()));
    assert_eq!(
        origin("server.max_connections"),
        Origin::Environment("LUNAS_SERVER__MAX_CONNECTIONS".into())
    );
    assert_eq!(origin("store.batch_limit"), Origin::File(file.0.clone()));
    assert_eq!(origin("store.queue_limit"), Origin::Default);
}

#[test]
fn an_environment_text_has_the_type_of_the_default() {
    let config = config(&environment([
        ("LUNAS_RECEIPT__ISSUER", "007"),
        ("LUNAS_RECEIPT__FOOTER", "true"),
        ("LUNAS_SANDBOX__ENABLED", "true"),
        ("LUNAS_SANDBOX__SEED", "9223372036854775807"),
        ("LUNAS_SERVER__TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
        ("LUNAS_STORE__DATA", "/var/lib/a, b"),
    ]));
    assert_eq!(config.receipt.issuer, "007");
    assert_eq!(config.receipt.footer, "true");
    assert!(config.sandbox.enabled);
    assert_eq!(config.sandbox.seed, i64::MAX.unsigned_abs());
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.store.data, PathBuf::from("/var/lib/a, b"));
}

#[test]
fn an_empty_text_empties_a_list() {
    let file = TestFile::new("list", "[server]\ntrusted_proxies = ['10.0.0.0/8']\n");
    let empty = environment([("LUNAS_SERVER__TRUSTED_PROXIES", "")]);
    assert_eq!(config(&file.sources()).server.trusted_proxies.len(), 1);
    assert_eq!(config(&Sources { file: file.sources().file, ..empty }).server.trusted_proxies, []);
}

#[test]
fn each_choice_has_its_meaning() {
    let chosen = |name, text| config(&environment([(name, text)]));
    for (text, ends) in [
        ("by-hand", PendingEnds::ByHand),
        ("success", PendingEnds::Success),
        ("failed", PendingEnds::Failed),
    ] {
        assert_eq!(chosen("LUNAS_SANDBOX__PENDING_ENDS", text).sandbox.pending_ends, ends);
    }
    for (text, scheme) in
        [("documented", Scheme::Documented), ("last-four-digits", Scheme::LastFourDigits)]
    {
        assert_eq!(chosen("LUNAS_SANDBOX__SCHEME", text).sandbox.scheme, scheme);
    }
    for (text, format) in [("text", LogFormat::Text), ("json", LogFormat::Json)] {
        assert_eq!(chosen("LUNAS_LOG__FORMAT", text).log.format, format);
    }
    for (text, level) in [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ] {
        assert_eq!(chosen("LUNAS_LOG__LEVEL", text).log.level, level);
    }
}

#[test]
fn entries_show_values_as_toml_and_serialize_what_they_are() {
    let loaded = Config::load(&environment([
        ("LUNAS_SERVER__TRUSTED_PROXIES", "::1"),
        ("LUNAS_SANDBOX__ENABLED", "true"),
    ]))
    .unwrap();
    let shown = |key| entry(&loaded, key).value.to_string();
    assert_eq!(shown("server.listen"), r#""127.0.0.1:8080""#);
    assert_eq!(shown("server.trusted_proxies"), r#"["::1"]"#);
    assert_eq!(shown("sandbox.enabled"), "true");
    assert_eq!(shown("server.max_connections"), "10000");
    assert_eq!(
        serde_json::to_value(entry(&loaded, "sandbox.enabled")).unwrap(),
        serde_json::json!({
            "key": "sandbox.enabled", "value": true, "origin": "LUNAS_SANDBOX__ENABLED",
        })
    );
    assert_eq!(entry(&loaded, "server.listen").origin.to_string(), "the default");
}

#[test]
fn the_entries_form_an_equivalent_file() {
    let first = Config::load(&environment([("LUNAS_STORE__READERS", "9")])).unwrap();
    let text: String =
        first.entries().iter().map(|entry| format!("{} = {}\n", entry.key, entry.value)).collect();
    let file = TestFile::new("entries", text);
    let second = Config::load(&file.sources()).unwrap();
    let values = |loaded: &Loaded| loaded.entries().into_iter().map(|entry| entry.value).collect();
    let (first, second): (Vec<_>, Vec<_>) = (values(&first), values(&second));
    assert_eq!(first, second);
}
