//! The URL of the API.

use outbound::Url;

/// Where every command goes.
const PATH: [&str; 4] = ["api", "v1", "bill", "check"];

/// Why a text is no server's URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is none.
    #[error("the server's URL (--url, LUNAS_URL) is {given:?}, but {why}: write {right}")]
    NotAUrl {
        /// As it was given.
        given: String,
        /// What is wrong with it.
        why: &'static str,
        /// What would be right.
        right: String,
    },
    /// It is none, and may hold a password.
    #[error("the server's URL (--url, LUNAS_URL) is not valid: {0}")]
    Secret(&'static str),
    /// It holds a username or a password.
    #[error("the server's URL may not hold a username or a password")]
    Credentials,
    /// It holds a query or a fragment.
    #[error("the server's URL may not hold a query or a fragment")]
    Query,
}

/// The address of the API below a server's URL, which may be the API's own already.
///
/// # Errors
/// When the text is no URL of a server.
pub fn endpoint(base: &str, product_type: Option<&str>) -> Result<Url, UrlError> {
    if !["http://", "https://"].iter().any(|scheme| begins_with(base, scheme)) {
        return Err(not_a_url(base, "it does not begin with http:// or https://"));
    }
    let url = Url::parse(base);
    let mut url = url.map_err(|_| not_a_url(base, "its host or its port cannot be read"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(UrlError::Query);
    }
    let is_whole = url.path().trim_end_matches('/').ends_with(&format!("/{}", PATH.join("/")));
    let mut segments = url.path_segments_mut().map_err(|()| not_a_url(base, "it has no path"))?;
    segments.pop_if_empty();
    if !is_whole {
        segments.extend(PATH);
    }
    segments.extend(product_type);
    drop(segments);
    Ok(url)
}

fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

fn not_a_url(base: &str, why: &'static str) -> UrlError {
    if base.contains('@') {
        return UrlError::Secret(why);
    }
    let completed = format!("http://{base}");
    let right = match Url::parse(&completed) {
        Ok(_) if !base.contains("//") => completed,
        _ => "for example http://127.0.0.1:8080".to_owned(),
    };
    UrlError::NotAUrl { given: base.to_owned(), why, right }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, product_type: Option<&str>) -> String {
        endpoint(base, product_type).unwrap().into()
    }

    #[test]
    fn the_path_is_joined_once() {
        let whole = "http://127.0.0.1:8080/api/v1/bill/check";
        for base in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", whole, &format!("{whole}/")]
        {
            assert_eq!(joined(base, None), whole, "{base}");
            assert_eq!(joined(base, Some("pdam")), format!("{whole}/pdam"), "{base}");
        }
        let below = "https://example.com/pay/api/v1/bill/check";
        assert_eq!(joined("https://example.com/pay/", None), below);
        assert_eq!(
            joined("https://example.com/x-api/v1/bill/check", None).matches("api").count(),
            2
        );
    }

    #[test]
    fn a_product_type_cannot_leave_its_segment() {
        assert_eq!(
            joined("http://h", Some("a/../b?c#d")),
            "http://h/api/v1/bill/check/a%2F..%2Fb%3Fc%23d"
        );
    }

    #[test]
    fn what_is_no_server_is_refused_without_its_password() {
        for base in ["127.0.0.1:8080", "ftp://h", "http://h?x=1", "http://h#x", "", "http://"] {
            assert!(endpoint(base, None).is_err(), "{base}");
        }
        for base in ["http://me:secret@h", "me:secret@h", "//me:secret@h"] {
            let error = endpoint(base, None).unwrap_err();
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn what_is_no_url_is_told_with_what_would_be_one() {
        for (base, right) in [
            ("127.0.0.1:1", "begin with http:// or https://: write http://127.0.0.1:1"),
            ("localhost:8080", "begin with http:// or https://: write http://localhost:8080"),
            ("example.com/pay", "begin with http:// or https://: write http://example.com/pay"),
            ("foo", "begin with http:// or https://: write http://foo"),
            ("ftp://h", "begin with http:// or https://: write for example http://127.0.0.1:8080"),
            ("a b", "begin with http:// or https://: write for example http://127.0.0.1:8080"),
            ("http://a b", "cannot be read: write for example http://127.0.0.1:8080"),
            ("http://h:x", "cannot be read: write for example http://127.0.0.1:8080"),
            ("http://", "cannot be read: write for example http://127.0.0.1:8080"),
        ] {
            let told = endpoint(base, None).unwrap_err().to_string();
            assert!(told.contains(&format!("{base:?}")) && told.ends_with(right), "{told}");
            assert!(told.contains("LUNAS_URL"), "{told}");
        }
    }
}
