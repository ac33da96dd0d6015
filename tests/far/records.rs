//! Bytes that cannot be believed are a miss.
