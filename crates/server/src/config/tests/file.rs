//! Files that cannot be read.

use super::*;

#[test]
fn a_named_file_must_exist_and_be_readable() {
    let missing = Sources { file: Some("/nowhere/lunas.toml".into()), ..Sources::default() };
    assert_eq!(
        Config::load(&missing).unwrap_err().to_string(),
        "there is no configuration file /nowhere/lunas.toml: check --config and LUNAS_CONFIG, or \
         leave them \
         out to run with the defaults"
    );
    let relative = Sources { file: Some("nowhere.toml".into()), ..Sources::default() };
    let whole = std::env::current_dir().unwrap().join("nowhere.toml").display().to_string();
    let told = Config::load(&relative).unwrap_err().to_string();
    assert!(told.contains(&whole), "{told}");

    let directory = Sources { file: Some(std::env::temp_dir()), ..Sources::default() };
    assert!(matches!(Config::load(&directory), Err(ConfigError::Unreadable { .. })));

    let binary = TestFile::new("binary", b"\xff\xfe");
    assert!(matches!(Config::load(&binary.sources()), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn a_syntax_error_gives_line_and_column_and_quotes_nothing() {
    for (text, place) in [
        ("[server]\nlisten = hunter2\n", "line 2, column 10"),
        ("[server]\nlisten = 'a'\nlisten = 'hunter2'\n", "line 3, column 1"),
        ("[server\n", "line 1, column 8"),
    ] {
        let file = TestFile::new("syntax", text);
        let error = Config::load(&file.sources()).unwrap_err();
        assert!(matches!(error, ConfigError::Syntax { .. }), "{error:?}");
        let told = error.to_string();
        assert!(told.starts_with(&format!("{}, {place}: ", file.0.display())), "{told}");
        assert!(!format!("{told} {error:?}").contains("hunter2"), "{told}");
    }
}
