//! The API for programs: OpenAPI 3.1, made from the tables that the pages are made from.

use domain::{Catalogue, Family};
use iak_protocol::ResponseCode;
use serde_json::{Map, Value, json};

use crate::commands::{Command, Field};
use crate::examples;
use crate::fields::{AnswerField, fields};
use crate::lang::Lang;

/// Its path.
pub const PATH: &str = "/openapi.json";

/// The document as JSON, its members in the order of their names, with the codes of what is sold.
pub fn document(catalogue: Option<&Catalogue>) -> String {
    let codes: Vec<String> =
        catalogue.into_iter().flatten().map(|(code, _)| code.to_string()).collect();
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "lunas",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "IAK's postpaid bill API. Money is whole rupiah; times are in \
                            Asia/Jakarta; the answer comes in the format of the request."
        },
        "servers": [{"url": "/"}],
        "paths": paths(),
        "webhooks": webhooks(),
        "components": {"schemas": schemas(&codes)}
    });
    format!("{document:#}\n")
}

fn paths() -> Value {
    let tr_id = json!({"name": "tr_id", "in": "path", "required": true,
        "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"}});
    let signed = |name: &str, meaning: &str| json!({"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}});
    let receipt = json!([
        tr_id,
        signed("username", "Your username."),
        signed("sign", "md5(username + api_key + tr_id + \"receipt\")")
    ]);
    let download = |id: &str, summary: &str, content: Value| {
        json!({"get": {"operationId": id, "summary": summary, "parameters": receipt,
        "responses": {
            "200": {"description": "The receipt. In XML a failure with its response code.",
                "content": content},
            "400": failure_in_xml("RC 107: the query cannot be used."),
            "429": failure_in_xml("RC 33: too many requests."),
            "503": failure_in_xml("RC 33: the server is overloaded."),
            "5XX": failure_in_xml("Cannot be answered now.")
        }}})
    };
    json!({
        "/api/v1/bill/check": {"post": {
            "operationId": "billCheck",
            "summary": "The four commands",
            "requestBody": {"required": true, "content": in_both("Request", true)},
            "responses": responses("Answer")
        }},
        "/api/v1/bill/check/{type}": {"post": {
            "operationId": "priceListOfType",
            "summary": "The price list of one type of product",
            "parameters": [{"name": "type", "in": "path", "required": true,
                "schema": {"type": "string", "enum": types()}}],
            "requestBody": {"required": true, "content": in_both("pricelist-pasca", false)},
            "responses": responses("PriceList")
        }},
        "/api/v1/download/{tr_id}": download("receipt", "A receipt as PDF", json!({
            "application/pdf": {}, "application/xml": {"schema": reference("Failure")}})),
        "/api/v1/download/{tr_id}/1": download("receiptLines", "A receipt as labelled lines",
            json!({"application/json": {"schema": {"type": "object"}},
                "application/xml": {"schema": reference("Failure")}}))
    })
}

/// What lunas sends to a partner.
fn webhooks() -> Value {
    let header = |name: &str, meaning: &str| {
        json!({"name": name, "in": "header", "required": true, "description": meaning,
        "schema": {"type": "string"}})
    };
    let parameters = [
        header("X-Lunas-Event", "The same for every attempt; the same callback may arrive twice."),
        header("X-Lunas-Attempt", "The number of the attempt, from 1."),
    ];
    json!({"paymentEnded": {"post": {
        "summary": "The final result of a payment that was answered 39",
        "parameters": parameters,
        "requestBody": {"required": true,
            "content": {"application/json": {"schema": reference("Callback")}}},
        "responses": {
            "2XX": {"description": "Received."},
            "default": {"description": "lunas sends it again, for up to three days."}
        }
    }}})
}

/// The signed answer to a status check.
fn callback() -> Value {
    let mut callback = envelope(&bill_fields());
    callback["properties"]["data"]["properties"]["sign"] =
        json!({"type": "string", "description": "md5(username + api_key + ref_id)"});
    callback["properties"]["data"]["required"] = json!(["ref_id", "response_code", "sign"]);
    callback
}

fn responses(answer: &str) -> Value {
    json!({
        "200": {"description": "An answer with a response code, failures included.",
            "content": in_both(answer, false)},
        "400": failure("RC 107: the request cannot be used."),
        "413": failure("RC 107: the body is larger than 64 KiB."),
        "415": failure("RC 107: the body has a Content-Encoding; none is supported."),
        "429": failure("RC 33: too many requests; nothing was recorded."),
        "503": failure("RC 33: the server is overloaded; nothing was recorded."),
        "5XX": failure("The outcome is unknown: ask with checkstatus.")
    })
}

fn failure(description: &str) -> Value {
    json!({"description": description, "content": in_both("Failure", false)})
}

/// A failure of a receipt download: XML, unlike a receipt.
fn failure_in_xml(description: &str) -> Value {
    json!({"description": description,
        "content": {"application/xml": {"schema": reference("Failure")}}})
}

/// A schema in JSON and XML; a request comes with the documented ones.
fn in_both(schema: &str, with_examples: bool) -> Value {
    let mut json = json!({"schema": reference(schema)});
    if with_examples {
        json["examples"] = documented();
    }
    json!({"application/json": json, "application/xml": {"schema": reference(schema)}})
}

fn documented() -> Value {
    let value = |text: &str| -> Value { serde_json::from_str(text).unwrap_or_default() };
    let mut examples = Map::new();
    for family in Family::all() {
        let request = value(&examples::inquiry(family).request.json);
        examples.insert(format!("inq-pasca {}", family.name()), json!({"value": request}));
    }
    for command in [Command::Payment, Command::Status, Command::PriceList] {
        let request = value(&examples::request(command).json);
        examples.insert(command.name().to_owned(), json!({"value": request}));
    }
    examples.into()
}

fn schemas(codes: &[String]) -> Value {
    let one_of: Vec<Value> = Command::ALL.iter().map(|it| reference(it.name())).collect();
    let mapping: Map<_, _> = Command::ALL
        .iter()
        .map(|it| (it.name().to_owned(), format!("#/components/schemas/{}", it.name()).into()))
        .collect();
    let mut schemas = Map::new();
    schemas.insert(
        "Request".to_owned(),
        json!({"oneOf": one_of,
        "discriminator": {"propertyName": "commands", "mapping": mapping},
        "xml": {"name": "mp"}}),
    );
    for command in Command::ALL {
        schemas.insert(command.name().to_owned(), request(command, codes));
    }
    schemas.insert("Callback".to_owned(), callback());
    schemas.insert("ResponseCode".to_owned(), response_code());
    schemas.insert(
        "Answer".to_owned(),
        json!({"anyOf":
        [reference("Bill"), reference("PriceList"), reference("Failure")]}),
    );
    schemas.insert("Bill".to_owned(), envelope(&bill_fields()));
    schemas.insert("PriceList".to_owned(), envelope(&fields(&[examples::price_list().json])));
    schemas.insert("Failure".to_owned(), failure_schema());
    schemas.into()
}

fn request(command: Command, codes: &[String]) -> Value {
    let mut properties = Map::new();
    let fields = command.fields();
    for field in &fields {
        match field.name.split_once('.') {
            Some((outer, inner)) => {
                let inside = json!({inner: property(command, field, codes)});
                properties
                    .insert(outer.to_owned(), json!({"type": "object", "properties": inside}));
            }
            None => drop(properties.insert(field.name.to_owned(), property(command, field, codes))),
        }
    }
    let required: Vec<_> = fields.iter().filter(|it| it.required).map(|it| it.name).collect();
    json!({"type": "object", "description": command.summary(Lang::En), "required": required,
        "properties": properties, "xml": {"name": "mp"}})
}

/// A field may come as text or as a number, whatever it is.
fn property(command: Command, field: &Field, codes: &[String]) -> Value {
    let description = format!("{} Format: {}.", field.meaning.1, field.shape.1);
    let mut property = match field.name {
        "commands" => return json!({"const": command.name()}),
        "username" | "sign" | "province" => json!({"type": "string"}),
        "status" => json!({"type": "string", "enum": ["all", "active", "non active"]}),
        "code" => json!({"type": "string", "examples": codes}),
        "tr_id" => json!({"type": ["string", "integer"], "minimum": 0, "maximum": i64::MAX}),
        "month" => json!({"type": ["string", "integer"], "minimum": 0, "maximum": 99}),
        "year" => json!({"type": ["string", "integer"], "minimum": 1000, "maximum": 9999}),
        "desc.amount" => json!({"type": ["string", "integer"], "minimum": 0}),
        _ => json!({"type": ["string", "integer"]}),
    };
    property["description"] = description.into();
    if let Some(pattern) = pattern(field.name) {
        property["pattern"] = pattern.into();
    }
    property
}

/// What a field's text is made of. A `ref_id` has rules too, but breaking them has a code of its own.
fn pattern(field: &str) -> Option<&'static str> {
    Some(match field {
        "username" => "^[!-~]{1,64}$",
        "code" => "^[A-Za-z0-9._-]{1,64}$",
        "hp" | "nomor_identitas" => "^[A-Za-z0-9 ._:/-]{1,64}$",
        "tr_id" => "^(?:[0-9]{1,18}|[0-8][0-9]{18})$",
        "month" => "^[0-9]{1,2}$",
        "year" => "^[0-9]{4}$",
        "province" => "^[ -~]{1,64}$",
        _ => return None,
    })
}

