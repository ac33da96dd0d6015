//! A trial of a store, behind the callers: the requests of a call that computes and stores, none of which leaves anything.

use std::time::Duration;

use super::Subject;
use crate::adapter::{CacheAdapter, Condition, Entry, Living, Token, layout};
use crate::clock::Clock;
use crate::error::{ErrorKind, Result};
use crate::layer::limits::Limits;
use crate::timeout::Timeout;

/// What a trial has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// A call has time for the store.
    InTime,
    /// The store answers, and a call cannot wait for it.
    TooSlow(Slowness),
    /// It did not answer.
    Failed,
}

/// How long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slowness {
    pub(super) longest: Duration,
    pub(super) all: Duration,
}

impl Subject {
    /// Makes the requests of a call, one after the other; gives up on one that takes longer than `patience`.
    pub(super) async fn try_out(&self, clock: &Clock, limits: &Limits, patience: Timeout) -> Trial {
        let (mut longest, mut all) = (Duration::ZERO, Duration::ZERO);
        for step in [Step::Read, Step::Write, Step::Write] {
            let began = clock.now();
            match clock.within(patience, self.step(step)).await {
                Some(Ok(())) => {}
                _ => return Trial::Failed,
            }
            let took = Duration::from_millis(clock.now().as_millis().saturating_sub(began.as_millis()));
            longest = longest.max(took);
            all += took;
        }
        if longest < limits.request && all < limits.budget {
            return Trial::InTime;
        }
        Trial::TooSlow(Slowness { longest, all })
    }

    /// A write, in no more time than a call's has.
    pub(super) async fn takes_writes(&self, clock: &Clock, limits: &Limits) -> bool {
        matches!(clock.within(limits.request.into(), self.step(Step::Write)).await, Some(Ok(())))
    }

    /// What is refused is answered.
    async fn step(&self, step: Step) -> Result<()> {
        let (adapter, key) = (&self.adapter, &self.probe);
        let answer = match step {
            Step::Read => adapter.get(key).await.map(drop),
            // There is no such permit, so that nothing is stored.
            Step::Write if !adapter.capability().plain => {
                let entry =
                    Entry { record: vec![0; layout::PAYLOAD], timeout: Timeout::from_secs(1), grace: Timeout::ZERO };
                adapter.put(key, &entry, Condition::IfPermit(&Token::random())).await.map(drop)
            }
            // No removal: that one may wait for replicas, of which a call's own writes know nothing.
            Step::Write => {
                let living = Living { namespace: 0, template: None };
                adapter.touch(key, Timeout::from_secs(1), Timeout::ZERO, &living).await.map(drop)
            }
        };
        answer.or_else(|error| if error.kind() == ErrorKind::Unavailable { Err(error) } else { Ok(()) })
    }
}

#[derive(Clone, Copy)]
enum Step {
    Read,
    Write,
}
