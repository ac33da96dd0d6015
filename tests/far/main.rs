//! Annotated functions over a far store: what they promise in memory holds there too, and the store's failures stay its own.

mod calls;
mod options;
mod outage;
mod propagate;
mod records;
