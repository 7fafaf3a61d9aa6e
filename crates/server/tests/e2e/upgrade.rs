//! An older and a newer server on one database, as during a rolling upgrade. The newer one has
//! migrations that this source does not have yet.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cluster::Cluster;
use crate::load::{CONFIG, PAYS, Story, judge};
use crate::nodes::Load;
use crate::server::Home;

/// The folder of those migrations.
const LATER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/tests/later");

/// Adds the migrations of a folder to the newer servers of a home.
fn learn(home: &Home, folder: &str) {
    let known = home.file("later");
    fs::create_dir_all(&known).unwrap();
    for entry in fs::read_dir(Path::new(LATER).join(folder)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), known.join(entry.file_name())).unwrap();
    }
}

/// The command that starts a newer server.
fn newer(home: &Home) -> Command {
    let mut command = home.sandbox(&CONFIG);
    command.env("LATER_MIGRATIONS", home.file("later"));
    command
}

/// Old servers and read-only commands refuse to start.
fn is_closed_to_the_old(home: &Home) {
    assert_eq!(home.sandbox(&CONFIG).status().unwrap().code(), Some(1));
    assert!(home.log().contains("use the newer lunas"), "{}", home.log());
    assert!(home.refused(&["audit"]).contains("use the newer lunas"));
}

#[test]
fn nodes_are_upgraded_one_after_the_other() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let old = [home.start(&CONFIG)];
    let (second, third) = (home.beside(), home.beside());
    learn(&second, "postgres");
    let (load, later_load) = (Load::default(), Load::default());
    let mut later_stories = Vec::new();
    let mut stories = load.run(&old, || {
        load.wait_for(100);
        let newer = [second.started(newer(&second))];
        let added = include_str!("../../../store/tests/later/columns_added.sql");
        assert_eq!(cluster.sql("lunas0", added), "17");
        later_stories = later_load.run(&newer, || later_load.wait_for(100));
        load.wait_for(100);
        // One that is started again.
        let old = [third.start(&CONFIG)];
        let load = Load::default();
        later_stories.extend(load.run(&old, || load.wait_for(100)));
    });
    stories.append(&mut later_stories);
    let paid = judge(&home, &old[0], &stories);
    assert!(paid > 100, "{paid} of {}", stories.len());
    learn(&second, "contraction");
    let newest = second.started(newer(&second));
    Story::whole(&mut newest.partner(), PAYS);
    is_closed_to_the_old(&third);
}

#[test]
fn a_server_is_upgraded_and_downgraded() {
    let home = Home::new();
    learn(&home, "sqlite");
    let mut stories = Vec::new();
    for command in [home.sandbox(&CONFIG), newer(&home), home.sandbox(&CONFIG)] {
        let server = home.started(command);
        for _ in 0..20 {
            stories.push(Story::whole(&mut server.partner(), PAYS));
        }
        server.signal("TERM");
        assert!(server.ended().success());
    }
    assert_eq!(judge(&home, &home.start(&CONFIG), &stories), 60);
    learn(&home, "contraction");
    drop(home.started(newer(&home)));
    is_closed_to_the_old(&home);
}
