//! The key template: text with placeholders, read without knowing the function it belongs to.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::Parser;

/// A part of a template.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    /// Literal text, `{{` and `}}` already single.
    Text(String),
    /// `{…}`
    Placeholder(Placeholder),
}

/// `{name.field.0:spec}`
#[derive(Debug, PartialEq)]
pub(crate) struct Placeholder {
    /// The argument, `self`, or a generic parameter.
    pub(crate) name: String,
    /// The fields behind it, by name or by index.
    pub(crate) fields: Vec<String>,
    /// The format spec, without its colon.
    pub(crate) spec: Option<String>,
}

/// What may stand between two placeholders, since no value can write it.
const SEPARATORS: [char; 4] = [':', '/', '|', '#'];

/// Reads `text`; on failure, all that is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Vec<Piece>, Vec<String>> {
    let mut pieces = Vec::new();
    let mut wrong = Vec::new();
    if text.is_empty() {
        wrong.push("an empty key names nothing; write a name for the entries, like `\"users\"`".to_owned());
    }
    let mut rest = text;
    while let Some(position) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(position);
        push_text(&mut pieces, before);
        match split_placeholder(after) {
            Split::Escape(brace, tail) => {
                push_text(&mut pieces, brace);
                rest = tail;
            }
            Split::Placeholder(inside, tail) => {
                match placeholder(inside) {
                    Ok(placeholder) => pieces.push(Piece::Placeholder(placeholder)),
                    Err(message) => wrong.push(message),
                }
                rest = tail;
            }
            Split::Unbalanced(message, tail) => {
                wrong.push(message.to_owned());
                rest = tail;
            }
        }
    }
    push_text(&mut pieces, rest);
    wrong.extend(unseparated(&pieces));
    if wrong.is_empty() { Ok(pieces) } else { Err(wrong) }
}

/// `text` with each placeholder as `{}`: what templates that make the same keys have in common.
pub(crate) fn without_names(text: &str) -> String {
    let pieces = parse(text).unwrap_or_default();
    let anonymous = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Piece::Placeholder(_) => "{}".to_owned(),
    });
    anonymous.collect()
}

/// What holds for any text whatever; fuzzers think of it.
#[cfg(any(fuzzing, test))]
pub(crate) fn check(text: &str) {
    assert!(escape(text).is_ascii() && !escape(text).contains(['{', '}', '"', '\\']));
    let Ok(pieces) = parse(text) else { return };
    let written = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Piece::Placeholder(Placeholder { name, fields, spec }) => {
            let path = [std::slice::from_ref(name), fields].concat().join(".");
            let spec = spec.as_ref().map_or(String::new(), |spec| format!(":{spec}"));
            format!("{{{path}{spec}}}")
        }
    });
    assert_eq!(parse(&written.collect::<String>()), Ok(pieces), "a template is what its pieces say");
}

/// `text` in the alphabet of keys: other bytes as `%XX`, which is what the runtime writes for them.
pub(crate) fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/|#_.~@+=,-".contains(&byte);
    let escaped = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escaped).collect()
}

enum Split<'a> {
    /// `{{` or `}}`
    Escape(&'a str, &'a str),
    Placeholder(&'a str, &'a str),
    Unbalanced(&'static str, &'a str),
}

/// Splits off what starts with the brace at the start of `text`.
fn split_placeholder(text: &str) -> Split<'_> {
    let (brace, after) = text.split_at(1);
    if after.starts_with(brace) {
        return Split::Escape(brace, &after[1..]);
    }
    if brace == "}" {
        return Split::Unbalanced("a `}` without its `{`; write `}}` for a brace in the text", after);
    }
    match after.find(['{', '}']) {
        Some(end) if after[end..].starts_with('}') => Split::Placeholder(&after[..end], &after[end + 1..]),
        Some(next) => Split::Unbalanced("a `{` without its `}`; write `{{` for a brace in the text", &after[next..]),
        None => Split::Unbalanced("a `{` without its `}`; write `{{` for a brace in the text", ""),
    }
}

