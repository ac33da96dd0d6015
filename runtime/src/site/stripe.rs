//! A counter that many threads raise without getting in each other's way.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

const N_STRIPES: usize = 16;
/// The last stripe is for threads that found no stripe of their own.
const SHARED: usize = N_STRIPES - 1;

/// One stripe for each of the first fifteen threads, which it raises with a plain load and store, as nobody else writes
/// there; one for all further threads, raised atomically. So no count is ever lost.
#[derive(Debug)]
pub(super) struct Striped([Stripe; N_STRIPES]);

// Two cache lines, because processors fetch them in pairs.
#[repr(align(128))]
#[derive(Debug)]
struct Stripe(AtomicU64);

impl Striped {
    pub(super) const fn new() -> Self {
        Self([const { Stripe(AtomicU64::new(0)) }; N_STRIPES])
    }

    #[inline]
    pub(super) fn raise(&self) {
        let stripe = own_stripe();
        let Stripe(count) = &self.0[stripe];
        if stripe == SHARED {
            count.fetch_add(1, Ordering::Relaxed);
        } else {
            count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    pub(super) fn sum(&self) -> u64 {
        self.0.iter().map(|Stripe(count)| count.load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    }
}

/// Which of the own stripes belong to living threads, one bit each. The lock also orders the last store of a thread that
/// gives its stripe back before the first load of the next one.
static TAKEN: Mutex<u32> = Mutex::new(0);

/// A thread's hold on its stripe.
struct Lease(usize);

impl Lease {
    fn take() -> Self {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let free = taken.trailing_ones() as usize;
        if free < SHARED {
            *taken |= 1 << free;
        }
        Self(free.min(SHARED))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // From here on this thread may still count, in its own destructors: in the shared stripe then.
        let _ = STRIPE.try_with(|stripe| stripe.set(Some(SHARED)));
        if self.0 < SHARED {
            *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) &= !(1 << self.0);
        }
    }
}

thread_local! {
    /// The number alone, which needs no destructor and so is read without asking whether one has run.
    static STRIPE: Cell<Option<usize>> = const { Cell::new(None) };
    static LEASE: Lease = Lease::take();
}

#[inline]
fn own_stripe() -> usize {
    STRIPE.with(Cell::get).unwrap_or_else(first_stripe)
}

#[cold]
fn first_stripe() -> usize {
    let stripe = LEASE.try_with(|lease| lease.0).unwrap_or(SHARED);
    STRIPE.with(|own| own.set(Some(stripe)));
    stripe
}
