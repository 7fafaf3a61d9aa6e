//! The baseline: an HTTP server that does the least possible work for a payment.

use std::fs;
use std::path::Path;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde::Deserialize;
use tokio::net::TcpListener;
use xtask::Outcome;

use crate::partner::{self, PATH};

/// The hidden command that starts it, as `bench baseline --port-file FILE`.
pub(crate) const NAME: &str = "baseline";

/// The documented answer to the payment of a BPJS Kesehatan bill.
const PAID: &str = concat!(
    r#"{"data":{"tr_id":9732787,"code":"BPJS","datetime":"20180803170750","#,
    r#""hp":"8801234560001","tr_name":"VERGIE","period":"02","nominal":50000,"admin":2500,"#,
    r#""response_code":"00","message":"PAYMENT SUCCESS","price":52500,"selling_price":52300,"#,
    r#""balance":999490800,"noref":"148732328035714773","ref_id":"091283746511","#,
    r#""desc":{"kode_cabang":"0901","nama_cabang":"JAKARTA PUSAT","sisa_pembayaran":"0","#,
    r#""jumlah_peserta":"2"}},"meta":[]}"#,
);

/// Serves the baseline until it is killed.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    run_server(NAME, arguments, routes())
}

/// Serves these routes until the program is killed, on a free port that it writes to the port file. `name` is the
/// hidden command that starts it.
pub(crate) fn run_server(name: &str, arguments: &[String], routes: Router) -> Outcome {
    let [option, port_file] = arguments else {
        return Err(format!("{name} takes --port-file FILE"));
    };
    if option != "--port-file" {
        return Err(format!("{name} has no option `{option}`"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let served = runtime.block_on(serve(Path::new(port_file), routes));
    served.map_err(|error| format!("{name}: {error}"))
}

async fn serve(port_file: &Path, routes: Router) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    fs::write(port_file, listener.local_addr()?.to_string())?;
    let listener = listener.tap_io(|stream| {
        // If this fails the numbers are worse, but not wrong.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, routes).await
}

/// The routes, also used by a test.
pub(crate) fn routes() -> Router {
    Router::new().route("/livez", get(|| async { "ok" })).route(PATH, post(pay))
}

/// The fields that the handler needs of a payment, or of an inquiry in the load generator's tests.
#[derive(Deserialize)]
struct Request<'a> {
    username: &'a str,
    #[serde(alias = "ref_id")]
    tr_id: &'a str,
    sign: &'a str,
}

async fn pay(body: Bytes) -> Response {
    const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
    match serde_json::from_slice::<Request<'_>>(&body) {
        Ok(request) if partner::sign(request.username, request.tr_id) == request.sign => {
            (JSON, PAID).into_response()
        }
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}
