//! Instruments to measure caches side by side, and larder's own contenders.
//!
//! On a machine that others use too, times drift from second to second and ratios do not. So contenders take turns in
//! short rounds, and what is reported of a ratio is its median over the rounds.

pub mod ours;
mod rounds;
mod table;
mod work;

pub use rounds::{Contender, Measured, measure};
pub use table::{Target, print_targets, print_times};
pub use work::{Load, Question, answer};