/// Reads what stands between the braces.
fn placeholder(inside: &str) -> Result<Placeholder, String> {
    let (path, spec) = match inside.split_once(':') {
        Some((path, spec)) => (path, Some(spec)),
        None => (inside, None),
    };
    if path.trim().is_empty() {
        return Err(format!("`{{{inside}}}` names no argument; write its name, like `{{id}}`"));
    }
    if path.trim() != path {
        return Err(format!("`{{{inside}}}` holds spaces; write `{{{}}}`", path.trim()));
    }
    let mut parts = path.split('.');
    let name = parts.next().unwrap_or_default();
    let fields: Vec<&str> = parts.collect();
    let is_index = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_name(name) || !fields.iter().all(|field| is_ident(field) || (!field.is_empty() && is_index(field))) {
        return Err(format!(
            "`{{{inside}}}` is not the name of an argument or of a field of one; compute such a key in a function \
             and write `key = path::to::function`"
        ));
    }
    if let Some(spec) = spec {
        check_spec(inside, path, spec)?;
    }
    Ok(Placeholder {
        name: name.to_owned(),
        fields: fields.into_iter().map(str::to_owned).collect(),
        spec: spec.map(str::to_owned),
    })
}

fn check_spec(inside: &str, path: &str, spec: &str) -> Result<(), String> {
    if spec.is_empty() {
        return Err(format!("`{{{inside}}}` has a colon and no format spec; write `{{{path}}}`"));
    }
    if spec.contains('$') || spec.contains(".*") {
        return Err(format!(
            "the format spec of `{{{inside}}}` refers to another argument; write the number, like `{{{path}:.2}}`"
        ));
    }
    if spec.strip_suffix('p').is_some_and(is_spec) {
        return Err(format!(
            "`{{{inside}}}` is an address, where another value may stand at the next call; write `{{{path}}}`, or a field of it"
        ));
    }
    if !is_spec(spec) {
        return Err(format!(
            "`{spec}` in `{{{inside}}}` is no format spec; write one that `format!` takes, like `{{{path}:.2}}`"
        ));
    }
    Ok(())
}

/// `[[fill]align][sign]['#']['0'][width]['.' precision][type]`, from the documentation of `std::fmt`, less the type `p`.
fn is_spec(spec: &str) -> bool {
    let align = ['<', '^', '>'];
    let mut chars = spec.chars();
    let rest = match (chars.next(), chars.next()) {
        (Some(_), Some(second)) if second != '.' && align.contains(&second) => chars.as_str(),
        (Some(first), _) if align.contains(&first) => &spec[1..],
        _ => spec,
    };
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let rest = rest.strip_prefix('#').unwrap_or(rest);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let kind = match rest.strip_prefix('.') {
        None => rest,
        Some(precision) => {
            let kind = precision.trim_start_matches(|c: char| c.is_ascii_digit());
            if kind == precision {
                return false;
            }
            kind
        }
    };
    ["", "?", "x?", "X?", "o", "x", "X", "b", "e", "E"].contains(&kind)
}

/// An identifier or a keyword: `self`, `Self`, or `type` for an argument `r#type`.
fn is_name(text: &str) -> bool {
    text != "_" && Ident::parse_any.parse_str(text).is_ok()
}

fn is_ident(text: &str) -> bool {
    text != "_" && syn::parse_str::<Ident>(text).is_ok()
}

