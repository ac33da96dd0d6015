//! The tables of what holds the contract and the promises name tests that exist.

use std::fs;
use std::path::Path;

/// What is wrong with the rows of `table`. `source` reads a file of the workspace.
fn wrong_rows(table: &str, source: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let headed =
        table.split("\n\n").filter(|part| part.lines().next().is_some_and(|head| head.ends_with("| held by |")));
    headed
        .flat_map(|table| table.lines().skip(2))
        .flat_map(|row| {
            let held_by = row.trim_end_matches('|').rsplit(" | ").next().unwrap_or_default();
            let wrong = wrong_tests(held_by, &source);
            let holds_nothing = !held_by.contains(".rs`") && !row.contains("*open*");
            wrong.into_iter().chain(holds_nothing.then(|| format!("nothing holds it: {row}")))
        })
        .collect()
}

/// Of a list like `` `tests/file.rs`: `a_test`, `another`; `tests/other.rs`: `a_third` ``.
fn wrong_tests(held_by: &str, source: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut file = (String::new(), String::new());
    for name in held_by.split('`').skip(1).step_by(2) {
        if !name.ends_with(".rs") {
            if !file.1.contains(&format!("fn {name}(")) {
                wrong.push(format!("{}: no test `{name}`", file.0));
            }
            continue;
        }
        match source(name) {
            Some(text) => file = (name.to_owned(), text),
            None => wrong.push(format!("no file `{name}`")),
        }
    }
    wrong
}

#[test]
fn whatever_holds_the_contract_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the workspace");
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    for tables in ["tests/README.md", "PROMISES.md"] {
        let wrong = wrong_rows(&read(tables).expect("the tables are there"), read);
        assert!(wrong.is_empty(), "{tables}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn a_row_that_holds_nothing_is_found() {
    let source = |path: &str| (path == "a.rs").then(|| "fn one() {}\nasync fn two() {}".to_owned());
    let wrong = |held_by: &str| wrong_rows(&format!("| row | held by |\n|---|---|\n| x | {held_by} |"), source);
    assert!(wrong("`a.rs`: `one`, `two`").is_empty() && wrong("*open*").is_empty());
    for held_by in ["", "later", "`one`", "`a.rs`: `three`", "`b.rs`: `one`"] {
        assert!(!wrong(held_by).is_empty(), "{held_by}");
    }
}
