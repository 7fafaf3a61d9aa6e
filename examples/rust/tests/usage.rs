//! What the program says to somebody who starts it without more.

use std::process::Command;

#[test]
fn without_a_key_it_says_what_to_set_and_asks_nobody() {
    let mut tutorial = Command::new(env!("CARGO_BIN_EXE_tutorial"));
    let done = tutorial.env_clear().output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&done.stderr), "set LUNAS_API_KEY to your API key\n");
    assert!(done.stdout.is_empty());
}
