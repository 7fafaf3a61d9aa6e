//! A partner's request: it is refused or follows the rules, and then its values are exactly those
//! that were sent.

use iak_protocol::{Command, Fault, FieldFault, Format, Request, decode_request, encode_request};

/// A body in JSON.
pub fn json(body: &[u8]) {
    read(body, Format::Json);
}

/// A body in XML.
pub fn xml(body: &[u8]) {
    read(body, Format::Xml);
}

fn read(body: &[u8], format: Format) {
    match decode_request(body, format) {
        Ok(mut request) => {
            check_rules(&request);
            if let Command::Inquiry(inquiry) = &mut request.command {
                // A field that cannot be used is reported and not passed on.
                inquiry.unusable.drain(..).for_each(|fault| check_field_fault(&fault));
            }
            let again = encode_request(&request, format);
            assert_eq!(decode_request(&again, format).as_ref(), Ok(&request));
        }
        Err(fault) => check_fault(&fault),
    }
}

/// Whatever is accepted may be hashed, stored, sent on and logged.
fn check_rules(request: &Request<'_>) {
    let is_made_of = |text: &str, more: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        assert!((1..=64).contains(&text.len()) && text.chars().all(allowed), "{text:?}");
    };
    assert!((1..=64).contains(&request.username.len()));
    assert!(request.username.bytes().all(|byte| byte.is_ascii_graphic()));
    match &request.command {
        Command::Inquiry(inquiry) => {
            is_made_of(&inquiry.code, "-_.");
            is_made_of(&inquiry.hp, " -_.:/");
            check_ref_id(&inquiry.ref_id);
            inquiry.nomor_identitas.iter().for_each(|identity| is_made_of(identity, " -_.:/"));
        }
        Command::Payment { tr_id, sent } => {
            is_made_of(sent, " \t\r\n");
            let [_, digits] = request.command.signed_suffixes();
            is_made_of(digits, "");
            assert_eq!(digits.parse(), Ok(*tr_id));
            assert!(*tr_id >= 0);
        }
        Command::Status { ref_id } => check_ref_id(ref_id),
        Command::PriceList { .. } => {}
    }
}

/// A signed `ref_id` must not be the signature of another command.
fn check_ref_id(ref_id: &str) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    assert!((1..=64).contains(&ref_id.len()) && ref_id.chars().all(allowed), "{ref_id:?}");
    assert!(!["cs", "pl"].contains(&ref_id), "{ref_id}");
}

/// A refusal names fields and rules, but no values.
fn check_fault(fault: &Fault) {
    fault.field_faults().iter().for_each(check_field_fault);
}

fn check_field_fault(fault: &FieldFault) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    assert!(fault.field.chars().all(plain) && fault.field.len() <= 64, "{:?}", fault.field);
    assert!(fault.fault.len() <= 200 && fault.fault.is_ascii(), "{:?}", fault.fault);
}
