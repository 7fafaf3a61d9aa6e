//! The index, with segments of a few inquiries.

use domain::{Bill, BillerId, Family, Moment, Price, ProductCode, Rupiah, SoldProduct};

use super::*;
use crate::sqlite::{known, migrate};

/// Segments small enough that a test fills some.
const SMALL: usize = 16;

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, &known()).unwrap();
    connection
}

fn ref_id(number: i64) -> RefId {
    RefId::new(&format!("ref-{}", number.wrapping_mul(0x9E37_79B9) % 1_000_003)).unwrap()
}

/// Records the inquiry of that number, for partner 1 or 2 in turn.
fn record(connection: &Connection, tr_id: i64, ref_id: RefId) -> Inquiry {
    let inquiry = Inquiry {
        tr_id: TrId(tr_id),
        partner: PartnerId(1 + tr_id % 2),
        ref_id,
        code: ProductCode::new("BPJS").unwrap(),
        customer_no: "8801234560001".into(),
        bill: Bill {
            customer_name: "NAMA".into(),
            period: "02".into(),
            nominal: Rupiah::new(50_000),
            sheets: 1,
            details: "{}".into(),
        },
        price: Price {
            admin: Rupiah::new(2_500),
            commission: Rupiah::new(200),
            price: Rupiah::new(52_500),
            selling_price: Rupiah::new(52_300),
        },
        biller: BillerId(1),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: None,
        biller_reference: None,
        stated_cost: None,
        at: Moment::from_micros(1_546_275_600_000_000),
        sold: SoldProduct { name: "BPJS Kesehatan".into(), family: Family::BpjsKesehatan },
    };
    rows::inquiry::insert(connection, &inquiry, 0).unwrap();
    inquiry
}

/// An index that knows inquiries 1 to `last`, one commit each.
fn filled(connection: &Connection, last: i64) -> RefIdIndex {
    let references = RefIdIndex::open(connection, SMALL).unwrap();
    for tr_id in 1..=last {
        let inquiry = record(connection, tr_id, ref_id(tr_id));
        references.note(std::iter::once(&inquiry));
        references.seal_if_full(connection).unwrap();
    }
    references
}

#[test]
fn every_number_is_found_and_no_other() {
    let connection = database();
    let references = filled(&connection, 100);
    assert_eq!(segment::every(&connection).unwrap().len(), 100 / SMALL);
    let reopened = RefIdIndex::open(&connection, SMALL).unwrap();
    for number in 1..=200 {
        let owner = PartnerId(1 + number % 2);
        let other = PartnerId(2 - number % 2);
        let expected = (number <= 100).then_some(TrId(number));
        let ref_id = ref_id(number);
        for index in [&references, &reopened] {
            assert_eq!(index.find(&connection, owner, &ref_id).unwrap(), expected);
            assert_eq!(index.find(&connection, other, &ref_id).unwrap(), None);
        }
        assert_eq!(find_without_filter(&connection, owner, &ref_id).unwrap(), expected);
        assert_eq!(find_without_filter(&connection, other, &ref_id).unwrap(), None);
    }
}

#[test]
fn an_index_that_is_missing_is_written_again() {
    let connection = database();
    filled(&connection, 100);
    connection.execute_batch("DELETE FROM reference_segment; DELETE FROM reference_block").unwrap();
    let references = RefIdIndex::open(&connection, SMALL).unwrap();
    assert_eq!(segment::every(&connection).unwrap().len(), 100 / SMALL);
    let found = references.find(&connection, PartnerId(2), &ref_id(7)).unwrap();
    assert_eq!(found, Some(TrId(7)));
}

#[test]
fn a_shared_hash_decides_nothing() {
    let connection = database();
    let references = RefIdIndex::open(&connection, SMALL).unwrap();
    let (one, other) = (record(&connection, 1, ref_id(1)), record(&connection, 2, ref_id(2)));
    let hash = references.key.hash(one.partner, &one.ref_id);
    references.change().recent.extend([(hash, one.tr_id), (hash, other.tr_id)]);
    let find = || references.find(&connection, one.partner, &one.ref_id).unwrap();
    assert_eq!(find(), Some(one.tr_id));
    let recent = std::mem::take(&mut references.change().recent);
    segment::write(&connection, &recent).unwrap();
    references.change().filter.add(recent.iter().map(|(hash, _)| *hash));
    assert_eq!(find(), Some(one.tr_id));
    connection.execute("DELETE FROM inquiry WHERE tr_id = 1", []).unwrap();
    assert_eq!(find(), None);
}

#[test]
fn an_inquiry_that_the_index_does_not_lead_to_is_told() {
    let connection = database();
    filled(&connection, 40);
    let inquiry = |tr_id| rows::inquiry::find(&connection, TrId(tr_id)).unwrap().unwrap().0;
    let mut walk = Walk::new(&connection).unwrap();
    assert!((1..=40).all(|tr_id| walk.finds(&inquiry(tr_id)).unwrap()));
    let gone = "UPDATE reference_block SET entries = x'' WHERE id BETWEEN 128 AND 255";
    connection.execute(gone, []).unwrap();
    let mut walk = Walk::new(&connection).unwrap();
    let lost = (1..=40).filter(|tr_id| !walk.finds(&inquiry(*tr_id)).unwrap());
    assert_eq!(lost.collect::<Vec<_>>(), (17..=32).collect::<Vec<_>>());
}

#[test]
fn inquiries_that_share_a_number_are_told() {
    let connection = database();
    let references = filled(&connection, 40);
    assert_eq!(repeated(&connection).unwrap(), []);
    // The partners differ for the first one, and are the same for the others.
    for (tr_id, same_as) in [(42, 1), (43, 3), (45, 39)] {
        record(&connection, tr_id, ref_id(same_as));
    }
    let told = [(TrId(3), TrId(43)), (TrId(39), TrId(45))];
    let mut found = repeated(&connection).unwrap();
    found.sort_unstable();
    assert_eq!(found, told);
    drop(references);
}

#[test]
fn damage_is_told() {
    let connection = database();
    let references = filled(&connection, 40);
    connection.execute("UPDATE reference_block SET entries = x'00'", []).unwrap();
    let cut = references.find(&connection, PartnerId(2), &ref_id(1));
    assert!(matches!(cut, Err(StoreError::Damaged(_))), "{cut:?}");
    connection.execute("DELETE FROM reference_segment WHERE id = 0", []).unwrap();
    let missing = RefIdIndex::open(&connection, SMALL).map(drop);
    assert!(matches!(missing, Err(StoreError::Damaged(_))), "{missing:?}");
}

#[test]
fn a_filter_names_every_segment_that_holds_a_hash_and_few_others() {
    let key = Key(*b"0123456789abcdef");
    let hash = |number| key.hash(PartnerId(1), &RefId::new(&format!("r{number}")).unwrap());
    let (segments, each) = (70, 2_000);
    let mut filter = Filter::default();
    for segment in 0..segments {
        filter.add((segment * each..(segment + 1) * each).map(hash));
    }
    let mut named = 0;
    for number in (0..segments * each).step_by(7) {
        let found = filter.segments(hash(number));
        assert!(found.contains(&(number / each)));
        named += found.len() - 1;
    }
    assert!(named < 100, "{named} segments were named in vain");
}
