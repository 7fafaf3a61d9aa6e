//! Every sample file is read, and what was read is compared with the snapshot.

use bank_statements::read;

use crate::support::{files, sample, settings, shown};

#[test]
fn every_layout_is_read() {
    let mut names: Vec<String> = std::fs::read_dir(files())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let read = |name: &String| match read(&sample(name), &settings()) {
        Ok(statement) => format!("{name}: {}", shown(&statement)),
        Err(error) => panic!("{name}: {error}"),
    };
    let all: Vec<String> = names.iter().map(read).collect();
    insta::assert_snapshot!(all.join("\n"));
}