fn types() -> Vec<&'static str> {
    let mut types: Vec<_> = Family::all().map(Family::price_list_type).collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// The fields of every documented answer about a bill; `desc` differs by family and is not
/// specified.
fn bill_fields() -> Vec<AnswerField> {
    let mut answers = examples::status_answers().map(|it| it.1.json).to_vec();
    answers.push(examples::inquiry(examples::SHOWN).answer.json);
    fields(&answers).into_iter().filter(|field| !field.path.contains('.')).collect()
}

fn envelope(fields: &[AnswerField]) -> Value {
    let mut data = Map::new();
    let mut of_a_row = Map::new();
    for field in fields {
        let schema = answer_property(field);
        match field.path.split_once("[].") {
            Some((_, name)) => of_a_row.insert(name.to_owned(), schema),
            None => data.insert(field.path.clone(), schema),
        };
    }
    if let Some(rows) = data.get_mut("pasca") {
        rows["items"] = json!({"type": "object", "properties": of_a_row});
    }
    json!({"type": "object", "required": ["data"], "properties": {
        "data": {"type": "object", "properties": data},
        "meta": {"type": "array"}
    }})
}

fn answer_property(field: &AnswerField) -> Value {
    let description = field.meaning(Lang::En);
    match (&*field.path, field.kind) {
        ("response_code", _) => reference("ResponseCode"),
        // An empty one is an empty list.
        ("desc", _) => json!({"type": ["object", "array"], "description": description}),
        (_, "number") => json!({"type": "integer", "description": description}),
        (_, kind) => json!({"type": kind, "description": description}),
    }
}

fn failure_schema() -> Value {
    let texts = json!({"type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
        "description": "What is wrong with each field."});
    json!({"type": "object", "required": ["data"], "properties": {"data": {
        "type": "object",
        "required": ["response_code", "message"],
        "properties": {
            "response_code": reference("ResponseCode"),
            "message": {"type": "string"},
            "status": {"type": "integer"},
            "error_details": texts,
            "hint": {"type": "string", "description": "What to do about it, where the server knows."}
        }
    }}})
}

fn response_code() -> Value {
    let each = ResponseCode::ALL.iter();
    let one_of: Vec<_> =
        each.map(|it| json!({"const": it.as_str(), "title": it.description()})).collect();
    json!({"type": "string", "oneOf": one_of})
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}
