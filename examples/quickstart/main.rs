//! What does caching buy? Analyses every file of a folder, again and again, and clears and re-times one of the results.

mod arguments;
mod folder;

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use arguments::Arguments;
use larder::{Remaining, cached};
use serde::{Deserialize, Serialize};

/// What is known of one file.
#[derive(Clone, Serialize, Deserialize)]
struct Report {
    lines: usize,
    words: usize,
    /// The most frequent one first, each with its number of occurrences.
    identifiers: Vec<(String, usize)>,
}

/// The expensive function. Its results are kept for five minutes, by path; an `Err` is not kept.
#[cached(key = "report:{path}", timeout = "5m")]
fn analyse(path: &Path) -> io::Result<Report> {
    let bytes = fs::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut counts = HashMap::<&str, usize>::new();
    for word in text.split(|char: char| !char.is_alphanumeric() && char != '_') {
        if word.len() > 2 && !word.starts_with(char::is_numeric) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut identifiers: Vec<_> = counts.into_iter().map(|(word, n)| (word.to_owned(), n)).collect();
    identifiers.sort_by(|(a, n_a), (b, n_b)| n_b.cmp(n_a).then_with(|| a.cmp(b)));
    identifiers.truncate(3);
    Ok(Report { lines: text.lines().count(), words: text.split_whitespace().count(), identifiers })
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let causes = std::iter::successors(error.source(), |&error| error.source());
            let causes: String = causes.map(|cause| format!(": {cause}")).collect();
            eprintln!("quickstart: {error}{causes}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let Some(Arguments { folder, adapter }) = Arguments::parse(env::args_os().skip(1))? else {
        println!("{}", arguments::HELP);
        return Ok(());
    };
    // Where results are kept is said here, and nowhere else.
    larder::adapter_set(adapter.as_str())?;
    let store = larder::adapter_get().adapter();
    let files = folder::files(&folder)?;
    println!("{} files in {}, results kept in {store}\n", files.len(), folder.display());

    // What an earlier run has left in the store would make a cold pass warm. A helper says when its store does not answer.
    let cleared = analyse::clear_all();
    println!("{store:<16} {:>9} {:>11} {:>10} {:>12}", "computed", "from cache", "hit ratio", "time");
    analyse_all("cold", &files)?;
    analyse_all("warm", &files)?;
    // The function has noticed nothing of that: it computes, and one computation of a key is good for a second.
    let n_alone = analyse::stats().store_failures;
    if n_alone > 0 {
        println!(
            "\n{n_alone} results were computed while {store} did not answer; each is kept here for a second, no longer."
        );
    }
    cleared?;

    let one = &files[files.len() / 2];
    analyse::clear(one)?;
    analyse_all("after one clear", &files)?;

    let Report { lines, words, identifiers } = analyse(one)?;
    println!("\n{}: {lines} lines, {words} words, most frequent {identifiers:?}", one.display());
    println!("  expires {}", when(analyse::timeout_left(one)?));
    if analyse::update_timeout(one, 60)? {
        println!("  re-timed, it expires {}", when(analyse::timeout_left(one)?));
    }
    println!("\ntime saved in all: {:.1?}", analyse::stats().time_saved());
    Ok(())
}

fn when(left: Option<Remaining>) -> String {
    match left {
        Some(Remaining::For(left)) => format!("in {left:.0?}"),
        Some(_) => "never".into(),
        None => "at once: it is not kept".into(),
    }
}

/// Calls the function for each file, as if nothing were cached, and prints what that took.
fn analyse_all(pass: &str, files: &[PathBuf]) -> Result<(), String> {
    let before = analyse::stats();
    let start = Instant::now();
    for file in files {
        analyse(file).map_err(|error| folder::unreadable(file, &error))?;
    }
    let took = start.elapsed();
    let after = analyse::stats();
    let (computed, hits) = (after.computed - before.computed, after.hits - before.hits);
    let ratio = 100.0 * hits as f64 / files.len() as f64;
    println!("{pass:<16} {computed:>9} {hits:>11} {ratio:>8.1} % {took:>12.1?}");
    Ok(())
}
