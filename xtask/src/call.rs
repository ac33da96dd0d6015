//! Other programs, called as one would type them: each line is printed before it runs, so that it can be copied.

use std::env;
use std::ffi::OsStr;
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
}

impl Workspace {
    pub(crate) fn at(scale: Scale) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("xtask lies in the workspace");
        Self {
            root: root.to_owned(),
            scale,
        }
    }

    /// `cargo` with `arguments`, which a space separates.
    pub(crate) fn cargo(&self, arguments: &str) -> Call {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .current_dir(&self.root)
            .args(arguments.split_whitespace());
        let scale = match self.scale {
            Scale::Quick => "quick",
            Scale::Full => "full",
        };
        Call {
            command,
            shown: format!("cargo {arguments}"),
        }
        .env("LARDER_SCALE", scale)
    }
}

/// A program that is ready to run.
pub(crate) struct Call {
    command: Command,
    shown: String,
}

impl Call {
    pub(crate) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        let argument = argument.as_ref();
        self.command.arg(argument);
        self.shown = format!("{} {}", self.shown, argument.display());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref();
        self.command.env(name, value);
        self.shown = format!("{name}={:?} {}", value, self.shown);
        self
    }

    /// Runs it, its output passing through to ours.
    pub(crate) fn run(mut self) -> Outcome {
        println!("$ {}", self.shown);
        let status = self
            .command
            .status()
            .map_err(|error| format!("cannot run `{}`: {error}", self.shown))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{status}: {}", self.shown))
        }
    }

    /// Runs it and collects what it prints; a program that fails is no error here.
    pub(crate) fn output(mut self) -> Outcome<Output> {
        println!("$ {}", self.shown);
        self.command
            .output()
            .map_err(|error| format!("cannot run `{}`: {error}", self.shown))
    }
}
