//! A program in Python that does what it is told, line by line.

use std::io::{BufRead, BufReader, Error, ErrorKind, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use larder_servers::{Python, or_skip};
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/languages");

/// It ends with its standard input, and so with the test.
pub(crate) struct Peer {
    child: Child,
    lines: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Runs one of the programs beside this file; `None` where there is no Python.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Option<Self> {
        let mut child = Command::new(python()?.program())
            .arg(Path::new(FOLDER).join(program))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Some(Self { child, lines, answers })
    }

    /// What a command has come to there.
    pub(crate) fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.lines, "{command}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{command} was answered by {answer:?}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Python with its packages, made once.
fn python() -> Option<Python> {
    static PYTHON: OnceLock<Result<Python, (ErrorKind, String)>> = OnceLock::new();
    let made = PYTHON.get_or_init(|| {
        let requirements = Path::new(FOLDER).join("requirements.txt");
        let made = Python::with(&requirements, Path::new(env!("CARGO_TARGET_TMPDIR")));
        made.map_err(|error| (error.kind(), error.to_string()))
    });
    or_skip(made.clone().map_err(|(kind, message)| Error::new(kind, message)))
}
