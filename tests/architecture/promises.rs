//! What the documentation of a public function has to say: with what it fails, if it can.

use crate::source::Source;

/// Whose functions only generated code calls.
const HIDDEN: [&str; 2] = ["runtime/src/call/", "runtime/src/__private/"];
/// Where each command is written down once, for both handles.
const COMMANDS: &str = "runtime/src/commands/handle.rs";

pub(crate) fn says_its_errors(source: &Source) -> Vec<String> {
    if HIDDEN.iter().any(|hidden| source.path.starts_with(hidden)) {
        return vec![];
    }
    let (text, code): (Vec<_>, Vec<_>) = (source.text.lines().collect(), source.code.lines().collect());
    let functions = (0..code.len()).filter(|&at| is_public_function(&source.path, code[at].trim_start()));
    let silent = functions.filter(|&at| can_fail(&code[at..]) && !documentation(&text[..at]).any(is_about_errors));
    silent.map(|at| format!("{}:{}: no `# Errors` above `{}`", source.path, at + 1, code[at].trim())).collect()
}

fn is_public_function(path: &str, line: &str) -> bool {
    let is_command = path == COMMANDS && line.starts_with("fn ") && !line.contains('$');
    is_command || ["pub fn ", "pub async fn ", "pub const fn "].iter().any(|head| line.starts_with(head))
}

/// Does the function whose signature begins here return a `Result`, at once or by a future?
fn can_fail(code: &[&str]) -> bool {
    let mut signature = String::new();
    for line in code {
        signature.push_str(line);
        signature.push(' ');
        if line.contains('{') || line.trim_end().ends_with(';') {
            break;
        }
    }
    let signature = signature.split(" where ").next().unwrap_or_default();
    let answer = arrows(signature).last().map(|at| &signature[at..]).unwrap_or_default();
    answer.match_indices("Result<").any(|(at, _)| !answer[..at].ends_with(|before: char| before.is_alphanumeric()))
}

/// Where arrows stand that are in no parentheses: those of arguments that are functions are.
fn arrows(signature: &str) -> impl Iterator<Item = usize> {
    let mut depth = 0_i32;
    signature.char_indices().filter_map(move |(at, char)| {
        depth += i32::from(char == '(') - i32::from(char == ')');
        (depth == 0 && signature[at..].starts_with("->")).then_some(at)
    })
}

/// The lines of comment right above, attributes among them, the last first.
fn documentation<'a>(above: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    above.iter().rev().map(|line| line.trim_start()).take_while(|line| line.starts_with("//") || line.starts_with("#["))
}

fn is_about_errors(line: &str) -> bool {
    line.starts_with("/// # Errors")
}

#[test]
fn a_function_that_can_fail_and_does_not_say_so_is_found() {
    let wrong = |text: &str| says_its_errors(&Source::new("runtime/src/x.rs", text)).len();
    for silent in [
        "pub fn a() -> Result<u8> {",
        "/// Adds.\n#[inline]\npub async fn a(\n    b: u8,\n) -> crate::error::Result<u8> {",
        "pub fn a(&self) -> impl Future<Output = Result<u8, E>> + Send\nwhere\n    T: Send,\n{",
        "/// # Errors\n/// Of another.\n\n/// Adds.\npub fn a() -> Result<u8>;",
    ] {
        assert_eq!(wrong(silent), 1, "{silent}");
    }
    for fine in [
        "/// Adds.\n///\n/// # Errors\n/// Never.\n#[inline]\npub fn a() -> Result<u8> {",
        "pub(crate) fn a() -> Result<u8> {",
        "pub fn a() -> u8 {",
        "pub fn register(make: impl Fn() -> Result<u8>) {",
        "pub fn register<F: Fn() -> Result<u8>>(make: F) -> QueryResult<u8> {",
        "#[cfg(test)]\nmod tests {\n    pub fn a() -> Result<u8> {}\n}",
    ] {
        assert_eq!(wrong(fine), 0, "{fine}");
    }
}
