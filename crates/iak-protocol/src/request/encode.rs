//! Encodes a request, with the fields in the order of the published examples.

use super::{Command, Request};
use crate::format::Format;
use crate::writer::Writer;

/// Writes a request as a partner would send it.
pub fn encode_request(request: &Request<'_>, format: Format) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut writer = Writer::request(format, &mut out);
    writer.text("commands", request.command.name());
    writer.text("username", &request.username);
    match &request.command {
        Command::Inquiry(inquiry) => {
            writer.text("code", &inquiry.code);
            writer.text("hp", &inquiry.hp);
            writer.text("ref_id", &inquiry.ref_id);
            writer.text("sign", &request.sign);
            let optional = [
                ("month", &inquiry.month),
                ("year", &inquiry.year),
                ("nomor_identitas", &inquiry.nomor_identitas),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    writer.text(name, value);
                }
            }
            if let Some(amount) = &inquiry.amount {
                writer.open("desc");
                write_amount(&mut writer, amount);
                writer.close("desc");
            }
        }
        Command::Payment { sent, .. } => {
            writer.text("tr_id", sent);
            writer.text("sign", &request.sign);
        }
        Command::Status { ref_id } => {
            writer.text("ref_id", ref_id);
            writer.text("sign", &request.sign);
        }
        Command::PriceList { status, province } => {
            writer.text("sign", &request.sign);
            writer.text("status", status.as_str());
            if let Some(province) = province {
                writer.text("province", province);
            }
        }
    }
    writer.end_request();
    out
}

/// The examples send the amount as a number. An amount that a JSON number would change is a string.
fn write_amount(writer: &mut Writer<'_>, amount: &str) {
    match amount.parse::<i64>() {
        Ok(number) if number.to_string() == amount => writer.number("amount", number),
        _ => writer.text("amount", amount),
    }
}
