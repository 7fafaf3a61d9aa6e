//! A biller's price list and its import as text.

use super::answers::rupiah;
use super::{Render, Table, left, prose, right};
use crate::admin::listed_product::{BillerProduct, BillerProducts, ImportStep, RoutedProduct};

impl BillerProducts {
    /// The products for which an import changes something.
    pub(in crate::cli) fn changes(&self) -> impl Iterator<Item = &BillerProduct> {
        self.products.iter().filter(|product| product.import.is_change())
    }

    /// What an import would do.
    pub(in crate::cli) fn plan(&self) -> String {
        let there = self.count(|step| matches!(step, ImportStep::Nothing));
        let mut text = format!(
            "{} lists {} products. {there} have a route already.\n",
            self.biller,
            self.products.len()
        );
        text += &match self.changes().count() {
            0 => "There is nothing to import.\n".to_owned(),
            _ => format!("To import: {}.\n\n{}", self.counts(), self.table_of_changes()),
        };
        text + &self.skipped()
    }

    /// What an import did.
    pub(in crate::cli) fn result(&self) -> String {
        format!("imported: {}\n{}", self.counts(), self.skipped())
    }

    fn count(&self, is_it: impl Fn(&ImportStep) -> bool) -> usize {
        self.products.iter().filter(|product| is_it(&product.import)).count()
    }

    fn counts(&self) -> String {
        let products = self.count(|step| matches!(step, ImportStep::AddProduct { .. }));
        let routes = self.count(|step| matches!(step, ImportStep::AddRoute { .. }));
        format!("{products} new products, each with a route, and {routes} routes of known products")
    }

    fn table_of_changes(&self) -> String {
        let columns = [
            left("CODE THERE"),
            left("NAME"),
            left("ADDS"),
            left("FAMILY"),
            right("FEE"),
            right("COMMISSION"),
            left("STATE"),
        ];
        let row = |product: &BillerProduct| {
            let listed = &product.listed;
            let (adds, family, state) = match &product.import {
                ImportStep::AddProduct { family, active, .. } => {
                    ("product, route", family.name(), if *active { "on" } else { "off" })
                }
                ImportStep::AddRoute { .. } => ("route", "", ""),
                ImportStep::Nothing | ImportStep::Skip { .. } => ("", "", ""),
            };
            [
                listed.code.clone(),
                listed.name.clone(),
                adds.to_owned(),
                family.to_owned(),
                rupiah(listed.fee),
                rupiah(listed.commission),
                state.to_owned(),
            ]
        };
        Table::new(columns, self.changes().map(row)).to_string()
    }

    fn skipped(&self) -> String {
        let row = |product: &BillerProduct| match &product.import {
            ImportStep::Skip { why } => {
                Some([product.listed.code.clone(), product.listed.name.clone(), why.clone()])
            }
            _ => None,
        };
        let rows: Vec<_> = self.products.iter().filter_map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        let columns = [left("CODE THERE"), left("NAME"), prose("NOT IMPORTED BECAUSE")];
        format!("\n{}", Table::new(columns, rows))
    }
}

impl RoutedProduct {
    fn shown(&self) -> String {
        let state = if self.active { "on" } else { "off" };
        format!("{} ({}, {state})", self.code, self.position)
    }
}

impl Render for BillerProducts {
    fn text(&self) -> String {
        if self.products.is_empty() {
            return match &self.kind {
                None => format!("{} lists no products", self.biller),
                Some(kind) => format!(
                    "{} lists no products of the type {kind:?}; without --type, all are listed",
                    self.biller
                ),
            };
        }
        let columns = [
            left("CODE THERE"),
            left("NAME"),
            left("TYPE"),
            right("FEE"),
            right("COMMISSION"),
            left("STATE"),
            left("PRODUCT HERE"),
            left("NOTE"),
        ];
        let row = |product: &BillerProduct| {
            let listed = &product.listed;
            let here: Vec<String> = product.products.iter().map(RoutedProduct::shown).collect();
            let note = listed.province.as_ref().or(listed.note.as_ref());
            [
                listed.code.clone(),
                listed.name.clone(),
                listed.kind.clone(),
                rupiah(listed.fee),
                rupiah(listed.commission),
                if listed.open { "open" } else { "closed" }.to_owned(),
                if here.is_empty() { "-".to_owned() } else { here.join(", ") },
                note.cloned().unwrap_or_default(),
            ]
        };
        Table::new(columns, self.products.iter().map(row)).to_string()
    }
}
