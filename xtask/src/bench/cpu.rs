//! CPU time of the programs that we ran. The system adds it up when a child is waited for, and its children's with it;
//! only Linux tells it without a call into C.

use std::fs;

use crate::call::Outcome;

/// Clock ticks in a second, as Linux reports them on every architecture that Rust's std runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// The user and system time that programs take while `body` runs and waits for them.
pub(super) fn seconds(body: impl FnOnce() -> Outcome) -> Outcome<f64> {
    let before = of_children()?;
    body()?;
    Ok((of_children()? - before) / TICKS_PER_SECOND)
}

fn of_children() -> Outcome<f64> {
    let stat =
        fs::read_to_string("/proc/self/stat").map_err(|error| format!("no CPU times on this system: {error}"))?;
    parse(&stat).ok_or_else(|| format!("/proc/self/stat is not as proc(5) says: {stat}"))
}

/// Fields 16 and 17 of proc(5): what waited-for children spent in user and kernel mode. The second field is a program's
/// name, in parentheses, and may hold anything.
fn parse(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[test]
fn the_times_of_children_are_read_whatever_the_program_is_called() {
    let stat = "7 (x) y) S 1 7 7 0 -1 4194560 0 0 0 0 1 2 300 40 20 0 1 0 5 6 7";
    assert_eq!(parse(stat), Some(340.0));
    assert_eq!(parse("7 (x) S 1"), None);
}
