//! Source files as the rules see them: text in which comments, literals and tests are blank, so that a plain search
//! finds code. A parser would know more, and would be one more thing to keep up with the language.

use std::fs;
use std::path::Path;

/// One file of a crate.
pub(crate) struct Source {
    /// Relative to the workspace, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
    /// `text` with comments, literals and tests blanked; its lines are those of `text`.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = without_tests(&without_literals(text));
        Self { path: path.into(), text: text.into(), code }
    }

    /// All files under `folder` of the workspace, less those that only tests compile.
    pub(crate) fn all_under(folder: &str) -> Vec<Self> {
        let mut sources = Self::with_tests_under(folder);
        let tests: Vec<_> = sources.iter().flat_map(Self::test_modules).collect();
        sources.retain(|source| !tests.iter().any(|test| source.modules().starts_with(test)));
        sources
    }

    /// All files under `folder` of the workspace.
    pub(crate) fn with_tests_under(folder: &str) -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the workspace");
        let mut sources = Vec::new();
        let mut folders = vec![root.join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("the folder is there") {
                let path = entry.expect("the folder can be read").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(root).expect("it lies below").to_string_lossy().replace('\\', "/");
                    sources.push(Self::new(&name, &fs::read_to_string(&path).expect("sources are text")));
                }
            }
        }
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        sources
    }

    /// The file's place among the modules of its crate: none for `lib.rs`, two for `flight/table.rs`.
    pub(crate) fn modules(&self) -> Vec<String> {
        let inside = self.path.split_once("src/").map_or(&*self.path, |(_, inside)| inside);
        let parts = inside.trim_end_matches(".rs").split('/');
        parts.filter(|part| !matches!(*part, "lib" | "main" | "mod")).map(String::from).collect()
    }

    /// The modules that this file declares for tests alone.
    fn test_modules(&self) -> Vec<Vec<String>> {
        let lines: Vec<_> = self.text.lines().map(str::trim).collect();
        let declared = lines.windows(2).filter(|pair| is_for_tests(pair[0])).filter_map(|pair| {
            let name = pair[1].strip_suffix(';')?.rsplit_once("mod ")?.1;
            Some([self.modules(), vec![name.into()]].concat())
        });
        declared.collect()
    }
}

fn is_for_tests(line: &str) -> bool {
    line.starts_with("#[cfg(test") || line.starts_with("#[cfg(all(test")
}

/// Blanks each item that only tests compile: in formatted code it ends where its own indentation comes back.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if is_for_tests(line.trim_start()) {
            let indent = &line[..line.len() - line.trim_start().len()];
            let is_end = |line: &str| {
                let rest = line.strip_prefix(indent).unwrap_or_default();
                !rest.starts_with(' ') && rest.ends_with(['}', ';'])
            };
            kept.push('\n');
            while lines.next().is_some_and(|line| !is_end(line)) {
                kept.push('\n');
            }
        } else {
            kept.push_str(line);
        }
        kept.push('\n');
    }
    kept
}

fn without_literals(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let blank = blank_prefix(rest);
        if blank == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.extend(rest[..blank].chars().filter(|&char| char == '\n'));
            rest = &rest[blank..];
        }
    }
    code
}

/// The length of the comment or literal that `rest` begins with, or 0.
fn blank_prefix(rest: &str) -> usize {
    let until = |from: usize, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    let raw = rest.strip_prefix('r').map(|after| after.trim_start_matches('#'));
    if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        until(2, "*/")
    } else if let Some(quoted) = raw.filter(|quoted| quoted.starts_with('"')) {
        let n_before = rest.len() - quoted.len();
        until(n_before + 1, &format!("\"{}", "#".repeat(n_before - 1)))
    } else if rest.starts_with('"') {
        closing(rest, '"')
    } else if rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'') && rest.starts_with('\'') {
        closing(rest, '\'')
    } else {
        0
    }
}

/// The length of the literal at the start of `rest` that ends in `quote`.
fn closing(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        if char == quote && !escaped {
            return at + quote.len_utf8();
        }
        escaped = char == '\\' && !escaped;
    }
    rest.len()
}

#[test]
fn comments_literals_and_tests_are_no_code() {
    let text = r##"
        // comment 1
        let lifetime: &'static str = "text \" 2"; /* comment
        3 */ let raw = r#"raw " 4"#; let char = ('"', '\'', '5');
        #[cfg(test)]
        mod tests {
            let six = ();
            fn six() {}
        }
        fn seven() {}
    "##;
    let code = Source::new("x.rs", text).code;
    assert!(!code.contains(|char: char| char.is_ascii_digit()), "{code}");
    assert!(!code.contains("six") && code.contains("seven") && code.contains("&'static str"), "{code}");
    assert_eq!(code.lines().count(), text.lines().count());
}
