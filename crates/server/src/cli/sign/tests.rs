//! The output of `lunas sign`, and what it says about wrong signatures.

use clap::Parser;

use super::*;

const KEY: &str = "canary-key-5f1b";

#[derive(Parser)]
struct Sign {
    #[command(flatten)]
    args: Args,
}

fn key_file(content: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

/// The report for these arguments after `sign`, with the key in a file.
fn reported(arguments: &[&str]) -> anyhow::Result<Report> {
    let key = key_file(KEY);
    let file = key.path().to_str().unwrap();
    let own = ["sign", "--username", "0812345678", "--api-key-file", file];
    report(&Sign::try_parse_from(own.iter().chain(arguments))?.args, |_| panic!("not needed"))
}

fn given(arguments: &[&str], sign: &str) -> Given {
    reported(&[arguments, &["--given", sign]].concat()).unwrap().given.unwrap()
}

fn right() -> Given {
    Given { right: true, mistake: None }
}

/// The report on a whole request in a file.
fn of_request(body: &str) -> anyhow::Result<Report> {
    let file = key_file(body);
    reported(&["--request", file.path().to_str().unwrap()])
}

#[test]
fn each_command_is_signed_over_its_documented_text() {
    // Each by `printf %s 0812345678canary-key-5f1b… | md5sum`.
    for (arguments, formula, suffix, sign) in [
        (
            &["inq-pasca", "--ref-id", "091283746511"][..],
            "username + api_key + ref_id",
            "091283746511",
            "c8b15e600f1c774a73f0e698abdee7c7",
        ),
        (
            &["pay-pasca", "--tr-id", "09732787"],
            "username + api_key + tr_id",
            "09732787",
            "f978241a85ef6375fef119b92a045f9a",
        ),
        (&["checkstatus"], "username + api_key + \"cs\"", "cs", "88b8fbccfcb9120fa7abdec5251cce33"),
        (
            &["pricelist-pasca"],
            "username + api_key + \"pl\"",
            "pl",
            "a5dba2f9e8269f4023ecf5d5d53c9bed",
        ),
        (
            &["receipt", "--tr-id", "9732787"],
            "username + api_key + tr_id + \"receipt\"",
            "9732787receipt",
            "b159d7d074eefb60aaebd71619ca5aae",
        ),
    ] {
        let report = reported(arguments).unwrap();
        assert_eq!((report.command, report.formula), (arguments[0], formula));
        assert_eq!(report.text, format!("0812345678********{suffix}"));
        assert_eq!(report.sign, sign);
        assert_eq!(report.given, None);
        assert_eq!(given(arguments, sign), right());
        assert_eq!(given(arguments, &sign.to_uppercase()), right());
    }
}

#[test]
fn the_key_is_shown_on_demand_only() {
    let masked = reported(&["checkstatus", "--given", "x"]).unwrap();
    assert!(
        !format!("{}{}", lines(&masked), serde_json::to_string(&masked).unwrap()).contains(KEY)
    );
    let revealed = reported(&["checkstatus", "--reveal"]).unwrap();
    assert_eq!(revealed.text, format!("0812345678{KEY}cs"));
}

#[test]
fn known_mistakes_are_named() {
    let inquiry = &["inq-pasca", "--ref-id", "r1"][..];
    let payment = &["pay-pasca", "--tr-id", "7", "--ref-id", "r1"][..];
    let receipt = &["receipt", "--tr-id", "7"][..];
    let made = |suffix: &str| sign("0812345678", KEY, suffix).to_string();
    for (arguments, given_sign, told) in [
        (inquiry, made(""), "The last part of the formula is missing"),
        (inquiry, made("cs"), "\"cs\" was hashed"),
        (inquiry, format!("0812345678{KEY}r1"), "sign is the text itself"),
        (inquiry, String::new(), "sign is empty"),
        (payment, made("r1"), "The ref_id was hashed"),
        (&["checkstatus"], made("pl"), "\"pl\" was hashed"),
        (receipt, made("7"), "The word receipt is missing"),
        (receipt, made("receipt7"), ""),
        (receipt, made(""), "The last part of the formula is missing"),
    ] {
        let Given { right, mistake } = given(arguments, &given_sign);
        assert!(!right);
        let mistake = mistake.unwrap_or_default();
        assert!(mistake.starts_with(told) && mistake.is_empty() == told.is_empty(), "{mistake}");
    }
}

#[test]
fn a_whole_request_is_checked_by_its_own_fields() {
    let sign = |suffix: &str| sign("0812345678", KEY, suffix).to_string();
    let json = |username: &str, sign: &str| {
        format!(
            r#"{{"commands":"pay-pasca","username":"{username}","tr_id":9732787,"sign":"{sign}"}}"#
        )
    };
    let report = of_request(&json("0812345678", &sign("9732787"))).unwrap();
    assert_eq!((report.command, report.given), ("pay-pasca", Some(right())));
    assert_eq!(report.text, "0812345678********9732787");

    let xml = format!(
        "<?xml version=\"1.0\" ?><mp><commands>checkstatus</commands><username>0812345678\
         </username><ref_id>r1</ref_id><sign>{}</sign></mp>",
        sign("r1")
    );
    let told = of_request(&xml).unwrap().given.unwrap().mistake.unwrap();
    assert!(told.starts_with("The ref_id was hashed"), "{told}");

    let told = of_request(&json("other", &sign("9732787"))).unwrap().given.unwrap();
    assert_eq!(told.mistake.unwrap(), "The request's username is other, not \"0812345678\".");
}

#[test]
fn malformed_values_are_not_signed() {
    for arguments in [
        &["inq-pasca", "--ref-id", "a b"][..],
        &["inq-pasca", "--ref-id", "cs"],
        &["pay-pasca", "--tr-id", "7x"],
        &["receipt", "--tr-id", ""],
        &["receipt", "--tr-id", "99999999999999999999"],
    ] {
        assert!(reported(arguments).is_err(), "{arguments:?}");
    }
    for body in ["", "hello", "{", r#"{"commands":"pay-pasca"}"#, "<mp/>"] {
        assert!(of_request(body).is_err(), "{body}");
    }
    assert!(of_request(&format!("{{{}}}", " ".repeat(MAX_BODY))).is_err());
}

#[test]
fn either_a_command_or_a_request_is_named() {
    assert!(reported(&[]).is_err());
    let file = key_file("{}");
    let file = file.path().to_str().unwrap();
    assert!(reported(&["--request", file, "checkstatus"]).is_err());
    assert!(reported(&["--request", file, "--given", "x"]).is_err());
}

#[test]
fn a_report_reads_as_lines() {
    let mut report = reported(&["checkstatus"]).unwrap();
    let sign = report.sign.clone();
    let text = format!(
        "command  checkstatus\nformula  username + api_key + \"cs\"\n\
         text     0812345678********cs\nsign     {sign}\n"
    );
    assert_eq!(lines(&report), text);
    report.given = Some(right());
    assert_eq!(lines(&report), format!("{text}given    right\n"));
    report.given = Some(Given { right: false, mistake: Some("Why.".to_owned()) });
    assert_eq!(lines(&report), format!("{text}given    wrong. Why.\n"));
    report.given = Some(Given { right: false, mistake: None });
    assert!(lines(&report).contains("wrong, but not by a known mistake"));
}

#[test]
fn a_wrong_signature_exits_1() {
    let exit = |sign: &str| {
        let key = key_file(KEY);
        let file = key.path().to_str().unwrap();
        let own = ["sign", "--username", "u", "--api-key-file", file, "checkstatus"];
        let given = ["--given", sign];
        let args = Sign::try_parse_from(own.iter().chain(&given)).unwrap().args;
        format!("{:?}", run(args, |_| panic!("not needed")).unwrap())
    };
    assert_eq!(exit(sign("u", KEY, "cs").as_str()), format!("{:?}", ExitCode::SUCCESS));
    assert_eq!(exit(sign("u", KEY, "pl").as_str()), format!("{:?}", ExitCode::FAILURE));
}
