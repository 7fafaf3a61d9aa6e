//! Answers requests whose handler panics with a server error.

use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use gateway::CatchUnwind;
use iak_protocol::{Format, ResponseCode};

use crate::iak::reply::{self, unknown};
use crate::observe::metrics::Metrics;
use crate::observe::request_record::RequestRecord;
use crate::web::reply::plain;

/// The routes; a handler that panics is answered with 500.
pub(crate) fn answered(routes: Router, metrics: Arc<Metrics>) -> Router {
    routes.layer(from_fn_with_state(metrics, answer))
}

async fn answer(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let (begun, caller) = (Instant::now(), Caller::of(&request));
    match CatchUnwind(pin!(next.run(request))).await {
        Ok(response) => response,
        Err(_) => {
            // The panic hook has already logged the panic with its location.
            tracing::error!(?caller, "the handler of a request panicked");
            metrics.panicked();
            if let Caller::Command(_) = caller {
                let seen = RequestRecord::nobody("unknown", ResponseCode::Pending);
                metrics.answered(&seen, begun.elapsed());
            }
            caller.failure_response()
        }
    }
}

/// The kind of client, which decides the form of the answer.
#[derive(Clone, Copy, Debug)]
enum Caller {
    /// A program that sends a command.
    Command(Format),
    /// A program that downloads a receipt.
    Receipt,
    /// A browser or a monitor.
    Other,
}

impl Caller {
    fn of(request: &Request) -> Caller {
        if request.uri().path().starts_with("/api/v1/download/") {
            return Caller::Receipt;
        }
        reply::command_format(request).map_or(Caller::Other, Caller::Command)
    }

    /// The result of a command is unknown: a payment may have started, and the resolver will
    /// complete it.
    fn failure_response(self) -> Response {
        const FAILED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
        match self {
            Caller::Command(format) => unknown(format),
            Caller::Receipt => reply::refuse(FAILED, ResponseCode::GeneralError, Format::Xml),
            Caller::Other => plain(FAILED),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::CONTENT_TYPE;
    use axum::routing::{get, post};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn breaks() -> Response {
        tokio::task::yield_now().await;
        panic!("a test has asked for it")
    }

    /// Status, content type and body of the answer.
    async fn asked(routes: &Router, method: &str, path: &str, kind: &str) -> (u16, String, String) {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, kind);
        let request = request.body(Body::empty()).unwrap();
        let (head, body) = routes.clone().oneshot(request).await.unwrap().into_parts();
        let kind = head.headers[CONTENT_TYPE].to_str().unwrap().to_owned();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        (head.status.as_u16(), kind, String::from_utf8(body).unwrap())
    }

    #[tokio::test]
    async fn who_meets_a_panic_is_told_of_a_failure_in_its_own_terms_and_others_notice_nothing() {
        let metrics = Arc::new(Metrics::new());
        let routes = Router::new()
            .route("/api/v1/bill/check", post(breaks))
            .route("/api/v1/download/{tr_id}", get(breaks))
            .route("/whole", get(|| async { plain(StatusCode::OK) }))
            .fallback(breaks);
        let routes = answered(routes, Arc::clone(&metrics));
        let (json, xml, text) =
            ("application/json", "application/xml", "text/plain; charset=utf-8");
        let check = "/api/v1/bill/check";
        for (method, path, sent, kind, says) in [
            // The outcome is unknown: neither failed nor successful.
            ("POST", check, json, json, &["\"response_code\":\"39\"", "\"status\":3"][..]),
            ("POST", check, xml, xml, &["<response_code>39</response_code>", "<status>3</status>"]),
            ("GET", "/api/v1/download/7", json, xml, &["<response_code>92</response_code>"]),
            ("GET", "/report", json, text, &["500 Internal Server Error"]),
            ("GET", "/readyz", json, text, &["500 Internal Server Error"]),
        ] {
            let (status, told_in, told) = asked(&routes, method, path, sent).await;
            assert_eq!((status, &*told_in), (500, kind), "{path}: {told}");
            assert!(says.iter().all(|word| told.contains(word)), "{path}: {told}");
            assert!(!told.contains("a test has asked"), "{told}");
        }
        assert_eq!(asked(&routes, "GET", "/whole", json).await.0, 200);
        let counted = metrics.text().unwrap();
        for line in [
            "lunas_requests_panicked_total 5",
            "lunas_requests_total{command=\"unknown\",code=\"39\"} 2",
        ] {
            assert!(counted.lines().any(|counted| counted == line), "{line}: {counted}");
        }
    }
}
