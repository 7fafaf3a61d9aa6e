//! The forms of the bills, read from `data/bills.toml`, which explains its fields.

use std::collections::HashMap;

use domain::{Family, ProductCode};
use serde::Deserialize;
use toml::{Table, Value};

use super::template::Template;

/// The forms of each family, the most specific last.
pub(super) struct Forms(HashMap<Family, Vec<Form>>);

/// The form of the bills of a family, a product or a customer number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    code: Option<Box<str>>,
    hp: Option<Box<str>>,
    pub(super) tr_name: Box<str>,
    pub(super) period: Template,
    #[serde(default)]
    pub(super) nominal: i64,
    #[serde(default)]
    pub(super) rows: Vec<Row>,
    #[serde(default)]
    pub(super) row: Template,
    pub(super) desc: Template,
    #[serde(default)]
    pub(super) paid: Vec<(Template, Template)>,
    pub(super) noref: Box<str>,
    pub(super) made_up: Option<(i64, i64)>,
}

/// One sheet of a bill.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) period: Box<str>,
    #[serde(default)]
    pub(super) label: Box<str>,
    pub(super) amount: i64,
}

impl Forms {
    /// Reads the forms, which are compiled into the program.
    pub(super) fn read() -> Forms {
        #[derive(Deserialize)]
        struct File {
            bill: Vec<Table>,
        }
        let file: File =
            toml::from_str(include_str!("../data/bills.toml")).expect("bills.toml lists bills");
        let mut wholes: HashMap<Family, Table> = HashMap::new();
        let mut forms: HashMap<Family, Vec<Form>> = HashMap::new();
        for mut entry in file.bill {
            let family = entry.remove("family");
            let family = family.as_ref().and_then(Value::as_str);
            let family = family.and_then(Family::named).expect("a bill has a family");
            let mut whole = wholes.entry(family).or_insert(entry.clone()).clone();
            whole.extend(entry);
            let form = whole.try_into().expect("a bill is complete");
            forms.entry(family).or_default().push(form);
        }
        Forms(forms)
    }

    /// The form of this number's bill.
    pub(super) fn of(&self, family: Family, code: &ProductCode, hp: &str) -> &Form {
        let fits = |form: &&Form| {
            form.code.as_deref().is_none_or(|only| only == code.as_str())
                && form.hp.as_deref().is_none_or(|only| only == hp)
        };
        let forms = self.0.get(&family).into_iter().flatten();
        forms.rev().find(fits).expect("a family's first form fits every number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_a_form_that_fits_every_number() {
        let forms = Forms::read();
        for family in Family::all() {
            let first = &forms.0[&family][0];
            assert_eq!((&first.code, &first.hp), (&None, &None), "{}", family.name());
        }
    }

    #[test]
    fn a_made_up_bill_has_a_range_of_whole_hundreds() {
        for form in Forms::read().0.into_values().flatten() {
            if let Some((least, greatest)) = form.made_up {
                assert!(0 < least && least < greatest, "{}", form.tr_name);
                assert_eq!((least % 100, greatest % 100), (0, 0), "{}", form.tr_name);
            }
        }
    }

    #[test]
    fn the_most_special_form_is_taken() {
        let forms = Forms::read();
        let telkom = ProductCode::new("TELKOMPSTN").unwrap();
        let name = |hp| &*forms.of(Family::InternetTelkom, &telkom, hp).tr_name;
        assert_eq!((name("6391601207"), name("6391601208")), ("CATH", "JAORAH"));
        let other = ProductCode::new("OTHER").unwrap();
        let form = forms.of(Family::InternetTelkom, &other, "6391601207");
        assert_eq!(&*form.tr_name, "JAORAH", "another product's number is not special");
    }
}
