//! What holds for every request and answer, and for every body whatever is in it.

use std::borrow::Cow;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use iak_protocol::{
    BillAnswer, Command, Desc, FieldFault, Format, Inquiry, Listing, NorefTag, Request,
    ResponseCode, decode_answer, decode_price_list, decode_request, encode_request,
};

use crate::support::{FORMATS, encoded, pages};

fn text(regex: &'static str) -> impl Strategy<Value = Cow<'static, str>> {
    regex.prop_map(Cow::Owned)
}

fn ref_id() -> impl Strategy<Value = Cow<'static, str>> {
    text("[-A-Za-z0-9_.:/]{1,64}")
        .prop_filter("signs another command", |text| !matches!(&**text, "cs" | "pl"))
}

fn command() -> impl Strategy<Value = Command<'static>> {
    let hp = || text("[-A-Za-z0-9_.:/]([-A-Za-z0-9 _.:/]{0,62}[-A-Za-z0-9_.:/])?");
    let amount = prop_oneof![
        text("[0-9]{1,20}"),
        text("-?[0-9]+[.eE][0-9]+"),
        text("[!-~é😀]([ -~é😀]*[!-~é😀])?")
    ];
    let inquiry = (
        (text("[-A-Za-z0-9_.]{1,64}"), hp(), ref_id()),
        option::of(text("[0-9]{1,2}")),
        option::of(text("[0-9]{4}")),
        option::of(hp()),
        option::of(amount),
    );
    let status = prop_oneof![Just(Listing::All), Just(Listing::Active), Just(Listing::NonActive)];
    prop_oneof![
        inquiry.prop_map(|((code, hp, ref_id), month, year, nomor_identitas, amount)| {
            let unusable = Vec::new();
            Command::Inquiry(Inquiry {
                code,
                hp,
                ref_id,
                month,
                year,
                nomor_identitas,
                amount,
                unusable,
            })
        }),
        (0..=i64::MAX).prop_map(Command::payment),
        ref_id().prop_map(|ref_id| Command::Status { ref_id }),
        (status, option::of(text("[!-~]([ -~]{0,62}[!-~])?")))
            .prop_map(|(status, province)| Command::PriceList { status, province }),
    ]
}

fn any_request() -> impl Strategy<Value = Request<'static>> {
    (text("[!-~]{1,64}"), text("[ -~é\t😀]{1,40}"), command())
        .prop_map(|(username, sign, command)| Request { username, sign, command })
}

/// A bill's desc: an object of objects, arrays, texts and numbers, its names those of elements.
fn desc() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
    ];
    let members = |inner: BoxedStrategy<Value>| {
        btree_map("[a-z][a-z_0-9]{0,8}", inner, 0..6)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    };
    let value = leaf.prop_recursive(4, 40, 6, move |inner| {
        let list = vec(inner.clone(), 0..4).prop_map(Value::Array);
        prop_oneof![list, members(inner)]
    });
    members(value.boxed())
}

