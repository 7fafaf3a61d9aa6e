//! The socket, and the way to whoever can carry a request out.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use gateway::Supervisor;

use super::*;
use crate::admin::reach;
use crate::admin::socket::{self, Listening};

/// Listens in the bench's data directory, as long as the supervisor is there.
fn listen(bench: &Bench) -> (PathBuf, (Listening, Supervisor)) {
    let path = socket::path(&bench.config.store.data);
    let mut supervisor = bench.admin.gateway.supervisor();
    let listening = socket::listen(&path, bench.admin.clone(), &mut supervisor).unwrap();
    (path, (listening, supervisor))
}

/// Why nobody can listen there.
fn refused(bench: &Bench, path: &Path) -> String {
    let mut supervisor = bench.admin.gateway.supervisor();
    let listening = socket::listen(path, bench.admin.clone(), &mut supervisor);
    listening.err().unwrap().to_string()
}

/// Sends bytes as they are, and reads what comes back; empty if the server hangs up.
async fn send(path: &Path, bytes: Vec<u8>) -> String {
    let path = path.to_owned();
    let talk = move || {
        let mut server = UnixStream::connect(path).unwrap();
        // A server that has read enough hangs up.
        let _ = server.write_all(&bytes);
        let _ = server.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = server.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}

async fn reach_from_outside(config: &Config, request: Request) -> anyhow::Result<Response> {
    let config = config.clone();
    tokio::task::spawn_blocking(move || reach(&config, request)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_through_the_running_server() {
    let bench = Bench::funded(&[]).await;
    let (path, listening) = listen(&bench);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let answer = reach_from_outside(&bench.config, Request::ListPartners).await.unwrap();
    let Response::Partners(partners) = answer else {
        panic!("another answer than partners");
    };
    assert_eq!(partners, [bench.partner().await]);
    let new = NewPartner { api_key: None, ..new_partner("other") };
    let answer = reach_from_outside(&bench.config, Request::AddPartner(new)).await.unwrap();
    assert!(matches!(answer, Response::NewKey(key) if key.api_key.is_some()));

    let nobody = Request::ShowPartner { username: "nobody".to_owned() };
    let refusal = reach_from_outside(&bench.config, nobody).await.err().unwrap();
    assert_eq!(refusal.to_string(), "there is no partner \"nobody\"");

    drop(listening);
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused_and_the_server_goes_on() {
    let bench = Bench::funded(&[]).await;
    let (path, _listening) = listen(&bench);
    for garbage in [
        "\n",
        "{}\n",
        "\"list-everything\"\n",
        "{\"show-partner\":{\"username\":\"a\",\"more\":1}}\n",
        "\u{0}\u{1}\n",
        "[[[[[[[[[[[[[[[[\n",
        "{\"show-partner\":{\"username\":\"secret-key\",\"more\":1}}\n",
    ] {
        let answer = send(&path, garbage.into()).await;
        assert!(answer.contains("this is no request"), "{garbage:?}: {answer}");
        assert!(!answer.contains("secret-key"), "{answer}");
    }
    for cut in ["", "\"list-partners\""] {
        let answer = send(&path, cut.into()).await;
        assert!(answer.contains("a request is one line"), "{cut:?}: {answer}");
    }
    let deep = "[".repeat(100_000) + "\n";
    assert!(send(&path, deep.into()).await.contains("this is no request"));
    let answer = send(&path, "\"list-partners\"\n".into()).await;
    assert!(answer.starts_with("{\"Ok\":{\"partners\":[{"), "{answer}");
    assert!(answer.ends_with('\n'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_end_is_not_read_to_its_end() {
    let bench = Bench::funded(&[]).await;
    let (path, _listening) = listen(&bench);
    let padded = " ".repeat((1 << 20) + 1) + "\"list-partners\"\n";
    let answer = send(&path, padded.into()).await;
    assert!(!answer.contains("Ok"), "{answer}");
    let longest = " ".repeat((1 << 20) - 16) + "\"list-partners\"\n";
    assert!(send(&path, longest.into()).await.contains("Ok"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_holds_up_nobody() {
    let bench = Bench::funded(&[]).await;
    let (path, _listening) = listen(&bench);
    let _silent: Vec<_> = (0..8).map(|_| UnixStream::connect(&path).unwrap()).collect();
    assert!(send(&path, "\"list-partners\"\n".into()).await.contains("Ok"));
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced_and_anything_else_is_not() {
    let bench = Bench::empty(&[]).await;
    let path = socket::path(&bench.config.store.data);
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    drop(listen(&bench));
    std::fs::write(&path, "a file").unwrap();
    assert!(refused(&bench, &path).contains("remove it"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file");
}

#[tokio::test]
async fn a_path_that_is_too_long_is_said_to_be() {
    let bench = Bench::empty(&[]).await;
    let path = bench.config.store.data.join("x".repeat(108));
    let error = refused(&bench, &path);
    assert!(error.contains("a data directory with a shorter path"), "{error}");
}

#[test]
fn without_a_server_the_store_itself_is_used() {
    let data = tempfile::tempdir().unwrap();
    let config = config(data.path(), &[]);
    let new = NewPartner { api_key: None, ..new_partner(USERNAME) };
    reach(&config, Request::AddPartner(new)).unwrap();
    let Response::Partners(partners) = reach(&config, Request::ListPartners).unwrap() else {
        panic!("another answer than partners");
    };
    assert_eq!(partners[0].username, USERNAME);
}

#[test]
fn a_mistyped_directory_does_not_become_a_database() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("mistyped");
    let error = reach(&config(&data, &[]), Request::ListPartners).err().unwrap();
    assert!(error.to_string().contains("there is no lunas database in"), "{error}");
    assert!(!data.exists());
}

#[test]
fn a_lost_master_key_is_not_replaced() {
    let data = tempfile::tempdir().unwrap();
    let config = config(data.path(), &[]);
    reach(&config, Request::AddPartner(new_partner(USERNAME))).unwrap();
    std::fs::remove_file(data.path().join("master.key")).unwrap();
    let error = reach(&config, Request::ListPartners).err().unwrap();
    assert!(error.to_string().contains("is missing"), "{error}");
    assert!(!data.path().join("master.key").exists());
}

#[test]
fn a_directory_that_somebody_has_without_listening_is_said_to_be_in_use() {
    let data = tempfile::tempdir().unwrap();
    let config = config(data.path(), &[]);
    reach(&config, Request::AddPartner(new_partner(USERNAME))).unwrap();
    let owned = at_rest(data.path());
    let error = reach(&config, Request::ListPartners).err().unwrap();
    assert!(error.to_string().contains("it is starting or stopping"), "{error}");
    drop(owned);
}
