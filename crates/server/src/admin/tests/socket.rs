//! The socket, and the choice of the process that carries out a request.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use gateway::Supervisor;

use super::*;
use crate::admin::request::ProductChange;
use crate::admin::socket::{self, RunningListener};
use crate::admin::{execute_anywhere, os_user};

/// Listens in the bench's data directory as long as the supervisor runs.
fn listen(bench: &Bench) -> (PathBuf, (RunningListener, Supervisor)) {
    let path = socket::path(&bench.config.store.data);
    let mut supervisor = bench.admin.gateway.supervisor();
    let listening = socket::bind(&path).unwrap().serve(bench.admin.clone(), &mut supervisor);
    (path, (listening, supervisor))
}

/// Why no socket can be bound there.
fn refused(path: &Path) -> String {
    socket::bind(path).err().unwrap().to_string()
}

/// The line of a call that names no database.
fn call(request: &str) -> String {
    format!("{{\"carry-out\":{{\"named\":[],\"request\":{request}}}}}")
}

/// Sends bytes and reads the answer; it is empty if the server closes the connection.
async fn send(path: &Path, bytes: Vec<u8>) -> String {
    let path = path.to_owned();
    let talk = move || {
        let mut server = UnixStream::connect(path).unwrap();
        // A server that has read enough closes the connection.
        let _ = server.write_all(&bytes);
        let _ = server.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = server.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}

async fn execute_off_runtime(config: &Config, request: Request) -> anyhow::Result<Response> {
    let config = config.clone();
    tokio::task::spawn_blocking(move || execute_anywhere(&config, request)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_through_the_running_server() {
    let bench = Bench::funded(&[]).await;
    let (path, listening) = listen(&bench);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let answer = execute_off_runtime(&bench.config, Request::ListPartners).await.unwrap();
    let Response::Partners(partners) = answer else {
        panic!("another answer than partners");
    };
    let json = |partners: &[Partner]| serde_json::to_value(partners).unwrap();
    assert_eq!(json(&partners), json(&[bench.partner().await]));
    let new = NewPartner { api_key: None, ..new_partner("other") };
    let answer = execute_off_runtime(&bench.config, Request::AddPartner(new)).await.unwrap();
    assert!(matches!(answer, Response::NewKey(key) if key.api_key.is_some()));

    let nobody = Request::ShowPartner { username: "nobody".to_owned() };
    let refusal = execute_off_runtime(&bench.config, nobody).await.err().unwrap();
    assert_eq!(
        refusal.to_string(),
        "there is no partner \"nobody\"; `lunas partner list` shows who is there"
    );

    drop(listening);
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_is_refused_and_the_server_continues() {
    let bench = Bench::funded(&[]).await;
    let (path, _listening) = listen(&bench);
    let list = "\"list-partners\"";
    let unknown = "{\"show-partner\":{\"username\":\"secret-key\",\"more\":1}}";
    for garbage in [
        "".to_owned(),
        "{}".to_owned(),
        call("\"list-everything\""),
        call(unknown),
        list.to_owned(),
        format!("{{\"carry-out\":{{\"request\":{list}}}}}"),
        call(&format!("{list},\"more\":1")),
        "\u{0}\u{1}".to_owned(),
        "[[[[[[[[[[[[[[[[".to_owned(),
    ] {
        let answer = send(&path, format!("{garbage}\n").into()).await;
        assert!(answer.contains("does not know this request"), "{garbage:?}: {answer}");
        assert!(!answer.contains("secret-key"), "{answer}");
    }
    for cut in [String::new(), call(list)] {
        let answer = send(&path, cut.clone().into()).await;
        assert!(answer.contains("a request is one line"), "{cut:?}: {answer}");
    }
    let deep = "[".repeat(100_000) + "\n";
    assert!(send(&path, deep.into()).await.contains("does not know this request"));
    let answer = send(&path, (call(list) + "\n").into()).await;
    assert!(answer.starts_with("{\"Ok\":{\"partners\":[{"), "{answer}");
    assert!(answer.ends_with('\n'));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_request_is_not_read_completely() {
    let bench = Bench::funded(&[]).await;
    let (path, _listening) = listen(&bench);
    let list = call("\"list-partners\"") + "\n";
    let padded = " ".repeat((1 << 20) + 1) + &list;
    let answer = send(&path, padded.into()).await;
    assert!(!answer.contains("Ok"), "{answer}");
    let longest = " ".repeat((1 << 20) - list.len()) + &list;
    assert!(send(&path, longest.into()).await.contains("Ok"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_does_not_block_others() {
    let bench = Bench::funded(&[]).await;
    let (path, _listening) = listen(&bench);
    let _silent: Vec<_> = (0..8).map(|_| UnixStream::connect(&path).unwrap()).collect();
    assert!(send(&path, (call("\"list-partners\"") + "\n").into()).await.contains("Ok"));
}

#[tokio::test]
async fn only_a_stale_socket_is_replaced() {
    let bench = Bench::empty(&[]).await;
    let path = socket::path(&bench.config.store.data);
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    drop(listen(&bench));
    std::fs::write(&path, "a file").unwrap();
    assert!(refused(&path).contains("remove it"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file");
}

#[tokio::test]
async fn a_path_that_is_too_long_is_reported() {
    let bench = Bench::empty(&[]).await;
    let path = bench.config.store.data.join("x".repeat(108));
    let error = refused(&path);
    assert!(error.contains("a data directory with a shorter path"), "{error}");
}

#[test]
fn without_a_server_the_store_itself_is_used() {
    let data = tempfile::tempdir().unwrap();
    let config = config(data.path(), &[]);
    make_books(&config);
    let new = NewPartner { api_key: None, ..new_partner(USERNAME) };
    execute_anywhere(&config, Request::AddPartner(new)).unwrap();
    let Response::Partners(partners) = execute_anywhere(&config, Request::ListPartners).unwrap()
    else {
        panic!("another answer than partners");
    };
    assert_eq!(partners[0].username, USERNAME);
}

/// The names of all files in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// No request creates books, and none is carried out on parts of books; existing files stay.
#[test]
fn no_request_makes_books_or_a_key() {
    let parent = tempfile::tempdir().unwrap();
    let (none, lost) = ("there are no books in", "but their master key");
    for (name, files, why) in [
        ("mistyped", &[][..], none),
        ("empty", &[("lunas.db", "")], none),
        ("lost", &[("master.key", "0")], lost),
        ("emptied", &[("lunas.db", ""), ("master.key", "0")], lost),
    ] {
        let data = parent.path().join(name);
        for (file, text) in files {
            std::fs::create_dir_all(&data).unwrap();
            std::fs::write(data.join(file), text).unwrap();
        }
        let config = config(&data, &[]);
        for request in [
            Request::ListPartners,
            Request::AddPartner(new_partner(USERNAME)),
            Request::SetProduct(ProductChange {
                create: Some("bpjs-kesehatan".to_owned()),
                ..ProductChange::default()
            }),
        ] {
            let error = execute_anywhere(&config, request).err().unwrap();
            assert!(error.to_string().contains(why), "{name}: {error}");
            let expected: Vec<_> = files.iter().map(|(file, _)| (*file).to_owned()).collect();
            assert_eq!(names(&data), expected, "{name}");
        }
        assert_eq!(data.exists(), !files.is_empty());
    }
}

#[test]
fn a_lost_master_key_is_not_replaced() {
    let data = tempfile::tempdir().unwrap();
    let config = config(data.path(), &[]);
    make_books(&config);
    execute_anywhere(&config, Request::AddPartner(new_partner(USERNAME))).unwrap();
    std::fs::remove_file(data.path().join("master.key")).unwrap();
    let error = execute_anywhere(&config, Request::ListPartners).err().unwrap();
    assert!(error.to_string().contains("is missing"), "{error}");
    assert!(!data.path().join("master.key").exists());
}

#[test]
fn a_directory_whose_owner_does_not_listen_is_in_use() {
    let data = tempfile::tempdir().unwrap();
    let config = config(data.path(), &[]);
    make_books(&config);
    let owned = at_rest(data.path());
    let error = execute_anywhere(&config, Request::ListPartners).err().unwrap();
    assert!(error.to_string().contains("it is starting or stopping"), "{error}");
    drop(owned);
}

/// A server has its books in its directory, and a request names a database: nothing is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_names_other_books_is_refused() {
    let bench = Bench::funded(&[]).await;
    let (_path, _listening) = listen(&bench);
    let data = bench.config.store.data.to_str().unwrap();
    let url = "postgres://lunas:hush-hush@127.0.0.1:1/other";
    let other = config(bench.config.store.data.as_path(), &[("store.database", url)]);
    let deposit = NewDeposit {
        username: USERNAME.to_owned(),
        amount: 777,
        note: String::new(),
        reference: None,
    };
    let before = bench.partner().await;
    for request in [Request::AddDeposit(deposit), Request::ListPartners, Request::ShowSandbox] {
        let error = execute_off_runtime(&other, request).await.err().unwrap().to_string();
        assert!(error.contains(&format!("the server that runs on {data}")), "{error}");
        assert!(error.contains("leave out --database") && !error.contains("hush"), "{error}");
    }
    let located = tokio::task::spawn_blocking(move || crate::admin::locate(&other)).await.unwrap();
    assert!(located.unwrap_err().to_string().contains("another database was named"));
    assert_eq!(bench.partner().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actor_is_the_user_whom_the_socket_reports() {
    let bench = Bench::funded(&[]).await;
    let (path, _listening) = listen(&bench);
    let (own, suspend) = (
        os_user::own(),
        "{\"suspend-partner\":{\"username\":\"081234567890\",\"suspended\":true}}",
    );
    let lied = call(&format!("{suspend},\"actor\":\"nobody\"")) + "\n";
    assert!(send(&path, lied.into()).await.contains("does not know this request"));
    assert!(send(&path, (call(suspend) + "\n").into()).await.contains("Ok"));
    let newest = bench.admin.gateway.read(|read| {
        read.actions(&store::ActionFilter { limit: 1, ..store::ActionFilter::default() })
    });
    let newest = newest.await.unwrap().remove(0).action;
    assert_eq!((newest.actor, &*newest.operation.name), (own, "partner.suspend"));
}

#[test]
fn without_a_server_the_actor_is_the_user_of_this_process() {
    let data = tempfile::tempdir().unwrap();
    let config = config(data.path(), &[]);
    make_books(&config);
    execute_anywhere(&config, Request::AddPartner(new_partner(USERNAME))).unwrap();
    drop(at_rest(data.path()));
    let mut reader = store::sqlite::reader(data.path()).unwrap();
    let filter = store::ActionFilter { limit: 1, ..store::ActionFilter::default() };
    let newest = store::Read::actions(&mut reader, &filter).unwrap().remove(0).action;
    assert_eq!((newest.actor, &*newest.operation.name), (os_user::own(), "partner.add"));
}
