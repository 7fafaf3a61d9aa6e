//! What is sold: the answer to `pricelist-pasca`.

use std::borrow::Cow;

use crate::answer::{BillAnswer, Draft, Unreadable, json_data, set_number, set_text, utf8};
use crate::code::ResponseCode;
use crate::format::Format;
use crate::json::{Json, Kind};
use crate::limits;
use crate::writer::Writer;
use crate::xml::Elements;

/// One line of the price list. Amounts are whole rupiah per bill sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product<'a> {
    /// The product's code.
    pub code: Cow<'a, str>,
    /// The name for customers.
    pub name: Cow<'a, str>,
    /// 1 if it is on sale, 4 if not.
    pub status: i64,
    /// The fee that the customer pays.
    pub fee: i64,
    /// The partner's commission.
    pub komisi: i64,
    /// The kind of product, `pdam` or `bpjs` for example.
    pub product_type: Cow<'a, str>,
    /// `postpaid`.
    pub category: Cow<'a, str>,
    /// The province of a water company.
    pub province: Option<Cow<'a, str>>,
}

/// The answer to a price-list request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceListAnswer<'a> {
    /// The products.
    Products(Vec<Product<'a>>),
    /// A failure, such as a wrong signature.
    Failure {
        /// Which one.
        response_code: ResponseCode,
        /// The description of the code.
        message: Cow<'a, str>,
    },
}

/// Appends a price list.
pub fn encode_price_list<'p>(
    products: impl IntoIterator<Item = &'p Product<'p>>,
    format: Format,
    out: &mut Vec<u8>,
) {
    let mut writer = Writer::answer(format, out);
    // In XML only the price list has a `data` element.
    if format == Format::Xml {
        writer.open("data");
    }
    writer.list("pasca", products, |writer, product| {
        writer.text("code", &product.code);
        writer.text("name", &product.name);
        writer.number("status", product.status);
        writer.number("fee", product.fee);
        writer.number("komisi", product.komisi);
        writer.text("type", &product.product_type);
        writer.text("category", &product.category);
        if let Some(province) = &product.province {
            writer.text("province", province);
        }
    });
    if format == Format::Xml {
        writer.close("data");
    }
    writer.end_answer();
}

/// Reads a biller's price list, up to 8 MiB, or its failure.
pub fn decode_price_list(body: &[u8], format: Format) -> Result<PriceListAnswer<'_>, Unreadable> {
    let text = utf8(body, format)?;
    match format {
        Format::Json => in_json(text),
        Format::Xml => in_xml(text),
    }
}

fn in_json(text: &str) -> Result<PriceListAnswer<'_>, Unreadable> {
    let data = json_data(text, limits::PRICE_LIST)?;
    let (mut products, mut rest) = (None, Draft::default());
    for (name, value) in data.members() {
        match &*name {
            "pasca" if value.kind() == Kind::Array => products = Some(products_in_json(value)?),
            "pasca" => return Err(Unreadable::Field("pasca")),
            _ => rest.set_json(&name, value)?,
        }
    }
    concluded(products, rest)
}

fn products_in_json(list: Json<'_>) -> Result<Vec<Product<'_>>, Unreadable> {
    let products = list.items().map(|item| {
        let mut product = Fields::default();
        for (name, value) in item.members() {
            product.set(&name, json_scalar(value))?;
        }
        product.finish()
    });
    products.collect()
}

/// The list, unless a code beside it says that it is a failure: half a list is no list.
fn concluded<'a>(
    products: Option<Vec<Product<'a>>>,
    rest: Draft<'a>,
) -> Result<PriceListAnswer<'a>, Unreadable> {
    match (rest.finish(), products) {
        (Err(Unreadable::NoResponseCode), Some(products)) => {
            Ok(PriceListAnswer::Products(products))
        }
        (Ok(rest), Some(products)) if rest.response_code == ResponseCode::Success => {
            Ok(PriceListAnswer::Products(products))
        }
        (Ok(BillAnswer { response_code, message, .. }), _) => {
            Ok(PriceListAnswer::Failure { response_code, message })
        }
        (Err(unreadable), _) => Err(unreadable),
    }
}

fn json_scalar(value: Json<'_>) -> Option<Cow<'_, str>> {
    match value.kind() {
        Kind::Number => Some(Cow::Borrowed(value.raw())),
        _ => value.string(),
    }
}

fn in_xml(text: &str) -> Result<PriceListAnswer<'_>, Unreadable> {
    let mut elements = Elements::enter(text, "mp", limits::PRICE_LIST)?;
    let mut products: Option<Vec<Product<'_>>> = None;
    let mut rest = Draft::default();
    while let Some(element) = elements.child()? {
        if element.name() != "data" {
            rest.set_xml(element.name(), &mut elements)?;
            continue;
        }
        let products = products.get_or_insert_default();
        while let Some(element) = elements.child()? {
            match element.name() {
                "pasca" => products.push(product_in_xml(&mut elements)?),
                _ => elements.leave()?,
            }
        }
    }
    elements.finish()?;
    concluded(products, rest)
}

fn product_in_xml<'a>(elements: &mut Elements<'a>) -> Result<Product<'a>, Unreadable> {
    let mut product = Fields::default();
    while let Some(field) = elements.child()? {
        let value = elements.text()?;
        product.set(field.name(), value)?;
    }
    product.finish()
}

/// A product whose fields are still being read.
#[derive(Default)]
struct Fields<'a> {
    code: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    status: Option<i64>,
    fee: Option<i64>,
    komisi: Option<i64>,
    product_type: Option<Cow<'a, str>>,
    category: Option<Cow<'a, str>>,
    province: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    fn set(&mut self, name: &str, value: Option<Cow<'a, str>>) -> Result<(), Unreadable> {
        match name {
            "code" => set_text(&mut self.code, "code", value),
            "name" => set_text(&mut self.name, "name", value),
            "status" => set_number(&mut self.status, "status", value),
            "fee" => set_number(&mut self.fee, "fee", value),
            "komisi" => set_number(&mut self.komisi, "komisi", value),
            "type" => set_text(&mut self.product_type, "type", value),
            "category" => set_text(&mut self.category, "category", value),
            // A product without a province has null here.
            "province" if value.is_none() => Ok(()),
            "province" => set_text(&mut self.province, "province", value),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<Product<'a>, Unreadable> {
        Ok(Product {
            code: self.code.ok_or(Unreadable::Field("code"))?,
            name: self.name.ok_or(Unreadable::Field("name"))?,
            status: self.status.ok_or(Unreadable::Field("status"))?,
            fee: self.fee.ok_or(Unreadable::Field("fee"))?,
            komisi: self.komisi.ok_or(Unreadable::Field("komisi"))?,
            product_type: self.product_type.ok_or(Unreadable::Field("type"))?,
            category: self.category.ok_or(Unreadable::Field("category"))?,
            province: self.province,
        })
    }
}
