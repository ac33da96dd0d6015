//! A program on a leash: it ends with whoever started it, even if that one is killed.
//!
//! A destructor does not run in a process that gets SIGKILL, so somebody else has to watch. That is a shell, which forks
//! a watcher and then turns into the program: there is no moment at which the program runs unwatched, and its process is
//! our direct child, whose id is not given to another before we have waited for it. The watcher reads a pipe of which we
//! hold the other end. A line says that we have ended the program ourselves; the end of the pipe says that we are gone.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// `$1` is the folder, the rest the command. The watcher alone keeps stdout: where that ends, all is cleared away.
const LEASH: &str = r#"
folder=$1; shift
exec 3<&0
{
    trap '' HUP INT TERM
    cd /
    read -r ended || kill -KILL $$
    rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; }
} <&3 3<&- &
exec "$@" </dev/null >log 2>&1 3<&-
"#;

/// What a shell exits with when there is no such program.
const NO_PROGRAM: i32 = 127;

/// A running program and the folder it runs in, which lives as long.
pub(crate) struct Process {
    child: Child,
    folder: PathBuf,
}

impl Process {
    /// Makes `folder`, which must not be there yet, and runs the program in it.
    pub(crate) fn start(program: &str, arguments: &[String], folder: &Path) -> io::Result<Self> {
        fs::create_dir(folder)?;
        let started = Command::new("sh")
            .args(["-c", LEASH, "sh"])
            .arg(folder)
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            // For memcached, which takes it by no argument: where to write down the ports that it got.
            .env("MEMCACHED_PORT_FILENAME", "ports")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(child) => Ok(Self { child, folder: folder.into() }),
            Err(error) => fs::remove_dir(folder).and(Err(error)),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    pub(crate) fn log(&self) -> String {
        fs::read(self.folder.join("log")).map(|log| String::from_utf8_lossy(&log).into_owned()).unwrap_or_default()
    }

    /// How it ended, if it has ended by itself.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// SIGSTOP. When this returns, none of its threads runs.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        self.signal("STOP")?;
        while !self.is_stopped()? {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) -> io::Result<()> {
        self.signal("CONT")
    }

    /// The shell's own `kill`, as the program of that name is not installed everywhere.
    fn signal(&self, name: &str) -> io::Result<()> {
        let id = self.id().to_string();
        let status = Command::new("sh").args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &id]).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("cannot send {name} to process {id}"))) }
    }

    /// A signal stops thread by thread; Linux tells of each, `ps` elsewhere of all in one word.
    fn is_stopped(&self) -> io::Result<bool> {
        let threads = Path::new("/proc").join(self.id().to_string()).join("task");
        if !threads.exists() {
            let output = Command::new("ps").args(["-o", "state=", "-p", &self.id().to_string()]).output()?;
            return Ok(output.stdout.first().is_none_or(|state| *state == b'T'));
        }
        for thread in fs::read_dir(threads)? {
            let stat = fs::read_to_string(thread?.path().join("stat"))?;
            // The name before it stands in parentheses, and may itself hold one. Z and X have no more to do either.
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            if !matches!(state, Some('T' | 't' | 'Z' | 'X')) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Drop for Process {
    /// SIGKILL; when this returns, process, watcher and folder are gone.
    fn drop(&mut self) {
        // Out of std's hands, which would close it in order to wait.
        let leash = self.child.stdin.take();
        // If it has been waited for already, std sends no signal to whoever has its id now.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = leash.map(|mut leash| leash.write_all(b"ended\n"));
        let watcher = self.child.stdout.take();
        let _ = watcher.map(|mut watcher| watcher.read_to_end(&mut Vec::new()));
    }
}

/// Whether `status` says that the program is not installed.
pub(crate) fn is_missing(status: ExitStatus) -> bool {
    status.code() == Some(NO_PROGRAM)
}
