//! Is a connection up, and who waits for it? Shared by those who use it, the task that drives it, and the task that watches
//! it.

use std::sync::Arc;

use tokio::sync::watch;

use crate::io::Crowd;
use crate::sync::{AtomicUsize, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fine,
    /// A caller has given up waiting for an answer.
    Doubted,
    Dead,
}

/// A handle: clones are of one connection.
#[derive(Clone)]
pub(super) struct Health(Arc<Shared>);

struct Shared {
    state: watch::Sender<State>,
    crowd: Crowd,
    /// How many wait for whatever there is, however large.
    n_unbounded: AtomicUsize,
}

/// Somebody waits for whatever there is, until it is dropped.
pub(super) struct Unbounded(Health);

impl Drop for Unbounded {
    fn drop(&mut self) {
        self.0.0.n_unbounded.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Health {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            state: watch::Sender::new(State::Fine),
            crowd: Crowd::default(),
            n_unbounded: AtomicUsize::new(0),
        }))
    }

    /// Who waits for its answers.
    pub(super) fn crowd(&self) -> &Crowd {
        &self.0.crowd
    }

    /// For who asks something of their own.
    pub(super) fn unbounded(&self) -> Unbounded {
        self.0.n_unbounded.fetch_add(1, Ordering::Relaxed);
        Unbounded(self.clone())
    }

    /// Does anybody wait for whatever there is?
    pub(super) fn wants_all(&self) -> bool {
        self.0.n_unbounded.load(Ordering::Relaxed) > 0
    }

    pub(super) fn is_up(&self) -> bool {
        *self.0.state.borrow() != State::Dead
    }

    /// Has somebody waited in vain since it last answered?
    pub(super) fn is_doubted(&self) -> bool {
        *self.0.state.borrow() == State::Doubted
    }

    /// Nothing is asked of it any more. For good.
    pub(super) fn give_up(&self) {
        self.0.state.send_if_modified(|state| std::mem::replace(state, State::Dead) != State::Dead);
    }

    /// Somebody should see whether it still answers.
    pub(super) fn doubt(&self) {
        self.0
            .state
            .send_if_modified(|state| *state == State::Fine && std::mem::replace(state, State::Doubted) == State::Fine);
    }

    /// It answers.
    pub(super) fn confirm(&self) {
        self.0.state.send_if_modified(|state| {
            if *state == State::Doubted {
                *state = State::Fine;
            }
            false
        });
    }

    /// Ends when it is dead.
    pub(super) async fn dead(&self) {
        // It cannot fail while we hold the sender.
        let _ = self.0.state.subscribe().wait_for(|state| *state == State::Dead).await;
    }

    /// Ends when it is doubted or dead.
    pub(super) async fn doubted(&self) {
        let _ = self.0.state.subscribe().wait_for(|state| *state != State::Fine).await;
    }
}
