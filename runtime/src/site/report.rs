//! What is told of functions where it may be the only sign of a mistake.

use std::panic;

use super::FunctionName;

/// `function` has the key template of `elder`. Told once for each function that is late.
pub(super) fn same_template(function: FunctionName, elder: FunctionName) {
    // The subscriber is the user's code, and the caller is waiting for a result.
    let _ = panic::catch_unwind(|| {
        tracing::warn!(
            name: "larder.same_template",
            target: "larder",
            %function,
            %elder,
            "two functions have one key template: they share their entries, and clear each other's"
        );
    });
}
