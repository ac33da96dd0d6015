//! Who imports whom: the arrows between the top-level modules of a crate, as its sources draw them.

use std::collections::BTreeSet;

use crate::source::Source;

/// A module, and the modules that it may import.
pub(crate) type Row = (&'static str, &'static [&'static str]);

/// The name of the crate's root, which sees all and which nobody imports: an item has one place, the module it lives in.
const ROOT: &str = "lib";

/// What is wrong between `sources` and the `table` of allowed arrows. A row may only name rows above it, so that the
/// table reads downward and no ring of modules passes; an arrow that is allowed and not drawn is struck out.
pub(crate) fn violations(sources: &[Source], table: &[Row]) -> Vec<String> {
    let mut violations = Vec::new();
    let mut drawn = BTreeSet::new();
    for source in sources {
        let Some(from) = source.modules().first().cloned() else {
            continue;
        };
        let Some((_, allowed)) = table.iter().find(|(module, _)| *module == from) else {
            violations.push(format!("{}: the table has no row for `{from}`", source.path));
            continue;
        };
        for (to, line) in imports(source, table) {
            if !allowed.contains(&&*to) {
                violations.push(format!("{}:{line}: `{from}` may not import `{to}`", source.path));
            }
            drawn.insert((from.clone(), to));
        }
    }
    for (at, (from, allowed)) in table.iter().enumerate() {
        for to in *allowed {
            if !drawn.contains(&(from.to_string(), to.to_string())) {
                violations.push(format!("the table allows `{from}` to import `{to}`, and nothing does"));
            }
            if !table[..at].iter().any(|(above, _)| above == to) {
                violations.push(format!("the table has `{to}`, which `{from}` imports, not above it"));
            }
        }
    }
    violations
}

/// The top-level modules that a file names, each with the line, its own left out.
fn imports(source: &Source, table: &[Row]) -> BTreeSet<(String, usize)> {
    let modules = source.modules();
    let mut imports = BTreeSet::new();
    for (at, _) in source.code.match_indices("crate::") {
        let before = source.code[..at].chars().next_back();
        // `$crate` in a macro is a path from outside.
        if before.is_none_or(|char| !is_name(char) && char != '$') {
            imports.extend(heads(&source.code, at + "crate::".len()));
        }
    }
    for (at, _) in source.code.match_indices("super::") {
        let mut end = at;
        let mut depth = 0;
        while source.code[end..].starts_with("super::") {
            end += "super::".len();
            depth += 1;
        }
        if depth >= modules.len() && !source.code[..at].ends_with("super::") {
            imports.extend(heads(&source.code, end));
        }
    }
    let own = modules.first().map_or(ROOT, String::as_str);
    let named = imports.into_iter().map(|(at, name)| {
        let is_module = table.iter().any(|(module, _)| *module == name);
        let line = source.code[..at].matches('\n').count() + 1;
        (if is_module { name } else { ROOT.into() }, line)
    });
    named.filter(|(name, _)| name != own).collect()
}

/// The first names of the path that goes on at `at`: several where it opens a brace.
fn heads(code: &str, at: usize) -> Vec<(usize, String)> {
    let name = |at: usize| code[at..].chars().take_while(|char| is_name(*char)).collect::<String>();
    if !code[at..].starts_with('{') {
        return vec![(at, name(at))];
    }
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut expected = false;
    for (offset, char) in code[at..].char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if expected && is_name(char) {
            heads.push((at + offset, name(at + offset)));
        }
        expected = depth == 1 && (matches!(char, '{' | ',') || expected && char.is_whitespace());
        if depth == 0 {
            break;
        }
    }
    heads
}

fn is_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

#[test]
fn an_arrow_is_found_however_it_is_written() {
    let table: &[Row] = &[("key", &[]), ("near", &[]), ("site", &[])];
    let drawn = |path: &str, text: &str| {
        let names = imports(&Source::new(path, text), table).into_iter().map(|(name, _)| name);
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(drawn("a/src/site.rs", "use crate::key::Key;"), "key");
    assert_eq!(drawn("a/src/site.rs", "fn f(key: &crate::key::Key) {}"), "key");
    assert_eq!(drawn("a/src/site.rs", "use crate::{key::{Key, Part}, near::Near};"), "key near");
    assert_eq!(drawn("a/src/site.rs", "use super::key::Key;"), "key");
    assert_eq!(drawn("a/src/site/one.rs", "use super::two::Key; use super::super::near;"), "near");
    assert_eq!(drawn("a/src/site.rs", "use crate::Key;"), "lib");
    assert_eq!(drawn("a/src/site.rs", "$crate::key::f(); // crate::near"), "");
    assert_eq!(drawn("a/src/site/mod.rs", "use crate::site::one::One;"), "");
}

#[test]
fn a_wrong_arrow_a_ring_a_dead_arrow_and_a_missing_row_are_violations() {
    let key = || Source::new("a/src/key.rs", "use crate::near::Near;");
    let near = || Source::new("a/src/near.rs", "use crate::key::Key;");
    let n_violations = |sources: &[Source], table: &[Row]| violations(sources, table).len();
    assert_eq!(n_violations(&[key()], &[("near", &[]), ("key", &["near"])]), 0);
    assert_eq!(n_violations(&[key()], &[("near", &[]), ("key", &[])]), 1);
    assert_eq!(n_violations(&[key(), near()], &[("near", &["key"]), ("key", &["near"])]), 1);
    assert_eq!(n_violations(&[], &[("near", &[]), ("key", &["near"])]), 1);
    assert_eq!(n_violations(&[key()], &[("near", &[])]), 1);
}
