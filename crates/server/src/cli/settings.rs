//! The flags for keys of the configuration that several commands share.

use std::path::PathBuf;

use crate::config::Flag;

/// The flags of `lunas sandbox`, `lunas serve` and `lunas config show`.
#[derive(clap::Args)]
pub(super) struct Settings {
    /// The address and port to listen on; port 0 takes a free port [default: server.listen of the
    /// configuration, 127.0.0.1:8080 unless set].
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// The data directory [default: store.data of the configuration, ./lunas-data unless set].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Settings {
    /// The values of these flags.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let flag = |name: &str, key: &str, value: String| Flag {
            name: name.to_owned(),
            key: key.to_owned(),
            value,
        };
        // The configuration reports a malformed address, as for a file.
        let listen = self.listen.clone();
        let listen = listen.map(|listen| flag("--listen", "server.listen", listen));
        let data = self.data.as_ref();
        let data = data.map(|data| flag("--data", "store.data", data.display().to_string()));
        listen.into_iter().chain(data).collect()
    }
}
