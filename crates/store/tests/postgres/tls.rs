//! Connections to other machines use TLS, and the certificate must match the URL.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use store::StoreError;
use store::postgres::{Address, Server};

use crate::cluster::Cluster;
use crate::now;

/// Signs a certificate with `openssl`, which Debian installs with the server.
fn certify(folder: &Path, name: &str, more: &[&str]) {
    let done = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem"), "-days", "2"])
        .args(["-subj", &format!("/CN={name}")])
        .args(more)
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(done.unwrap().success(), "openssl signs {name}");
}

/// Makes the running server listen on localhost with these certificates.
fn listen(cluster: &Cluster, folder: &Path) {
    let data = cluster.sql("postgres", "SHOW data_directory");
    let owner = fs::metadata(&data).unwrap();
    for (file, mode) in [("localhost.pem", 0o644), ("localhost.key", 0o600)] {
        let copy = Path::new(&data).join(file);
        fs::copy(folder.join(file), &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(mode)).unwrap();
        chown(&copy, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    cluster.set("ssl_cert_file", "'localhost.pem'");
    cluster.set("ssl_key_file", "'localhost.key'");
    cluster.set("ssl", "on");
    cluster.set("listen_addresses", "'localhost'");
    cluster.kill();
    cluster.run();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_must_have_a_valid_certificate() {
    let keys = tempfile::tempdir().unwrap();
    certify(keys.path(), "ca", &[]);
    certify(keys.path(), "other", &[]);
    let issued = ["-CA", "ca.pem", "-CAkey", "ca.key"];
    let names = ["-addext", "subjectAltName=DNS:localhost"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
    certify(keys.path(), "localhost", &[issued.as_slice(), &names, &leaf].concat());
    let cluster = Cluster::start();
    let port = cluster.sql("postgres", "SHOW port");
    let open = async |host: &str, options: &str| {
        let options =
            options.replace("sslrootcert=", &format!("sslrootcert={}/", keys.path().display()));
        let url = format!("postgres://lunas:hush-hush@{host}:{port}/postgres?{options}");
        match Address::parse(&url) {
            Ok(address) => Server::open(address, now()).await.map(drop),
            Err(error) => Err(error),
        }
    };
    cluster.set("listen_addresses", "'localhost'");
    cluster.kill();
    cluster.run();
    let told = open("localhost", "sslmode=require&sslrootcert=ca.pem").await.unwrap_err();
    assert!(told.to_string().contains("does not support TLS"), "{told}");
    listen(&cluster, keys.path());
    for (host, options) in [
        ("localhost", "sslmode=verify-full&sslrootcert=other.pem"),
        ("localhost", "sslmode=require&sslrootcert=other.pem"),
        ("localhost", "sslmode=verify-full"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=ca.pem"),
    ] {
        let told = open(host, options).await.unwrap_err();
        let why = told.to_string();
        assert!(matches!(told, StoreError::Unreachable(_) | StoreError::Address(_)), "{why}");
        assert!(why.contains("certificate") && !why.contains("hush"), "{host} {options}: {why}");
    }
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(cluster.sql("postgres", tables), "0");
    open("localhost", "sslmode=verify-full&sslrootcert=ca.pem").await.unwrap();
    open("localhost", "sslmode=require&sslrootcert=ca.pem").await.unwrap();
    open("localhost", "sslmode=disable").await.unwrap();
}
