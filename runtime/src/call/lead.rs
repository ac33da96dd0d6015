//! A call that computes, as generated code holds it: it runs the user's function where it stands, so that no closure has to
//! carry the arguments into this crate.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::task::Context;

use crate::cache::{self, Delivery};
use crate::flight::Inside;
use crate::park::block_on;
use crate::rules::Rules;
use crate::site::Site;
use crate::timeout::Timeout;

/// What a call comes to.
pub enum Answer<R, L> {
    /// It is known.
    Result(R),
    /// The function is to be run, and its result handed to the lead.
    Compute(L),
}

/// A turn to compute for a synchronous function. Whatever runs until it lands is a part of the computation.
#[must_use]
pub struct Lead<R, U> {
    // Before the lead: it ends the computation before the next one starts.
    inside: Option<Inside>,
    turn: Turn<R, U>,
}

/// A turn to compute for an asynchronous function.
#[must_use]
pub struct AsyncLead<R, U>(Turn<R, U>);

struct Turn<R, U> {
    site: &'static Site,
    /// `None` where the function just runs.
    lead: Option<Box<cache::Lead>>,
    rules: U,
    timeout: Option<Timeout>,
    result: PhantomData<fn() -> R>,
}

impl<R, U: Rules<R>> Turn<R, U> {
    fn new(site: &'static Site, lead: Option<cache::Lead>, rules: U) -> Self {
        Self { site, lead: lead.map(Box::new), rules, timeout: None, result: PhantomData }
    }

    fn inside(&self) -> Option<Inside> {
        self.lead.as_ref().and_then(|lead| lead.inside())
    }
}

impl<R, U: Rules<R>> Lead<R, U> {
    pub(super) fn new(site: &'static Site, lead: Option<cache::Lead>, rules: U) -> Self {
        let turn = Turn::new(site, lead, rules);
        Self { inside: turn.inside(), turn }
    }

    /// `timeout = expression`
    pub fn timed(mut self, timeout: impl FnOnce() -> Timeout) -> Self {
        self.turn.timeout = Some(timeout());
        self
    }

    /// By hand, where a timeout may be said or not.
    pub(crate) fn for_so_long(mut self, timeout: Option<Timeout>) -> Self {
        self.turn.timeout = timeout;
        self
    }

    /// Shares and stores `result`, as the rules say.
    pub fn land(self, result: R) -> R {
        let Self { inside, turn: Turn { site, lead, rules, timeout, .. } } = self;
        if let Some(lead) = lead {
            finish(lead.pack(site, timeout, &(&rules, &result)));
        }
        // The rules run code of the user's, which may call the function too.
        drop(inside);
        result
    }
}

impl<R, U: Rules<R>> AsyncLead<R, U> {
    pub(super) fn new(site: &'static Site, lead: Option<cache::Lead>, rules: U) -> Self {
        Self(Turn::new(site, lead, rules))
    }

    /// `timeout = expression`
    pub fn timed(mut self, timeout: impl FnOnce() -> Timeout) -> Self {
        let _inside = self.0.inside();
        self.0.timeout = Some(timeout());
        self
    }

    /// By hand, where a timeout may be said or not.
    pub(crate) fn for_so_long(mut self, timeout: Option<Timeout>) -> Self {
        self.0.timeout = timeout;
        self
    }

    /// Awaits what has not begun, and shares and stores the result, as the rules say.
    // The one part that users compile once per function: what follows a computation is generic over its result alone. In a box,
    // which a miss can pay for: else the computation would stand in the future of each call that hits, and three times,
    // as what an `async fn` is handed stands in it once more wherever it is moved to.
    pub fn compute<C: Future<Output = R>>(self, computation: C) -> impl Future<Output = R> + use<R, U, C> {
        let Turn { site, mut lead, rules, timeout, .. } = self.0;
        let computation = Box::pin(computation);
        async move {
            claim(&mut lead).await;
            let result = {
                // Dropped before the lead, so that a cancelled computation has ended when the next one starts.
                let mut computation = computation;
                poll_fn(|context| {
                    let polling = cache::Lead::polling(lead.as_deref(), context);
                    computation.as_mut().poll(&mut Context::from_waker(polling.waker()))
                })
                .await
            };
            // The result is not held while the store takes its time: a future that held it could move to another thread only
            // if it can.
            let mut delivery = match pack(lead, site, timeout, &rules, result) {
                Packed::Landed(result) => return result,
                Packed::Far(delivery) => delivery,
            };
            delivery.storing().await;
            land(*delivery, &rules)
        }
    }

    /// The same for a function that does a part of its work before it returns a future.
    pub async fn run<C: Future<Output = R>>(mut self, start: impl FnOnce() -> C) -> R {
        // The permit comes before that part, which belongs to the computation.
        claim(&mut self.0.lead).await;
        let computation = {
            let _inside = self.0.inside();
            start()
        };
        self.compute(computation).await
    }
}

/// The way of a blocking call's result.
#[inline(never)]
fn finish(delivery: Option<Delivery>) {
    let Some(mut delivery) = delivery else { return };
    if delivery.goes_far() {
        block_on(delivery.store());
    }
    delivery.land();
}

/// A refresh takes its permit in the far tier here, as it came straight to its turn.
async fn claim(lead: &mut Option<Box<cache::Lead>>) {
    if let Some(lead) = lead.as_mut().filter(|lead| lead.must_claim()) {
        // In a box, as all that is far: recursive calls hold the rest on the stack.
        Box::pin(lead.claim()).await;
    }
}

/// A result that was computed.
enum Packed<R> {
    /// It is where it is kept, and with those who wait.
    Landed(R),
    /// It goes to the far tier first. In a box, as the future of a call has room for it whether it comes to that or not.
    Far(Box<Delivery>),
}

fn pack<R>(
    lead: Option<Box<cache::Lead>>,
    site: &'static Site,
    timeout: Option<Timeout>,
    rules: &impl Rules<R>,
    result: R,
) -> Packed<R> {
    let Some(lead) = lead else { return Packed::Landed(result) };
    // The rules run code of the user's, which may call the function too.
    let _inside = lead.inside();
    match lead.pack(site, timeout, &(rules, &result)) {
        // What those who wait get is the same.
        Some(delivery) if delivery.goes_far() => Packed::Far(Box::new(delivery)),
        delivery => {
            delivery.map(Delivery::land);
            Packed::Landed(result)
        }
    }
}

fn land<R>(delivery: Delivery, rules: &impl Rules<R>) -> R {
    let _inside = delivery.inside();
    let slot = delivery.land();
    slot.and_then(|slot| rules.unpack(&slot)).expect("what was packed can be unpacked")
}

#[cfg(all(test, shuttle))]
pub(crate) async fn compute<R, C: Future<Output = R>>(
    lead: cache::Lead,
    site: &'static Site,
    rules: impl Rules<R>,
    computation: C,
) -> R {
    AsyncLead::new(site, Some(lead), rules).compute(computation).await
}

/// The whole of an async call that found nothing near.
#[cfg(all(test, shuttle, feature = "far"))]
pub(crate) async fn whole<R, C: Future<Output = R>>(
    approach: cache::Approach<'_>,
    rules: impl Rules<R>,
    timeout: Option<Timeout>,
    computation: C,
) -> R {
    match super::go_async(approach, rules).await {
        Answer::Result(result) => result,
        Answer::Compute(lead) => lead.for_so_long(timeout).compute(computation).await,
    }
}
