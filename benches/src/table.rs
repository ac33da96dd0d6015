//! What people read: times side by side, and targets beside what was measured.

use crate::rounds::Measured;
use crate::work::Load;

/// Prints nanoseconds per call, a row for each contender.
pub fn print_times<const N: usize>(title: &str, columns: &[(Load, [Measured; N])]) {
    println!("\n{:<50}{}", format!("{title}, ns"), row(columns, |(load, _)| load.title().into()));
    for contender in 0..N {
        let name = columns.first().map_or("", |(_, rows)| rows[contender].name);
        println!("{name:<50}{}", row(columns, |(_, rows)| format!("{:.0}", rows[contender].ns())));
    }
}

fn row<T>(columns: &[T], cell: impl Fn(&T) -> String) -> String {
    columns.iter().map(|column| format!("{:>11}", cell(column))).collect()
}

/// A figure and the most that it may be.
#[derive(Debug)]
pub struct Target {
    /// What it is.
    pub name: String,
    /// What was measured.
    pub figure: f64,
    /// What was promised.
    pub at_most: f64,
}

/// Prints each target and whether it is met.
pub fn print_targets(targets: &[Target]) {
    println!("\n{:<61}{:>11}{:>11}", "target", "measured", "at most");
    for Target { name, figure, at_most } in targets {
        let verdict = if figure <= at_most { "met" } else { "MISSED" };
        println!("{name:<61}{figure:>11.2}{at_most:>11.2}  {verdict}");
    }
}
