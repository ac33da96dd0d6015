//! What can be observed, by stable names.

use std::fmt;

macro_rules! commands {
    ($($(#[$doc:meta])* $command:ident $name:literal)*) => {
        /// What a cache was told to do.
        ///
        /// # Examples
        /// ```
        /// use larder::observer::Command;
        ///
        /// assert_eq!(Command::GetOrSet.as_str(), "get_or_set");
        /// assert!(Command::ALL.contains(&Command::Call));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Command {
            $($(#[$doc])* $command,)*
        }

        impl Command {
            /// Every one that there is in this release.
            pub const ALL: &'static [Self] = &[$(Self::$command),*];

            /// Its name, which stays: `get_or_set`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$command => $name,)*
                }
            }
        }
    };
}

commands! {
    /// A call of an annotated function.
    Call "call"
    /// `refresh` of one.
    Refresh "refresh"
    /// `get`, of a function's result or by hand; `get_or` and `fetch` too.
    Get "get"
    /// `set`, of a function's result or by hand.
    Set "set"
    /// `add`.
    Add "add"
    /// `get_or_set` and `try_get_or_set`.
    GetOrSet "get_or_set"
    /// `multi_get`.
    MultiGet "multi_get"
    /// `multi_set`.
    MultiSet "multi_set"
    /// `exists`.
    Exists "exists"
    /// `increment`.
    Increment "increment"
    /// `remove` and `delete`.
    Remove "remove"
    /// `update_timeout`, of a function's result or by hand.
    UpdateTimeout "update_timeout"
    /// `timeout_of`; a function's `timeout_left`.
    TimeoutOf "timeout_of"
    /// `clear`: of one result of a function, or of a cache's whole namespace.
    Clear "clear"
    /// A function's `clear_all`.
    ClearAll "clear_all"
    /// `flush_store`.
    FlushStore "flush_store"
    /// `connect`.
    Connect "connect"
    /// `close`.
    Close "close"
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn commands_are_numbered_as_they_are_listed_and_have_names_of_their_own() {
        let names: HashSet<_> = Command::ALL.iter().map(|command| command.as_str()).collect();
        assert_eq!(names.len(), Command::ALL.len());
        for (number, command) in Command::ALL.iter().enumerate() {
            assert_eq!(*command as usize, number);
        }
    }
}
