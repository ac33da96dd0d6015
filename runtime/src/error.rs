//! The one error type. Its [`ErrorKind`] says what a caller can do about it; the message says what was attempted
//! on what, and what would have been valid. No message carries a value, a password or a URL with credentials.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, one machine word wide.
///
/// Annotated functions return it only where they say `on_error = "propagate"`: else a store that fails costs them time, not
/// their answer. The helpers (`user::clear(7)`) and the registry (`adapter_set`) report it.
///
/// # Examples
/// ```
/// let error = larder::adapter_set("memroy").unwrap_err();
/// assert_eq!(error.kind(), larder::ErrorKind::UnknownAdapter);
/// assert!(error.to_string().contains("memory"));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No adapter goes by that name: correct the name, or register it.
    UnknownAdapter,
    /// The adapter exists but this build left it out: switch on the cargo feature that the message names.
    FeatureOff,
    /// A setting or URL is malformed: the message names the part.
    Config,
    /// The store did not answer, or answered with a failure: try again later.
    Unavailable,
    /// The store cannot do this at all.
    Unsupported,
    /// The entry does not fit: it was not stored.
    TooLarge,
    /// The codec cannot write such a value so that it could be read back: the message names the codec and the way out.
    Unstorable,
    /// No entry stands under the key.
    NotFound,
    /// What stands under the key is of another type: an `increment` of text.
    WrongType,
    /// The sum does not fit: the counter is unchanged.
    OutOfRange,
    /// It was cleared or set, and fewer replicas than were asked for have confirmed that: a failover could undo it.
    NotReplicated,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// An error for an adapter of the user's own to report.
    ///
    /// # Examples
    /// ```
    /// use larder::{Error, ErrorKind};
    ///
    /// let cause = std::io::Error::other("connection refused");
    /// let error = Error::unavailable("cannot reach the pantry", cause);
    /// assert_eq!(error.kind(), ErrorKind::Unavailable);
    /// assert_eq!(error.to_string(), "cannot reach the pantry");
    /// ```
    pub fn unavailable(
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let mut error = Self::new(ErrorKind::Unavailable, message);
        error.0.source = Some(source.into());
        error
    }

    /// An error of an adapter of the user's own, of any kind.
    ///
    /// # Examples
    /// ```
    /// use larder::{Error, ErrorKind};
    ///
    /// let error = Error::with_kind(ErrorKind::WrongType, "cannot increment `visits`: it is not a number");
    /// assert_eq!(error.kind(), ErrorKind::WrongType);
    /// ```
    pub fn with_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(kind, message)
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, source } = &*self.0;
        let mut debug = f.debug_struct("Error");
        debug.field("kind", kind).field("message", message);
        if let Some(source) = source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
