//! Keys that do not exist.

use super::*;

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    let told =
        |key| messages(&Sources { flags: vec![flag("--set", key, "1")], ..Sources::default() });
    for (key, nearest) in [
        ("server.lsiten", "server.listen"),
        ("Server.Listen", "server.listen"),
        ("listen", "server.listen"),
        ("store.head_limit", "server.head_limit"),
    ] {
        let expected = format!("{key} (from --set): no such key; did you mean {nearest}?");
        assert_eq!(told(key), [expected]);
    }
    for key in ["", "server", "server.colour", "zzz.zzz", "server.listen.port"] {
        assert_eq!(told(key), [format!("{key} (from --set): no such key")]);
    }
}

#[test]
fn the_value_of_an_unknown_key_is_not_told() {
    let file = TestFile::new("secret", "[security]\nmaster_key = 'hunter2'\n");
    let mistyped = environment([("LUNAS_API_KEYY", "hunter2")]);
    let sources = Sources { file: Some(file.0.clone()), ..mistyped };
    let error = Config::load(&sources).unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(told.contains("security.master_key") && told.contains("LUNAS_API_KEYY"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn a_variable_is_a_key_in_its_exact_spelling_only() {
    for name in ["LUNAS_server__listen", "LUNAS_SERVER.LISTEN", "LUNAS_SERVER_LISTEN"] {
        let expected = format!("{name}: no such key; did you mean LUNAS_SERVER__LISTEN?");
        assert_eq!(messages(&environment([(name, "127.0.0.1:1")])), [expected]);
    }
    assert_eq!(messages(&environment([("LUNAS_", "")])), ["LUNAS_: no such key"]);
}

#[test]
fn other_variables_are_left_alone() {
    let variables = [("LUNAS_CONFIG", "x"), ("LISTEN", "x"), ("lunas_server__listen", "x")];
    let known = Sources { other_variables: &["LUNAS_CONFIG"], ..environment(variables) };
    assert!(Config::load(&known).is_ok());
    assert_eq!(messages(&environment(variables)), ["LUNAS_CONFIG: no such key"]);
}

#[test]
fn a_section_is_not_a_key() {
    let file = TestFile::new("section", "[servr]\na = 1");
    let expected = format!("servr.a (from {}): no such key", file.0.display());
    assert_eq!(messages(&file.sources()), [expected]);
    for (text, section, got, key) in [
        ("server = 5", "server", "an integer", "allow_plain_http"),
        ("server = 5.5", "server", "a number", "allow_plain_http"),
        ("store = 'hunter2'", "store", "a text", "audit_at_start"),
        ("log = true", "log", "true or false", "format"),
        ("[[server]]", "server", "a list", "allow_plain_http"),
    ] {
        let file = TestFile::new("section-with-a-value", text);
        let place = file.0.display();
        let expected = format!(
            "{section} (from {place}) is a section, got {got}: write its keys, such as {key}, below a \
             line [{section}]"
        );
        assert_eq!(messages(&file.sources()), [expected]);
    }
    let expected = "LUNAS_STORE: store is a section; set one of its keys, such as \
                    LUNAS_STORE__AUDIT_AT_START";
    assert_eq!(messages(&environment([("LUNAS_STORE", "hunter2")])), [expected]);
}
