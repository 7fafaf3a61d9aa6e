//! Why a signature is wrong: the mistakes that partners make while they build against the sandbox.
//!
//! It tries keys and formulas that no verification accepts. Use it only in the sandbox and on the
//! command line of the key's owner, never in an answer to an unknown sender.

use crate::request::{Command, Request};
use crate::signature::hash;

/// Additional facts for a diagnosis.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The partner's valid API keys.
    pub api_keys: &'a [&'a str],
    /// Keys that are not valid here: revoked keys, or keys of another environment.
    pub other_keys: &'a [&'a str],
    /// The `ref_id` of the inquiry that a payment is for.
    pub ref_id: Option<&'a str>,
}

/// What a signature should cover, and what it probably covers instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The formula in the names of the fields: `username + api_key + ref_id`.
    pub canonical: &'static str,
    /// The mistake; `None` if the signature is right or the mistake is unknown.
    pub mistake: Option<Mistake>,
}

macro_rules! mistakes {
    ($($(#[doc = $doc:literal])+ $name:ident => $advice:literal,)*) => {
        /// A known mistake in a signature. Its text says what to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Mistake {
            $($(#[doc = $doc])+ #[error($advice)] $name,)*
        }
    };
}

mistakes! {
    /// `sign` is empty.
    Blank => "sign is empty. Send the md5 of the formula as 32 hex digits.",
    /// `sign` is the text before hashing.
    NotHashed => "sign is the text itself. Send the md5 of that text as 32 hex digits.",
    /// 40 hex digits.
    Sha1 => "sign has 40 hex digits, as SHA-1 makes them. Use md5, which makes 32.",
    /// 64 hex digits.
    Sha256 => "sign has 64 hex digits, as SHA-256 makes them. Use md5, which makes 32.",
    /// A length other than 32.
    WrongLength => "sign must be exactly 32 hex digits, without blanks, quotes or a prefix.",
    /// 32 characters that are not all hex digits.
    NotHex => "sign holds characters that are no hex digits. Send the md5 in hex, not in base64.",
    /// The signature of a published example.
    Example => "sign is copied from the reference. Compute it from your own username, API key and \
                request.",
    /// The formula without the suffix.
    MissingSuffix => "The last part of the formula is missing: username and api_key alone were \
                      hashed.",
    /// Without the username.
    MissingUsername => "The username is missing from the hashed text. It comes first.",
    /// Without the API key.
    MissingKey => "The api_key is missing from the hashed text. It comes after the username.",
    /// Only the suffix.
    SuffixOnly => "Only the last part was hashed. The username and the api_key come before it.",
    /// The right parts in another order.
    WrongOrder => "The parts are in another order. It is username, api_key, then the last part.",
    /// The right parts with a separator.
    Separated => "There is a separator between the parts. Join them with nothing between.",
    /// Spaces, a line feed or quotes around the text or around the suffix.
    Padded => "There is a blank, a line feed or a quote around the hashed text or around its last part. \
               Hash the bare text, for example with `printf %s` or `echo -n`.",
    /// The md5 of an md5.
    HashedTwice => "The text was hashed twice. Send the first md5.",
    /// A key that is not valid here.
    OtherKey => "The formula is right, and the api_key is another one: one that was withdrawn, or \
                 that of another environment.",
    /// The key in another case.
    KeyCase => "The api_key was hashed in another case. Use it exactly as it was given.",
    /// `cs` in another command.
    StatusSuffix => "\"cs\" was hashed, which signs checkstatus only.",
    /// `pl` in another command.
    PriceListSuffix => "\"pl\" was hashed, which signs pricelist-pasca only.",
    /// `ref_id` in a payment, a status or a price list.
    RefIdSuffix => "The ref_id was hashed, which signs inq-pasca only.",
    /// `tr_id` written differently than in the request.
    RespelledTrId => "The hashed tr_id is spelled in another way than the one that was sent. Hash \
                      the very text that is sent.",
    /// The name of the command.
    CommandSuffix => "The value of commands was hashed, which is no part of any signature.",
    /// The customer's number.
    CustomerSuffix => "The hp was hashed, which is no part of any signature.",
    /// The product's code.
    CodeSuffix => "The code was hashed, which is no part of any signature.",
}

/// Finds the known mistake behind a request's signature.
pub fn diagnose(request: &Request<'_>, known: &Known<'_>) -> Diagnosis {
    let canonical = match &request.command {
        Command::Inquiry(_) => "username + api_key + ref_id",
        Command::Payment { .. } => "username + api_key + tr_id",
        Command::Status { .. } => "username + api_key + \"cs\"",
        Command::PriceList { .. } => "username + api_key + \"pl\"",
    };
    let is_right = |key: &&str| request.is_signed_with(key);
    let mistake = if known.api_keys.iter().any(is_right) {
        None
    } else if known.other_keys.iter().any(is_right) {
        Some(Mistake::OtherKey)
    } else {
        let mistaken = |key: &&str| mistaken_text(request, key, known.ref_id);
        known.api_keys.iter().find_map(mistaken).or_else(|| mistaken_shape(&request.sign))
    };
    Diagnosis { canonical, mistake }
}

/// What the format of a signature shows without a key.
fn mistaken_shape(sign: &str) -> Option<Mistake> {
    let is_hex = sign.bytes().all(|byte| byte.is_ascii_hexdigit());
    match sign.len() {
        0 => Some(Mistake::Blank),
        40 if is_hex => Some(Mistake::Sha1),
        64 if is_hex => Some(Mistake::Sha256),
        32 if !is_hex => Some(Mistake::NotHex),
        32 => EXAMPLES
            .iter()
            .any(|example| example.eq_ignore_ascii_case(sign))
            .then_some(Mistake::Example),
        _ => Some(Mistake::WrongLength),
    }
}

/// The other text with this key that was hashed.
fn mistaken_text(request: &Request<'_>, key: &str, ref_id: Option<&str>) -> Option<Mistake> {
    let [_, suffix] = request.command.signed_suffixes();
    let user = &*request.username;
    let given = request.sign.to_ascii_lowercase();
    let made = |parts: &[&str]| hash(parts).as_str() == given;

    let right_text = [user, key, suffix].concat();
    if request.sign == right_text {
        return Some(Mistake::NotHashed);
    }
    let hashed_once = hash(&[&right_text]);
    let made_by: [(&[&str], Mistake); 12] = [
        (&[user, key], Mistake::MissingSuffix),
        (&[key, suffix], Mistake::MissingUsername),
        (&[user, suffix], Mistake::MissingKey),
        (&[suffix], Mistake::SuffixOnly),
        (&[key, user, suffix], Mistake::WrongOrder),
        (&[user, suffix, key], Mistake::WrongOrder),
        (&[key, suffix, user], Mistake::WrongOrder),
        (&[suffix, user, key], Mistake::WrongOrder),
        (&[suffix, key, user], Mistake::WrongOrder),
        (&[hashed_once.as_str()], Mistake::HashedTwice),
        (&[user, &key.to_ascii_lowercase(), suffix], Mistake::KeyCase),
        (&[user, &key.to_ascii_uppercase(), suffix], Mistake::KeyCase),
    ];
    if let Some((_, mistake)) = made_by.iter().find(|(parts, _)| made(parts)) {
        return Some(*mistake);
    }
    for separator in [" ", "+", " + ", "-", "_", ".", ":", ";", ",", "|", "/", "&", "\n"] {
        if made(&[user, separator, key, separator, suffix]) {
            return Some(Mistake::Separated);
        }
    }
    let blanks = [" ", "\t", "\n", "\r\n"];
    let around = blanks.iter().flat_map(|blank| [(*blank, ""), ("", *blank), (*blank, *blank)]);
    for (before, after) in around.chain([("\"", "\""), ("'", "'")]) {
        let whole = [before, user, key, suffix, after];
        let last_part = [user, key, before, suffix, after];
        if made(&whole) || made(&last_part) {
            return Some(Mistake::Padded);
        }
    }
    let made_with = |(other, _): &(String, Mistake)| made(&[user, key, other]);
    other_suffixes(&request.command, ref_id).into_iter().find(made_with).map(|(_, mistake)| mistake)
}

/// Other values that could have been used as the suffix.
fn other_suffixes(command: &Command<'_>, ref_id: Option<&str>) -> Vec<(String, Mistake)> {
    let mut others = vec![
        ("cs".to_owned(), Mistake::StatusSuffix),
        ("pl".to_owned(), Mistake::PriceListSuffix),
        (command.name().to_owned(), Mistake::CommandSuffix),
    ];
    others.extend(ref_id.map(|ref_id| (ref_id.to_owned(), Mistake::RefIdSuffix)));
    match command {
        Command::Inquiry(inquiry) => {
            others.push((inquiry.hp.to_string(), Mistake::CustomerSuffix));
            others.push((inquiry.code.to_string(), Mistake::CodeSuffix));
        }
        Command::Payment { tr_id, .. } => {
            others.push((tr_id.to_string(), Mistake::RespelledTrId));
        }
        Command::Status { ref_id } => others.push((ref_id.to_string(), Mistake::RefIdSuffix)),
        Command::PriceList { .. } => {}
    }
    others
}

/// The signatures of all published examples.
const EXAMPLES: [&str; 27] = [
    "01a6e0b7880edc11d155ca2e79c02899",
    "032a26153bd4a705f34965c86612ce15",
    "06c2a1c20223e402e18365a3e5117c3a",
    "076d19deca1256870ca9eb048dbfd9d8",
    "0f32cc44bb9469687ef24b6ea857db06",
    "1231656ad1449ea56be648495e195ea4",
    "12fe359b0638d81d70ea1d278f400ab1",
    "15011812f64ce888747de76059aa0b20",
    "1ac8362ae9a517eadf4a47715555b022",
    "203d8ff7eff07fe51c2a009450b1202c",
    "359d3163485721fb518536384dec4e4f",
    "3743ec3e02f9076ea56e2f61be698a8e",
    "3bb08f003963c2b18310aa5f339a215d",
    "4275ce4770b72af07b5b7dcba1cc3d81",
    "5859520358d7ed4b3cd60eb10fae015d",
    "6515c5094421834a85ed9ac7a0fe443b",
    "6bc194c0d23c18a12f5d6919aa72bc30",
    "6c6a046a14c444e44cfab5e4bbb01b01",
    "7c22017cf8c1d137f16c83c03a5aced2",
    "802407f89a1a46c635621099e0bb9522",
    "8ad94262a61ac27676a8b2b11fb80ee2",
    "a24472de52b037dc0df624f88ae2a5cb",
    "b0c37e10dda176d1f66b3e9d6a7f8607",
    "c6836fdee839788a61b917eebb32ec53",
    "e4fe9e9c8ba737d6897e7f15bb1380a0",
    "e87a1e5da86ac0d67330527b48f9b8ce",
    "ebb8b87be79243370bd29bfb8894e8d7",
];