/// One message for each pair of placeholders that nothing separates.
fn unseparated(pieces: &[Piece]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut previous: Option<&Placeholder> = None;
    for piece in pieces {
        match piece {
            Piece::Text(text) if text.contains(SEPARATORS) => previous = None,
            Piece::Text(_) => {}
            Piece::Placeholder(placeholder) => {
                if let Some(previous) = previous {
                    let (left, right) = (&previous.name, &placeholder.name);
                    wrong.push(format!(
                        "nothing separates `{{{left}}}` from `{{{right}}}`, so different arguments could give the same \
                         key; write one of `: / | #` between them, like `{{{left}}}:{{{right}}}`"
                    ));
                }
                previous = Some(placeholder);
            }
        }
    }
    wrong
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match parse(text) {
            Ok(pieces) => pieces.iter().map(show_piece).collect::<Vec<_>>().join(" "),
            Err(wrong) => wrong.join("\n"),
        }
    }

    fn show_piece(piece: &Piece) -> String {
        match piece {
            Piece::Text(text) => format!("'{text}'"),
            Piece::Placeholder(Placeholder { name, fields, spec }) => {
                let spec = spec.as_ref().map_or(String::new(), |spec| format!("%{spec}"));
                format!("<{}{spec}>", [std::slice::from_ref(name), &fields[..]].concat().join("."))
            }
        }
    }

    #[test]
    fn a_template_is_text_and_placeholders() {
        for (template, pieces) in [
            ("users", "'users'"),
            ("user:{id}", "'user:' <id>"),
            ("{id}", "<id>"),
            ("{org.slug}:{self.pair.0}", "<org.slug> ':' <self.pair.0>"),
            ("{price:.2}", "<price%.2>"),
            ("{price:?}", "<price%?>"),
            ("{price:*^+#010.3e}", "<price%*^+#010.3e>"),
            ("{{{id}}}", "'{' <id> '}'"),
            ("a{{b}}c", "'a{b}c'"),
            ("{T}|{Self}", "<T> '|' <Self>"),
            ("{r#type}", "<r#type>"),
            ("{type}", "<type>"),
        ] {
            assert_eq!(show(template), pieces, "{template}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_said_all_at_once() {
        for (template, words) in [
            ("", &["an empty key"][..]),
            ("{}", &["names no argument"]),
            ("{:.2}", &["names no argument"]),
            ("{ id }", &["write `{id}`"]),
            ("{id", &["`{` without its `}`"]),
            ("id}", &["`}` without its `{`"]),
            ("{a{b}", &["`{` without its `}`"]),
            ("{a}{b}", &["nothing separates `{a}` from `{b}`"]),
            ("{a}-{b}", &["nothing separates `{a}` from `{b}`"]),
            ("{id()}", &["key = path::to::function"]),
            ("{a + b}", &["key = path::to::function"]),
            ("{a.b-c}", &["key = path::to::function"]),
            ("{a.}", &["key = path::to::function"]),
            ("{a._}", &["key = path::to::function"]),
            ("{id:}", &["write `{id}`"]),
            ("{id:>width$}", &["refers to another argument"]),
            ("{id:%d}", &["is no format spec"]),
            ("{id:.}", &["is no format spec"]),
            ("{id:p}", &["is an address", "write `{id}`"]),
            ("{a.id:*>#18p}", &["is an address", "write `{a.id}`"]),
            ("{}:{a}{b}}", &["names no argument", "nothing separates", "`}` without"]),
        ] {
            let wrong = parse(template).expect_err(template).join("\n");
            for word in words {
                assert!(wrong.contains(word), "{template}: {wrong}");
            }
        }
    }

    #[test]
    fn templates_that_make_the_same_keys_are_one_without_names() {
        for (template, without_names) in [
            ("user:{id}", "user:{}"),
            ("user:{org.slug}:{price:.2}", "user:{}:{}"),
            ("user:{id}:posts", "user:{}:posts"),
            ("{{id}}:{T}", "{{id}}:{}"),
        ] {
            assert_eq!(super::without_names(template), without_names);
        }
    }

    #[test]
    fn what_fuzzers_have_kept_holds() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/template");
        for file in std::fs::read_dir(folder).unwrap() {
            check(&String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()));
        }
    }

    #[test]
    fn text_outside_the_alphabet_is_escaped() {
        assert_eq!(escape("user:7/a|b#c,d"), "user:7/a|b#c,d");
        assert_eq!(escape("50% für\n"), "50%25%20f%C3%BCr%0A");
    }
}
