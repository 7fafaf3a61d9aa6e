//! The partners' callback endpoints: some cannot be reached, some answers are lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use biller::BoxFuture;
use gateway::{CallbackTransport, Message, SendResult};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::event::Event;
use crate::node::DEADLINE;
use crate::plan::Fault;
use crate::world::World;
use seeded_rng::SeededRng;

/// The connection of one process to all partners.
pub(crate) struct SimCallbackEndpoint {
    pub(crate) world: Arc<World>,
    pub(crate) power: CancellationToken,
    pub(crate) rng: Mutex<SeededRng>,
}

impl CallbackTransport for SimCallbackEndpoint {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, SendResult> {
        Box::pin(async move {
            let tr_id = message.transaction.inquiry.tr_id.0;
            let state = message.transaction.state().name();
            let (delay, is_lost, is_unanswered) = self.draw();
            sleep(delay).await;
            // What a dead process sends reaches no one.
            if !is_lost && !self.power.is_cancelled() {
                self.world.record(Event::CalledBack { tr_id, state });
            }
            let is_delivered = !is_lost && !is_unanswered;
            SendResult {
                is_delivered,
                answer: if is_delivered { "taken" } else { "no answer" }.into(),
            }
        })
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    /// Longer than any run: a callback that was not delivered by then was lost.
    fn give_up_after(&self) -> Duration {
        Duration::from_secs(365 * 86_400)
    }
}

impl SimCallbackEndpoint {
    fn draw(&self) -> (Duration, bool, bool) {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let is_lost = self.world.should_inject(Fault::CallbackLost, &mut rng);
        let is_unanswered = self.world.should_inject(Fault::CallbackUnanswered, &mut rng);
        (Duration::from_millis(rng.in_range(1..1_500)), is_lost, is_unanswered)
    }
}
