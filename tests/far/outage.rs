//! A store that fails costs time, never an answer.
