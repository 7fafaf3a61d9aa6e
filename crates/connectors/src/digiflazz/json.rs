//! JSON whose values keep the text that was sent: an amount is never converted into a binary fraction.

use std::fmt;

use domain::Rupiah;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The most members of an object that is read: the search for a name that is there twice is quadratic.
const MAX_MEMBERS: usize = 256;

/// The members of a JSON object, in their order. No name is there twice.
#[derive(Default)]
pub(super) struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The object in a text, if the text is nothing but one object.
    pub(super) fn read(text: &'a [u8]) -> Option<Object<'a>> {
        serde_json::from_slice(text).ok()
    }

    /// A member. `null` is no value.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().find(|(member, _)| member == name);
        found.map(|(_, value)| *value).filter(|value| value.get() != "null")
    }

    /// Whether there is a member of that name, `null` included.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(member, _)| member == name)
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Option<Object<'a>> {
        Object::read(self.get(name)?.get().as_bytes())
    }

    /// The objects of a member that is a list, at most `most` of them.
    pub(super) fn objects(&self, name: &str, most: usize) -> Vec<Object<'a>> {
        let list = self.get(name).map(RawValue::get).unwrap_or_default();
        let items: Vec<&'a RawValue> = serde_json::from_str(list).unwrap_or_default();
        let read = |item: &&'a RawValue| Object::read(item.get().as_bytes());
        items.iter().take(most).filter_map(read).collect()
    }

    /// A member that is a list of at most `most` objects and of nothing else.
    pub(super) fn list(&self, name: &str, most: usize) -> Option<Vec<Object<'a>>> {
        let items: Vec<&'a RawValue> = serde_json::from_str(self.get(name)?.get()).ok()?;
        let read = |item: &'a RawValue| Object::read(item.get().as_bytes());
        (items.len() <= most).then(|| items.into_iter().map(read).collect()).flatten()
    }

    /// A member that is `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// A member that is a string, or a number as it was written. No database and no answer takes a NUL.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.get(name)?.get();
        match value.bytes().next()? {
            b'"' => {
                serde_json::from_str(value).ok().map(|text: String| text.replace('\0', "\u{fffd}"))
            }
            b'-' | b'0'..=b'9' => Some(value.to_owned()),
            _ => None,
        }
    }

    /// A member that is a whole number, or a string that holds one.
    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        whole(&self.text(name)?)
    }

    /// A member that is an amount in whole rupiah.
    pub(super) fn rupiah(&self, name: &str) -> Option<Rupiah> {
        self.whole(name).map(Rupiah::new)
    }

    /// The members with their names.
    #[cfg(test)]
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

/// A number without a fraction: digits, and perhaps one or two zeros behind a point. Three zeros are refused,
/// because a point before them separates thousands in Indonesia.
fn whole(text: &str) -> Option<i64> {
    let (number, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match is_number && matches!(fraction, "0" | "00") {
        true => number.parse().ok(),
        false => None,
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<'a>, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.len() == MAX_MEMBERS || members.iter().any(|(it, _)| *it == name) {
                        return Err(A::Error::custom("too many members, or one is there twice"));
                    }
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_or_not_at_all() {
        for (text, amount) in [
            ("0", 0),
            ("100000", 100_000),
            ("100000.0", 100_000),
            ("100000.00", 100_000),
            ("-5", -5),
            // As a binary fraction it would be ...992.
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("9223372036854775807", i64::MAX),
        ] {
            for json in [format!(r#"{{"a":{text}}}"#), format!(r#"{{"a":"{text}"}}"#)] {
                let object = Object::read(json.as_bytes()).unwrap();
                assert_eq!(object.whole("a"), Some(amount), "{json}");
            }
        }
        for bad in [
            "0.5",
            "100.01",
            "1e5",
            "100.000",
            "1.000.000",
            "",
            "-",
            "+1",
            " 1",
            "1,000",
            "Rp 1",
            "9223372036854775808",
            "1.",
            ".0",
            "٣",
        ] {
            assert_eq!(whole(bad), None, "{bad:?}");
        }
        for bad in [r#"{"a":null}"#, r#"{"a":true}"#, r#"{"a":[1]}"#, r#"{"a":1e5}"#, "{}"] {
            assert_eq!(Object::read(bad.as_bytes()).unwrap().whole("a"), None, "{bad}");
        }
    }

    #[test]
    fn only_one_whole_object_is_read() {
        for bad in ["", "{", "[]", "1", r#"{"a":1}x"#, r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#]
        {
            assert!(Object::read(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(Object::read(b"{\"a\":\"\xff\"}").is_none());
        let many: Vec<String> = (0..=MAX_MEMBERS).map(|n| format!("\"{n}\":0")).collect();
        assert!(Object::read(format!("{{{}}}", many.join(",")).as_bytes()).is_none());
    }
}
