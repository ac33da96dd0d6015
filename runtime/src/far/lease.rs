//! A permit in the store, for as long as a call holds it. A fill uses it up; a call that stores nothing gives it back, by a request
//! that verifies it, or behind the caller. So a store holds no more permits than computations are under way.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Far, Journey, Place};
use crate::adapter::{CacheAdapter, Living, Permitted, Release, StoreKey, Token};
use crate::error::Result;
use crate::io;

/// A permit in the store, and the epochs that were current when it was taken.
pub(crate) struct Lease {
    /// `None` where the store knows no permits.
    pub(super) held: Option<Held>,
    pub(crate) living: Living,
    /// Something stands there that the fill would replace.
    pub(crate) replaces: bool,
}

impl Lease {
    pub(super) fn token(&self) -> Option<Token> {
        self.held.as_ref().and_then(|held| held.token)
    }

    /// The store has answered: it holds the permit no longer.
    pub(super) fn end(mut self) {
        if let Some(held) = &mut self.held {
            held.token = None;
        }
    }
}

/// A permit that is to be given back. Dropped, it is, behind the caller.
pub(super) struct Held {
    far: Arc<Far>,
    key: StoreKey,
    token: Option<Token>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(token) = self.token.take() else { return };
        let (adapter, key) = (self.far.store.helpers.clone(), self.key.clone());
        io::spawn(async move {
            // Where the store cannot be reached the permit ends by its own lifetime.
            let _ = adapter.release(&key, &token, Release::Keep).await;
        });
    }
}

type Asking = Pin<Box<dyn Future<Output = Result<Permitted>> + Send>>;

/// Asks for a permit. Dropped before the answer is there, it goes on behind the caller, and gives back what it gets.
pub(super) struct Claiming {
    far: Arc<Far>,
    key: StoreKey,
    asking: Option<Asking>,
    has_asked: bool,
}

impl Claiming {
    pub(super) fn new(
        far: &Arc<Far>,
        place: &Place,
        asking: impl Future<Output = Result<Permitted>> + Send + 'static,
    ) -> Self {
        Self { far: Arc::clone(far), key: place.key.clone(), asking: Some(Box::pin(asking)), has_asked: false }
    }
}

impl Future for Claiming {
    type Output = Result<(Permitted, Option<Held>)>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.has_asked = true;
        // Taken out meanwhile: an adapter that panics has ended, and is not polled again behind the caller.
        let Some(mut asking) = self.asking.take() else {
            unreachable!("an answer is not asked for again once it is there")
        };
        let Poll::Ready(permitted) = asking.as_mut().poll(context) else {
            self.asking = Some(asking);
            return Poll::Pending;
        };
        Poll::Ready(permitted.map(|permitted| {
            let hold = |token| Held { far: Arc::clone(&self.far), key: self.key.clone(), token: Some(token) };
            let held = permitted.token.map(hold);
            (permitted, held)
        }))
    }
}

impl Drop for Claiming {
    fn drop(&mut self) {
        let Some(asking) = self.asking.take().filter(|_| self.has_asked) else { return };
        let claiming =
            Self { far: Arc::clone(&self.far), key: self.key.clone(), asking: Some(asking), has_asked: false };
        io::spawn(async move { drop(claiming.await) });
    }
}

/// Gives a permit back. Dropped before the store has answered, it goes on behind the caller.
struct Releasing(Option<Pin<Box<dyn Future<Output = Result<bool>> + Send>>>);

impl Future for Releasing {
    type Output = Result<bool>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // As in `Claiming`.
        let Some(mut releasing) = self.0.take() else {
            unreachable!("an answer is not asked for again once it is there")
        };
        let answer = releasing.as_mut().poll(context);
        if answer.is_pending() {
            self.0 = Some(releasing);
        }
        answer
    }
}

impl Drop for Releasing {
    fn drop(&mut self) {
        let Some(releasing) = self.0.take() else { return };
        io::spawn(async move { drop(releasing.await) });
    }
}

impl Far {
    /// Gives a permit back, with what stands under its key or without. Was the permit still there?
    pub(crate) async fn release(
        self: &Arc<Self>,
        place: &Place,
        lease: Lease,
        release: Release,
        journey: &mut Journey,
    ) -> Result<bool> {
        let Some(token) = lease.token() else { return Ok(true) };
        // From here on this request gives it back: it is not sent twice.
        lease.end();
        let (adapter, key) = (journey.adapter(), place.key.clone());
        let releasing = async move { adapter.release(&key, &token, release).await };
        journey.trip(Releasing(Some(Box::pin(releasing)))).await
    }
}
