//! Annotated functions over a far store: what they promise in memory holds there too, and the store's failures stay its own.

mod calls;
mod outage;
mod records;
