//! The price list: as published, and filtered.

use iak_protocol::{Command, Format, Listing, PriceListAnswer, decode_price_list};

use crate::client::{Partner, Reply};
use crate::document::Document;
use crate::documented::{Page, extension};
use crate::server::Home;

#[test]
fn the_published_entries_are_listed_as_published() {
    // The two formats were published with different prices.
    for (format, fee, commission) in [(Format::Json, "2000", "100"), (Format::Xml, "2500", "1150")]
    {
        let home = Home::new();
        let server = home.start(&[]);
        home.operate(&["product", "set", "BPJS", "--fee", fee, "--commission", commission]);
        let mut request = Page::read(&format!("price-list/request.{}", extension(format)));
        let answered = request.send(&mut server.partner().speaking(format), "pl");
        let page = Page::read(&format!("price-list/response.{}", extension(format))).document();
        let (published, listed) = (entries(&page), entries(&answered.document()));
        assert_eq!((published.len(), listed.len()), (2, 23));
        for entry in published {
            assert!(listed.contains(&entry), "{entry:?} is not in {listed:?}");
        }
    }
}

/// The fields of each product, in order.
fn entries(list: &Document) -> Vec<Vec<(String, String)>> {
    let mut entries: Vec<Vec<_>> = Vec::new();
    for (path, value) in &list.0 {
        let Some((_, place)) = path.split_once("pasca") else { continue };
        match (place.rsplit('.').next().unwrap(), &**value) {
            (_, "[") => {}
            (_, "{" | "<") => entries.push(Vec::new()),
            (field, value) => {
                entries.last_mut().unwrap().push((field.to_owned(), value.to_owned()))
            }
        }
    }
    entries
}

#[test]
fn a_price_list_contains_exactly_the_requested_products() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    home.operate(&["product", "set", "PDAMKOTA.MEDAN", "--off"]);

    assert_eq!(codes(&listed(&mut partner, "", Listing::All, None)).len(), 23);
    let medan = ["PDAMKOTA.MEDAN"];
    assert_eq!(codes(&listed(&mut partner, "", Listing::NonActive, None)), medan);
    assert_eq!(codes(&listed(&mut partner, "", Listing::Active, None)).len(), 22);
    let water = ["AETRA", "PDAMKOTA.MEDAN", "PDAMKOTA.SURABAYA", "PDAMKOTA.YOGYAKARTA"];
    assert_eq!(codes(&listed(&mut partner, "/pdam", Listing::All, None)), water);
    let java = codes(&listed(&mut partner, "/pdam", Listing::All, Some("Jawa Timur")));
    assert_eq!(java, ["PDAMKOTA.SURABAYA"]);
    // Other types have no province.
    let bpjs = codes(&listed(&mut partner, "/bpjs", Listing::All, None));
    assert_eq!(codes(&listed(&mut partner, "/bpjs", Listing::All, Some("Jawa Timur"))), bpjs);
    assert!(!bpjs.is_empty());
    let none: [&str; 0] = [];
    assert_eq!(codes(&listed(&mut partner, "/pdam", Listing::All, Some("Papua"))), none);
    assert_eq!(codes(&listed(&mut partner, "/airline", Listing::All, None)), none);
    assert_eq!(codes(&listed(&mut partner, "/no-such-type", Listing::All, None)), none);

    let status = |list: &Reply| {
        let products = products(list);
        products.iter().find(|product| product.0 == medan[0]).map(|product| product.1)
    };
    assert_eq!(status(&listed(&mut partner, "", Listing::All, None)), Some(4));
    home.operate(&["product", "set", "PDAMKOTA.MEDAN", "--on"]);
    assert_eq!(status(&listed(&mut partner, "", Listing::All, None)), Some(1));
}

fn listed(partner: &mut Partner, of_type: &str, status: Listing, province: Option<&str>) -> Reply {
    let command = Command::PriceList { status, province: province.map(Into::into) };
    partner.ask_at(&format!("{}{of_type}", crate::client::CHECK), command).unwrap()
}

fn codes(list: &Reply) -> Vec<String> {
    products(list).into_iter().map(|product| product.0).collect()
}

fn products(list: &Reply) -> Vec<(String, i64)> {
    match decode_price_list(&list.body, Format::Json).unwrap() {
        PriceListAnswer::Products(products) => {
            products.iter().map(|product| (product.code.to_string(), product.status)).collect()
        }
        refused => panic!("{refused:?}"),
    }
}
