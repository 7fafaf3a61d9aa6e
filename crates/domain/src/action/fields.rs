//! A small JSON object, such as the values of a partner that a command changes.

use std::fmt::{self, Write};

use crate::Rupiah;

/// A JSON object. Its fields keep their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields(Vec<(&'static str, Value)>);

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Flag(bool),
    Number(i64),
    Text(Box<str>),
    Texts(Vec<Box<str>>),
}

/// An object with these fields.
pub fn fields<const N: usize>(fields: [(&'static str, Value); N]) -> Fields {
    Fields(fields.into())
}

impl Fields {
    /// The object with more fields after its own.
    pub fn with<const N: usize>(mut self, more: [(&'static str, Value); N]) -> Fields {
        self.0.extend(more);
        self
    }
}

impl Value {
    /// The text of a value.
    pub fn text(value: &(impl fmt::Display + ?Sized)) -> Value {
        Value::Text(value.to_string().into())
    }

    /// The text of a value, or null.
    pub fn optional_text(value: Option<&(impl fmt::Display + ?Sized)>) -> Value {
        value.map_or(Value::Null, Value::text)
    }

    /// The texts of values.
    pub fn texts<T: fmt::Display>(values: &[T]) -> Value {
        Value::Texts(values.iter().map(|value| value.to_string().into()).collect())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Flag(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(number)
    }
}

impl From<Rupiah> for Value {
    fn from(amount: Rupiah) -> Value {
        Value::Number(amount.get())
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (place, (name, value)) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { "," })?;
            write_text(f, name)?;
            f.write_char(':')?;
            write_value(f, value)?;
        }
        f.write_char('}')
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Flag(flag) => write!(f, "{flag}"),
        Value::Number(number) => write!(f, "{number}"),
        Value::Text(text) => write_text(f, text),
        Value::Texts(texts) => {
            f.write_char('[')?;
            for (place, text) in texts.iter().enumerate() {
                f.write_str(if place == 0 { "" } else { "," })?;
                write_text(f, text)?;
            }
            f.write_char(']')
        }
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_json() {
        let object = fields([
            ("name", Value::text("a \"b\" \\ \n \u{7f} é")),
            ("suspended", false.into()),
            ("available", Rupiah::new(-5).into()),
            ("hours", Value::optional_text(None::<&str>)),
            ("allow_list", Value::texts(&["::/0", "10.0.0.0/8"])),
            ("none", Value::Texts(Vec::new())),
        ]);
        let json = "{\"name\":\"a \\\"b\\\" \\\\ \\u000a \\u007f é\",\"suspended\":false,\
                    \"available\":-5,\"hours\":null,\"allow_list\":[\"::/0\",\"10.0.0.0/8\"],\
                    \"none\":[]}";
        assert_eq!(object.to_string(), json);
    }
}
