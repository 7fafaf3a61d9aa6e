//! Reads single keys from the merged layers and collects errors.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use receipt::unprintable;
use serde::de::DeserializeOwned;

use super::error::{ConfigError, Problem};
use super::layers::{Layers, shown};
use super::units::{Period, Size};

/// Reads the value of each key. A wrong value becomes a problem and is read as its default, so that
/// one pass finds all problems. [`finish`](Reader::finish) returns them.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader of these layers, with the problems that the merge found.
    pub(super) fn new(layers: &'a Layers, problems: Vec<Problem>) -> Self {
        Self { layers, problems }
    }

    /// Returns all problems; the values that were read are valid only if this is `Ok`.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError::Invalid(self.problems)) }
    }

    /// A value of type `T` that `accept` converts.
    ///
    /// # Panics
    /// When the default of the key is missing or not valid.
    pub(super) fn value<T: DeserializeOwned, U>(
        &mut self,
        key: &str,
        expected: impl Display,
        accept: impl Fn(T) -> Option<U>,
    ) -> U {
        let (value, _) = self.layers.find(key);
        value.deserialize().ok().and_then(&accept).unwrap_or_else(|| {
            self.refuse(key, expected);
            let default = self.layers.default_of(key).and_then(|value| value.deserialize().ok());
            default.and_then(&accept).expect("config.default.toml holds acceptable values")
        })
    }

    /// True or false.
    pub(super) fn switch(&mut self, key: &str) -> bool {
        self.value(key, "true or false", Some)
    }

    /// A whole number within a range.
    pub(super) fn number<T>(&mut self, key: &str, range: RangeInclusive<T>) -> T
    where
        T: DeserializeOwned + PartialOrd + Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.value(key, expected, |number| range.contains(&number).then_some(number))
    }

    /// A duration within a range.
    pub(super) fn duration(&mut self, key: &str, range: RangeInclusive<Period>) -> Duration {
        let expected = format!("{}, from {} to {}", Period::FORM, range.start(), range.end());
        self.value(key, expected, |period| range.contains(&period).then_some(period.0))
    }

    /// A number of bytes within a range.
    pub(super) fn size(&mut self, key: &str, range: RangeInclusive<Size>) -> usize {
        let expected = format!("{}, from {} to {}", Size::FORM, range.start(), range.end());
        self.value(key, expected, |size| range.contains(&size).then_some(size.0))
    }

    /// One line of text with a length in this range.
    pub(super) fn text(&mut self, key: &str, length: RangeInclusive<usize>) -> String {
        let expected = format!("one line of {} to {} characters", length.start(), length.end());
        self.value(key, expected, |text: String| {
            (length.contains(&text.chars().count()) && is_one_line(&text)).then_some(text)
        })
    }

    /// The same, with only characters that receipts can show.
    pub(super) fn printed_text(&mut self, key: &str, length: RangeInclusive<usize>) -> String {
        let text = self.text(key, length);
        if let Some(lacking) = unprintable(&text)
            && !self.is_refused(key)
        {
            let code = u32::from(lacking);
            let expected = format!("text without {lacking:?} (U+{code:04X}), which receipts lack");
            self.refuse(key, expected);
        }
        text
    }

    /// A path, not empty.
    pub(super) fn path(&mut self, key: &str) -> PathBuf {
        self.value(key, "a path", |path: String| {
            (!path.is_empty() && is_one_line(&path)).then(|| path.into())
        })
    }

    /// A path that may be empty.
    pub(super) fn optional_path(&mut self, key: &str) -> Option<PathBuf> {
        let path = self.value(key, r#"a path, or "" for none"#, |path: String| {
            is_one_line(&path).then_some(path)
        });
        (!path.is_empty()).then(|| path.into())
    }

    /// One of several names, each with a value.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
        self.value(key, names.join(" or "), |given: String| {
            choices.iter().find(|(name, _)| *name == given).map(|(_, choice)| *choice)
        })
    }

    /// Records a problem with the key if it does not fit the value of the other key. It does
    /// nothing if one of the two values is already wrong.
    pub(super) fn rule(&mut self, key: &str, other: &str, holds: bool, expected: &str) {
        if !(holds || self.is_refused(key) || self.is_refused(other)) {
            self.refuse(key, expected);
        }
    }

    fn refuse(&mut self, key: &str, expected: impl Display) {
        let (value, origin) = self.layers.find(key);
        self.problems.push(Problem::Wrong {
            key: key.to_owned(),
            value: shown(&value),
            origin,
            expected: expected.to_string(),
        });
    }

    fn is_refused(&self, key: &str) -> bool {
        let about = |problem: &Problem| matches!(problem, Problem::Wrong { key: wrong, .. } if wrong == key);
        self.problems.iter().any(about)
    }
}

fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
