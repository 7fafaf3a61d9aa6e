//! The options of the benchmark.

use std::time::Duration;

/// What to measure, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) rounds: usize,
    /// The longest time that each server is under load in a round.
    pub(crate) length: Duration,
    /// The number of open connections when stored transactions or a kill are measured.
    pub(crate) connections: usize,
    /// Whether to compare lunas with all other programs.
    pub(crate) is_all: bool,
    /// Where lunas stores its books.
    pub(crate) database: Database,
    pub(crate) as_json: bool,
    /// Whether a missed goal is an error.
    pub(crate) is_check: bool,
    /// Whether to compare the baseline with itself; the ratio is then the noise of the method.
    pub(crate) is_noise: bool,
    /// Measure the cost of this many stored transactions, instead of the contenders.
    pub(crate) stored: Option<u32>,
    /// Measure the memory at the peak rate for this many minutes, instead of the contenders.
    pub(crate) minutes: Option<u32>,
    /// Whether to draw the plots of the documentation.
    pub(crate) is_plots: bool,
    /// Whether to measure the time from a kill to the next correct answer, instead of the
    /// contenders.
    pub(crate) is_recovery: bool,
    /// Whether to measure payments at a biller on the network that takes its time, instead of the contenders.
    pub(crate) is_slow_biller: bool,
}

/// Where lunas stores its books.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Database {
    Sqlite,
    /// A private PostgreSQL, which the other programs use too.
    Postgres,
}

/// Parses the command line.
pub(crate) fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        rounds: 5,
        length: Duration::from_secs(3),
        connections: 64,
        is_all: false,
        database: Database::Sqlite,
        as_json: false,
        is_check: false,
        is_noise: false,
        stored: None,
        minutes: None,
        is_recovery: false,
        is_slow_biller: false,
        is_plots: false,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = |most: u32| {
            let value = arguments.next().and_then(|value| value.parse::<u32>().ok());
            value
                .filter(|value| (1..=most).contains(value))
                .ok_or_else(|| format!("{argument} takes a whole number from 1 to {most}"))
        };
        match argument.as_str() {
            "--rounds" => options.rounds = number(1_000)? as usize,
            "--seconds" => options.length = Duration::from_secs(number(600)?.into()),
            "--connections" => options.connections = number(4_096)? as usize,
            "--stored" => options.stored = Some(number(100_000_000)?),
            "--minutes" => options.minutes = Some(number(600)?),
            "--database" => {
                options.database = match arguments.next().map(String::as_str) {
                    Some("sqlite") => Database::Sqlite,
                    Some("postgres") => Database::Postgres,
                    _ => return Err("--database takes sqlite or postgres".to_owned()),
                }
            }
            "--all" => options.is_all = true,
            "--json" => options.as_json = true,
            "--check" => options.is_check = true,
            "--recovery" => options.is_recovery = true,
            "--slow-biller" => options.is_slow_biller = true,
            "--plots" => options.is_plots = true,
            "--noise" => options.is_noise = true,
            unknown => return Err(format!("bench has no option `{unknown}`")),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        parse(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn options_have_defaults_and_can_be_given() {
        let default = parsed(&[]).unwrap();
        assert_eq!((default.rounds, default.connections), (5, 64));
        assert_eq!(default.length, Duration::from_secs(3));
        assert!(!default.as_json && !default.is_check && !default.is_noise);
        let given = ["--rounds", "2", "--json", "--seconds", "7", "--check", "--stored", "9"];
        let given = parsed(&given).unwrap();
        assert_eq!((given.rounds, given.length), (2, Duration::from_secs(7)));
        assert!(given.as_json && given.is_check && given.stored == Some(9));
        assert_eq!(parsed(&["--database", "postgres"]).unwrap().database, Database::Postgres);
    }

    #[test]
    fn what_is_no_option_or_no_number_is_refused() {
        assert!(parsed(&["--database", "mysql"]).unwrap_err().contains("sqlite or postgres"));
        assert!(parsed(&["--round", "2"]).unwrap_err().contains("`--round`"));
        for bad in [&["--rounds"] as &[&str], &["--seconds", "0"], &["--connections", "x"]] {
            assert!(parsed(bad).unwrap_err().contains("whole number from 1 to"), "{bad:?}");
        }
    }
}
