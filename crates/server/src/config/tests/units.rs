//! Durations, sizes and networks as the configuration writes them.

use std::time::Duration;

use crate::config::units::{Network, Period, Size};

fn period(text: &str) -> Option<Duration> {
    Period::try_from(text.to_owned()).ok().map(|period| period.0)
}

fn size(text: &str) -> Option<usize> {
    Size::try_from(text.to_owned()).ok().map(|size| size.0)
}

#[test]
fn a_duration_is_digits_and_a_unit() {
    assert_eq!(period("0ms"), Some(Duration::ZERO));
    assert_eq!(period("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(period("010s"), Some(Duration::from_secs(10)));
    assert_eq!(period("5m"), Some(Duration::from_secs(300)));
    assert_eq!(period("24h"), Some(Duration::from_secs(86_400)));
}

#[test]
fn nothing_else_is_a_duration() {
    for text in
        ["", "10", "s", "10 s", " 10s", "10s ", "-1s", "+1s", "1.5s", "1e3s", "10S", "1m30s", "1d"]
    {
        assert_eq!(period(text), None, "{text:?}");
    }
    // The Arabic-Indic digit one.
    assert_eq!(period("\u{661}s"), None);
    assert_eq!(period("99999999999999999999s"), None);
    assert_eq!(period(&format!("{}h", u64::MAX)), None);
}

#[test]
fn a_size_is_digits_and_a_unit() {
    assert_eq!(size("512B"), Some(512));
    assert_eq!(size("16KiB"), Some(16_384));
    assert_eq!(size("1MiB"), Some(1_048_576));
    for text in ["", "16", "16 KiB", "16KB", "16kib", "16K", "-1B", "1.5MiB", "1GiB"] {
        assert_eq!(size(text), None, "{text:?}");
    }
    assert_eq!(size(&format!("{}MiB", u64::MAX)), None);
}

#[test]
fn the_largest_whole_unit_is_written() {
    for text in ["500ms", "1500ms", "90s", "1m", "90m", "2h", "0ms"] {
        assert_eq!(Period::try_from(text.to_owned()).unwrap().to_string(), text);
    }
    assert_eq!(Period::milliseconds(60_000).to_string(), "1m");
    assert_eq!(Size::kib(1024).to_string(), "1MiB");
    assert_eq!(Size(1025).to_string(), "1025B");
}

#[test]
fn a_network_is_an_address_or_a_cidr() {
    let network = |text: &str| Network::try_from(text.to_owned());
    for text in ["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8"] {
        assert!(network(text).is_ok(), "{text}");
    }
    for text in ["", "localhost", "10.0.0.0/33", "10.0.0/8", "127.0.0.1:80", "*"] {
        assert!(network(text).is_err(), "{text}");
    }
}