fn scalars() -> impl Strategy<Value = BillAnswer<'static>> {
    let any_text = || option::of(any::<String>().prop_map(Cow::<'static, str>::Owned));
    let any_number = || option::of(any::<i64>());
    let texts = (any_text(), any_text(), any_text(), any_text(), any_text(), any_text());
    let more_texts = (any_text(), any_text(), any_text(), any::<String>());
    let numbers = (any_number(), any_number(), any_number(), any_number(), any_number());
    let code = (0..ResponseCode::ALL.len()).prop_map(|index| ResponseCode::ALL[index]);
    let details = btree_map("[a-z][a-z_.]{0,9}", vec(any::<String>(), 1..3), 0..4);
    (texts, more_texts, numbers, any_number(), option::of(any::<u8>()), code, details).prop_map(
        |(texts, more_texts, numbers, balance, status, response_code, details)| {
            let (code, datetime, hp, tr_name, period, ref_id) = texts;
            let (noref, sign, hint, message) = more_texts;
            let (tr_id, nominal, admin, price, selling_price) = numbers;
            let faults = |(field, faults): (String, Vec<String>)| {
                let fault = move |fault: String| FieldFault {
                    field: field.clone().into(),
                    fault: fault.into(),
                };
                faults.into_iter().map(fault)
            };
            let error_details = details.into_iter().flat_map(faults).collect();
            BillAnswer {
                tr_id,
                code,
                datetime,
                hp,
                tr_name,
                period,
                nominal,
                admin,
                ref_id,
                status,
                price,
                selling_price,
                balance,
                noref,
                sign,
                error_details,
                hint,
                ..BillAnswer::new(response_code, message)
            }
        },
    )
}

/// One published page with a few of its bytes changed.
fn broken_page() -> impl Strategy<Value = (Vec<u8>, Format)> {
    let pages: Vec<_> = pages("").into_iter().map(|page| (page.body, page.format)).collect();
    let edit = (any::<Index>(), any::<Index>(), 0..5_u8, any::<u8>());
    let interesting = b"{}[]\",:\\<>/&;!?-'= \0\xFF\xC3eE0.".to_vec();
    (any::<Index>(), vec(edit, 1..6)).prop_map(move |(page, edits)| {
        let (mut body, format) = pages[page.index(pages.len())].clone();
        for (from, to, kind, byte) in edits {
            if body.is_empty() {
                break;
            }
            let (from, to) = (from.index(body.len()), to.index(body.len()));
            let span = from.min(to)..from.max(to);
            match kind {
                0 => body[from] = byte,
                1 => body[from] = interesting[usize::from(byte) % interesting.len()],
                2 => body.insert(from, interesting[usize::from(byte) % interesting.len()]),
                3 => drop(body.drain(span)),
                _ => {
                    let copy = body[span].to_vec();
                    body.splice(to..to, copy);
                }
            }
        }
        (body, format)
    })
}

/// Reads a body as everything that it could be, and writes what was read.
fn read_as_everything(body: &[u8]) {
    for format in FORMATS {
        if let Ok(mut request) = decode_request(body, format) {
            is_within_the_rules(&request);
            if let Command::Inquiry(inquiry) = &mut request.command {
                // What cannot be used is not sent on.
                inquiry.unusable.clear();
            }
            for format in FORMATS {
                let again = encode_request(&request, format);
                let mut read = decode_request(&again, format).unwrap();
                if format == Format::Xml && has_control(&request.sign) {
                    // XML has no word for it, and no right signature has one.
                    read.sign.clone_from(&request.sign);
                }
                assert_eq!(read, request);
            }
        }
        if let Ok(answer) = decode_answer(body, format) {
            for format in FORMATS {
                let again = encoded(&answer, format);
                decode_answer(again.as_bytes(), format).unwrap();
            }
        }
        let _ = decode_price_list(body, format);
    }
    if let Ok(text) = std::str::from_utf8(body)
        && let Ok(desc) = Desc::new(text)
    {
        assert_eq!(Desc::new(desc.as_str()).as_ref(), Ok(&desc));
    }
}

fn has_control(sign: &str) -> bool {
    sign.chars().any(char::is_control)
}

/// Whatever passes may be hashed, stored and sent on.
fn is_within_the_rules(request: &Request<'_>) {
    let is_made_of = |text: &str, more: &str| {
        (1..=64).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    assert!(request.username.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!((1..=64).contains(&request.username.len()));
    match &request.command {
        Command::Inquiry(inquiry) => {
            assert!(is_made_of(&inquiry.code, "-_."));
            assert!(is_made_of(&inquiry.hp, " -_.:/"));
            assert!(is_made_of(&inquiry.ref_id, "-_.:/"));
        }
        Command::Payment { tr_id, sent } => {
            assert!(sent.len() <= 64);
            assert_eq!(sent.trim_ascii().parse(), Ok(*tr_id));
        }
        Command::Status { ref_id } => assert!(is_made_of(ref_id, "-_.:/")),
        Command::PriceList { .. } => {}
    }
}

proptest! {
    #[test]
    fn a_request_is_read_as_it_was_written_in_both_formats(request in any_request()) {
        for format in FORMATS {
            let body = encode_request(&request, format);
            prop_assert_eq!(decode_request(&body, format), Ok(request.clone()));
        }
    }

    #[test]
    fn an_answer_is_read_as_it_was_written_in_json(mut answer in scalars(), desc in desc()) {
        let desc = desc.to_string();
        answer.desc = Some(Desc::new(&desc).unwrap());
        let body = encoded(&answer, Format::Json);
        prop_assert_eq!(decode_answer(body.as_bytes(), Format::Json), Ok(answer));
        let read: Value = serde_json::from_str(&body).unwrap();
        let kept = if desc == "{}" { "[]" } else { &desc };
        prop_assert_eq!(read["data"]["desc"].to_string(), kept);
    }

    #[test]
    fn an_answer_is_read_as_it_was_written_in_xml(mut answer in scalars(), underscore: bool) {
        // The format has no place for these characters, nor for the tag of a reference that is none.
        let legal = |c: char| c >= ' ' && c != '\u{FFFE}' && c != '\u{FFFF}' || "\t\n\r".contains(c);
        let body = encoded(&answer, Format::Xml);
        let has_illegal = format!("{answer:?}").contains("\\u{") || body.contains('\u{FFFD}');
        prop_assert!(body.chars().all(legal));
        if underscore && answer.noref.is_some() {
            answer.noref_tag = NorefTag::NoUnderscoreRef;
        }
        let body = encoded(&answer, Format::Xml);
        let read = decode_answer(body.as_bytes(), Format::Xml).unwrap();
        if has_illegal {
            prop_assert_eq!(encoded(&read, Format::Xml), body);
        } else {
            prop_assert_eq!(read, answer);
        }
    }

    #[test]
    fn a_desc_read_from_xml_is_stable(desc in desc()) {
        let desc = desc.to_string();
        let mut answer = BillAnswer::new(ResponseCode::Success, "m");
        answer.desc = Some(Desc::new(&desc).unwrap());
        let once = encoded(&answer, Format::Xml);
        let read = decode_answer(once.as_bytes(), Format::Xml).unwrap();
        let twice = encoded(&read, Format::Xml);
        prop_assert_eq!(twice, once.replace("<desc/>", ""));
    }

    #[test]
    fn an_indented_desc_equals_the_compact_one(desc in desc()) {
        let laid_out = serde_json::to_string_pretty(&desc).unwrap();
        let compact = Desc::new(&laid_out).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(compact.as_str()).unwrap(), match desc {
            Value::Object(members) if members.is_empty() => Value::Array(Vec::new()),
            desc => desc,
        });
    }

    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(body in vec(any::<u8>(), 0..300)) {
        read_as_everything(&body);
    }

    #[test]
    fn arbitrary_markup_is_read_without_a_panic(
        body in r#"[{}\[\]",:\\<>/&;!?'= a\-0-9.eEux#]{0,120}"#,
    ) {
        read_as_everything(body.as_bytes());
        read_as_everything(format!("<mp><hp>{body}</hp></mp>").as_bytes());
        read_as_everything(format!(r#"{{"data":{{"response_code":"00","desc":{body}"#).as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_broken_page_is_read_without_a_panic((body, _) in broken_page()) {
        read_as_everything(&body);
    }
}
