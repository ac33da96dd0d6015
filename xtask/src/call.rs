//! Other programs, called as one would type them: each line is printed before it runs, so that it can be copied.

use std::cell::Cell;
use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Nothing, or what went wrong, for people.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// How many random schedules the race tests try; what each means in numbers is the tests' own business.
#[derive(Clone, Copy)]
pub(crate) enum Scale {
    Quick,
    Full,
}

/// Where calls run, and at which scale.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    scale: Scale,
    left_out: Cell<Option<&'static str>>,
}

impl Workspace {
    pub(crate) fn at(scale: Scale) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
        Self { root: root.to_owned(), scale, left_out: Cell::default() }
    }

    /// A step cannot be run on this system, and why: the report says that in place of *ok*.
    pub(crate) fn leave_out(&self, why: &'static str) {
        self.left_out.set(Some(why));
    }

    /// Why the last step was left out, if it was.
    pub(crate) fn left_out(&self) -> Option<&'static str> {
        self.left_out.take()
    }

    /// `cargo` with `arguments`, which a space separates.
    pub(crate) fn cargo(&self, arguments: &str) -> Call {
        let scale = match self.scale {
            Scale::Quick => "quick",
            Scale::Full => "full",
        };
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let call = Call { command: Command::new(cargo), shown: "cargo".into() };
        let call = arguments.split_whitespace().fold(call, Call::argument);
        call.at(&self.root).env("LARDER_SCALE", scale)
    }

    /// Another program, found by the system.
    pub(crate) fn program(&self, name: &str) -> Call {
        Call { command: Command::new(name), shown: name.into() }.at(&self.root)
    }
}

/// A program that is ready to run.
pub(crate) struct Call {
    command: Command,
    shown: String,
}

impl Call {
    fn at(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// In another folder than the workspace.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.shown = format!("cd {} && {}", folder.display(), self.shown);
        self.at(folder)
    }

    pub(crate) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        let argument = argument.as_ref();
        self.command.arg(argument);
        self.shown = format!("{} {}", self.shown, argument.display());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref();
        self.command.env(name, value);
        self.shown = format!("{name}='{}' {}", value.display(), self.shown);
        self
    }

    /// Runs it, its output passing through to ours.
    pub(crate) fn run(mut self) -> Outcome {
        println!("$ {}", self.shown);
        let status = self.command.status().map_err(|error| self.not_run(&error))?;
        if status.success() { Ok(()) } else { Err(format!("{status}: {}", self.shown)) }
    }

    /// The same, and tells with which code it has ended.
    pub(crate) fn code(mut self) -> Outcome<Option<i32>> {
        println!("$ {}", self.shown);
        let status = self.command.status().map_err(|error| self.not_run(&error))?;
        Ok(status.code())
    }

    /// Runs it and collects what it prints; a program that fails is no error here.
    pub(crate) fn output(mut self) -> Outcome<Output> {
        self.command.output().map_err(|error| self.not_run(&error))
    }

    /// Runs it and collects what it prints, which is shown only if it fails.
    pub(crate) fn quietly(self) -> Outcome<Output> {
        let shown = self.shown.clone();
        let output = self.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(output) } else { Err(format!("{}: {shown}\n{said}", output.status)) }
    }

    fn not_run(&self, error: &io::Error) -> String {
        format!("cannot run `{}`: {error}", self.shown)
    }
}
