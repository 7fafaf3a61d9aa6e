//! An older and a newer server on one database, as they are while servers are upgraded one after the
//! other. The newer one knows migrations that this source has not yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::Cluster;
use crate::load::{CONFIG, PAYS, Story, judge};
use crate::nodes::Load;
use crate::server::Home;

/// Tables of both databases, and those of the money path that only one has.
const TABLES: &str = "partner partner_key product inquiry payment watch exchange top_up";
const IN_THE_DIRECTORY: &str = "account posting";
const ON_A_SERVER: &str = "counter node deposit float_account open_payment movement";

/// Writes the migrations that the next version brings, all that a migration may do which only adds.
fn expansion(home: &Home, tables: &[&str]) -> PathBuf {
    let mut sql = String::from(
        "CREATE TABLE later (partner INTEGER PRIMARY KEY);
         CREATE INDEX inquiry_later ON inquiry (code);
         INSERT INTO later VALUES (1);\n",
    );
    for table in tables.iter().flat_map(|tables| tables.split(' ')) {
        sql += &format!("ALTER TABLE {table} ADD COLUMN later INTEGER NOT NULL DEFAULT 7;\n");
    }
    let folder = home.file("later");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("V1001__expand_later.sql"), sql).unwrap();
    folder
}

/// Writes the one that the version after the next brings, when nobody needs the old any more.
fn contraction(folder: &Path) {
    let sql = "DROP TABLE later;";
    fs::write(folder.join("V1002__contract_later.sql"), sql).unwrap();
}

/// The command that starts a newer server.
fn newer(home: &Home, folder: &Path) -> Command {
    let mut command = home.sandbox(&CONFIG);
    command.env("LATER_MIGRATIONS", folder);
    command
}

/// The old servers start no more, and nor does what only reads.
fn is_closed_to_the_old(home: &Home) {
    assert_eq!(home.sandbox(&CONFIG).status().unwrap().code(), Some(1));
    assert!(home.log().contains("use the newer lunas"), "{}", home.log());
    assert!(home.refused(&["audit"]).contains("use the newer lunas"));
}

#[test]
fn nodes_are_upgraded_one_after_the_other() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let folder = expansion(&home, &[TABLES, ON_A_SERVER]);
    let old = [home.start(&CONFIG)];
    let (second, third) = (home.beside(), home.beside());
    let (load, later_load) = (Load::default(), Load::default());
    let mut later_stories = Vec::new();
    let mut stories = load.run(&old, || {
        load.wait_for(100);
        let newer = [second.started(newer(&second, &folder))];
        let columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'later'";
        assert_eq!(cluster.sql("lunas0", columns), "14");
        later_stories = later_load.run(&newer, || later_load.wait_for(100));
        load.wait_for(100);
        // One that is put back.
        let old = [third.start(&CONFIG)];
        let load = Load::default();
        later_stories.extend(load.run(&old, || load.wait_for(100)));
    });
    stories.append(&mut later_stories);
    let paid = judge(&home, &old[0], &stories);
    assert!(paid > 100, "{paid} of {}", stories.len());
    contraction(&folder);
    let newest = second.started(newer(&second, &folder));
    Story::whole(&mut newest.partner(), PAYS);
    is_closed_to_the_old(&third);
}

#[test]
fn a_server_is_upgraded_and_put_back() {
    let home = Home::new();
    let folder = expansion(&home, &[TABLES, IN_THE_DIRECTORY]);
    let mut stories = Vec::new();
    for command in [home.sandbox(&CONFIG), newer(&home, &folder), home.sandbox(&CONFIG)] {
        let server = home.started(command);
        for _ in 0..20 {
            stories.push(Story::whole(&mut server.partner(), PAYS));
        }
        server.signal("TERM");
        assert!(server.ended().success());
    }
    assert_eq!(judge(&home, &home.start(&CONFIG), &stories), 60);
    contraction(&folder);
    drop(home.started(newer(&home, &folder)));
    is_closed_to_the_old(&home);
}
