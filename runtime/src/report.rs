//! What people are told of that no caller can be: an event of `tracing` where the program has a subscriber, else a line on
//! standard error.

use std::panic;

use tracing::subscriber::NoSubscriber;

use crate::environment;

/// A warning, told on a thread of ours.
pub(crate) fn warn(message: &str) {
    let is_subscribed = !tracing::dispatcher::get_default(|subscriber| subscriber.is::<NoSubscriber>());
    if !is_subscribed {
        return environment::tell(format_args!("{message}"));
    }
    // The subscriber is the user's code.
    let _ = panic::catch_unwind(|| tracing::warn!(name: "larder.store", target: "larder", "{message}"));
}
