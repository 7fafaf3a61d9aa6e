//! Signatures: a signature matches only its own input, and the hint about a wrong one contains no
//! key. The input is lines: username, key, suffix, and the signature that was sent.

use iak_protocol::{Format, Known, decode_request, diagnose, sign, verify};

/// Four lines.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (username, key, suffix, given) = (line(), line(), line(), line());
    let right = sign(username, key, suffix);
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(right.as_str().len() == 32 && right.as_str().bytes().all(is_digit));
    assert!(verify(username, key, suffix, right.as_str()));
    assert!(verify(username, key, suffix, &right.as_str().to_ascii_uppercase()));
    assert_eq!(verify(username, key, suffix, given), given.eq_ignore_ascii_case(right.as_str()));
    assert!(!verify(username, key, suffix, &right.as_str()[1..]));
    assert!(!verify(username, key, suffix, &format!("{right} ")));

    let body = format!(
        r#"{{"commands":"checkstatus","username":{username:?},"ref_id":{suffix:?},"sign":{given:?}}}"#
    );
    if let Ok(request) = decode_request(body.as_bytes(), Format::Json) {
        let advice = |key| {
            let known = Known { api_keys: &[key], other_keys: &[suffix], ref_id: Some(suffix) };
            diagnose(&request, &known).mistake.map(|it| it.to_string()).unwrap_or_default()
        };
        let told = advice(key);
        // The hint for a caller with another key must not reveal anything.
        let by_chance = || advice("another key").contains(key);
        assert!(key.len() < 8 || !told.contains(key) || by_chance(), "{told}");
    }
}
