//! The help of a command, as `cargo xtask help` prints it.

use std::fmt;

/// A command with its arguments and its description.
#[derive(Clone, Copy)]
pub struct Usage {
    /// The name of the command.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: &'static str,
    /// What it does, with line breaks for a terminal.
    pub about: &'static str,
}

/// The benchmark, which `cargo xtask bench` builds and starts.
pub const BENCH: Usage = Usage {
    name: "bench",
    arguments: "[--all] [--database sqlite|postgres] [--rounds N] [--seconds S] [--json]\n        \
                [--check] [--noise] [--stored N] [--recovery] [--minutes M]\n        \
                [--slow-biller] [--plots] [--connections C]",
    about: "measure payments per second and compare them with a bare HTTP server, in 5 rounds of\n\
            3 seconds by default; --all also measures XML, inquiries, many deposits, latencies and\n\
            PostgreSQL; --database postgres stores the books in PostgreSQL and measures two nodes;\n\
            --check fails if a goal is missed; --noise compares the bare server with itself;\n\
            --stored compares inquiries and payments on N stored transactions with those on an\n\
            empty database; --recovery measures the time from a kill to the next correct answer,\n\
            with --stored on N transactions; --minutes measures memory under inquiries and payments\n\
            for M minutes; --slow-biller pays at a biller on the network that takes a second: the\n\
            memory with 10,000 payments in flight, what lunas adds to a payment, and a kill with all of\n\
            them at the biller; --plots draws payments under offered load and on stored transactions\n\
            into docs/performance; the last four use 64 connections by default",
};

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Usage { name, arguments, about } = self;
        let first = format!("{name} {arguments}");
        write!(f, "  {}\n      {}", first.trim_end(), about.replace('\n', "\n      "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_shows_the_arguments_above_the_indented_description() {
        let usage = Usage { name: "count", arguments: "[N]", about: "count to N,\nor to ten" };
        assert_eq!(usage.to_string(), "  count [N]\n      count to N,\n      or to ten");
        let usage = Usage { name: "stop", arguments: "", about: "stop" };
        assert_eq!(usage.to_string(), "  stop\n      stop");
    }
}
