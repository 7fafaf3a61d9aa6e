//! The keys of the configuration that have flags wherever a server is run or looked at.

use std::path::PathBuf;

use crate::config::Flag;

/// The flags that `lunas sandbox`, `lunas serve` and `lunas config show` have in common.
#[derive(clap::Args)]
pub(super) struct Settings {
    /// The address to listen on; port 0 takes a free one [default: server.listen of the configuration,
    /// 127.0.0.1:8080 unless set].
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// The data directory [default: store.data of the configuration, ./lunas-data unless set].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Settings {
    /// What they set.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let flag = |name: &str, key: &str, value: String| Flag {
            name: name.to_owned(),
            key: key.to_owned(),
            value,
        };
        // What is no address is told by the configuration, as in a file.
        let listen = self.listen.clone();
        let listen = listen.map(|listen| flag("--listen", "server.listen", listen));
        let data = self.data.as_ref();
        let data = data.map(|data| flag("--data", "store.data", data.display().to_string()));
        listen.into_iter().chain(data).collect()
    }
}
