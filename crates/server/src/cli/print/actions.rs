//! The log of actions as text.

use super::{Render, Table, left, right};
use crate::admin::response::{Action, Fields};

impl Render for Vec<Action> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no such actions".to_owned();
        }
        let columns = [
            right("ID"),
            left("AT"),
            left("ACTOR"),
            left("ACTION"),
            left("SUBJECT"),
            left("WHAT CHANGED"),
        ];
        let row = |action: &Action| {
            [
                action.id.to_string(),
                action.at.to_string(),
                action.actor.0.to_string(),
                action.action.clone(),
                action.subject.clone(),
                changed(action.before.as_ref(), &action.after),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

/// `suspended: false → true`; fields that did not change are left out, unless all are the same.
fn changed(before: Option<&Fields>, after: &Fields) -> String {
    let field = |(name, value): (&String, &serde_json::Value)| match before
        .and_then(|before| before.get(name))
    {
        None => Some(format!("{name}: {}", shown(value))),
        Some(old) if old == value => None,
        Some(old) => Some(format!("{name}: {} → {}", shown(old), shown(value))),
    };
    let fields: Vec<String> = after.iter().filter_map(field).collect();
    if fields.is_empty() { "nothing".to_owned() } else { fields.join(", ") }
}

fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn only_what_changed_is_shown() {
        let changed =
            |before: Option<&str>, after| changed(before.map(fields).as_ref(), &fields(after));
        let (off, on) =
            (r#"{"name":"Toko","suspended":false}"#, r#"{"name":"Toko","suspended":true}"#);
        assert_eq!(changed(Some(off), on), "suspended: false → true");
        assert_eq!(changed(Some(on), on), "nothing");
        assert_eq!(changed(None, on), "name: Toko, suspended: true");
        let (none, some) = (r#"{"hours":null}"#, r#"{"hours":"01:00-23:00","fee":2500}"#);
        assert_eq!(changed(Some(none), some), "fee: 2500, hours: none → 01:00-23:00");
    }
}
