//! The latest requests and answers, byte for byte, for the sandbox report. They are in memory only.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use domain::{Moment, PartnerId};
use http_body_util::BodyExt;
use sandbox::Cause;

use super::request_record::RequestRecord;

/// How many are kept, and how many bytes of each text.
const MAX_REQUESTS: usize = 500;
pub(crate) const MAX_TEXT: usize = 4096;

/// A request with its answer.
pub(crate) struct Exchanged {
    pub(crate) at: Moment,
    pub(crate) took: Duration,
    pub(crate) seen: RequestRecord,
    pub(crate) status: u16,
    /// What caused the code in a sandbox.
    pub(crate) causes: Vec<Cause>,
    /// Cut at [`MAX_TEXT`] bytes.
    pub(crate) request: Box<[u8]>,
    pub(crate) answer: Box<[u8]>,
}

/// The latest requests of all partners.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<Arc<Exchanged>>>);

impl Recent {
    /// Stores a request and its answer; returns the answer unchanged.
    pub(crate) async fn keep(
        &self,
        request: &Bytes,
        response: Response,
        (at, took): (Moment, Duration),
        seen: RequestRecord,
        causes: Vec<Cause>,
    ) -> Response {
        let (head, body) = response.into_parts();
        // Our answers are complete in memory, so this does not wait.
        let answer = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let cut = |text: &Bytes| text[..text.len().min(MAX_TEXT)].into();
        let status = head.status.as_u16();
        let (request, kept) = (cut(request), cut(&answer));
        let exchanged = Exchanged { at, took, seen, status, causes, request, answer: kept };
        self.push(Arc::new(exchanged));
        Response::from_parts(head, Body::from(answer))
    }

    fn push(&self, exchanged: Arc<Exchanged>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (kept.len() == MAX_REQUESTS).then(|| kept.pop_front());
        kept.push_back(exchanged);
        drop(kept);
        // Freed outside of the lock, so that nobody waits for it.
        drop(oldest);
    }

    /// The requests of a partner and those without a valid signature, newest first.
    pub(crate) fn of(&self, partner: PartnerId) -> Vec<Arc<Exchanged>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |it: &&Arc<Exchanged>| it.seen.partner.is_none_or(|of| of == partner);
        kept.iter().rev().filter(own).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use iak_protocol::ResponseCode;

    use super::*;

    #[tokio::test]
    async fn only_the_latest_are_kept_and_long_texts_are_cut() {
        let recent = Recent::default();
        let long = Bytes::from(vec![b'x'; MAX_TEXT + 1]);
        for number in 0..=MAX_REQUESTS as i64 {
            let partner = Some(PartnerId(1 + number % 2));
            let seen = RequestRecord {
                command: "",
                code: ResponseCode::Success,
                partner,
                tr_id: Some(number),
            };
            let now = (Moment::from_micros(number), Duration::ZERO);
            let answer = Response::new(Body::from(long.clone()));
            let sent = recent.keep(&long, answer, now, seen, Vec::new()).await;
            assert_eq!(sent.into_body().collect().await.unwrap().to_bytes(), long);
        }
        let own = recent.of(PartnerId(1));
        assert_eq!(own.len(), MAX_REQUESTS / 2);
        assert_eq!(own[0].seen.tr_id, Some(MAX_REQUESTS as i64));
        assert_eq!(own[MAX_REQUESTS / 2 - 1].seen.tr_id, Some(2), "the first of all is gone");
        assert_eq!((own[0].request.len(), own[0].answer.len()), (MAX_TEXT, MAX_TEXT));
        assert!(recent.of(PartnerId(3)).is_empty());
    }
}
