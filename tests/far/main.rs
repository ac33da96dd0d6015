//! Annotated functions over a far store: what they promise in memory holds there too, and the store's failures stay its own.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod calls;
mod cancellation;
mod churn;
mod clears;
mod coalescing;
mod distance;
mod keys;
mod late_answers;
mod leaders;
mod leases;
mod limits;
mod moody;
mod older_values;
mod options;
mod origin;
mod outage;
mod own_codec;
mod pair;
mod permits;
mod propagate;
mod records;
mod relay;
mod secrets;
mod shapes;
mod stores;
mod sweeps;
mod trips;
mod undelivered;
mod unstored;
