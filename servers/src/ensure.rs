//! Installs what is missing, where the system has a way that asks nobody; says how, where it has not.

use std::io;
use std::process::{Command, Stdio};

/// Debian's package of a program, and what runs if it is installed. Python is of use with what makes environments of it.
type Program = (&'static str, &'static [&'static str]);

const PROGRAMS: [Program; 3] = [
    ("redis-server", &["redis-server", "--version"]),
    ("memcached", &["memcached", "--version"]),
    ("python3-venv", &["python3", "-c", "import ensurepip, venv"]),
];

/// What speaks the protocol of Redis too, and its package.
pub const VALKEY: &str = "valkey-server";

/// Installs the packages `$@`. Their scripts would start a server each, on the usual port: what `policy-rc.d` forbids. The
/// lists of packages are only fetched if the ones at hand do not do.
const INSTALL: &str = r#"
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
fi
install() { apt-get install -y --no-install-recommends "$@"; }
install "$@" || { apt-get update && install "$@"; }
"#;

/// Sees to it that `redis-server`, `memcached` and `python3` can be run. What is missing is installed by apt, where that is the
/// system's package manager and this process is root or needs no password to become it.
///
/// # Errors
/// Says what is missing, why it was not installed, and the command that installs it.
pub fn ensure() -> io::Result<()> {
    install(&PROGRAMS)
}

/// Can [`VALKEY`] be run? It is installed too, where apt knows it, which older systems' do not.
///
/// # Errors
/// As [`ensure`], where apt knows it.
pub fn ensure_valkey() -> io::Result<bool> {
    let valkey = (VALKEY, [VALKEY, "--version"].as_slice());
    if !missing(&[valkey]).is_empty() && !runs("apt-cache", &["show", VALKEY]) {
        return Ok(false);
    }
    install(&[valkey]).map(|()| true)
}

fn install(programs: &[Program]) -> io::Result<()> {
    let missing = missing(programs);
    if missing.is_empty() {
        return Ok(());
    }
    let refused = |why: &str| {
        let text = format!("not installed: {}; {why}\n{}", missing.join(", "), advice());
        io::Error::new(io::ErrorKind::NotFound, text)
    };
    if !runs("apt-get", &["--version"]) {
        return Err(refused("only apt can be asked to do it"));
    }
    let mut command = if is_root() {
        Command::new("sh")
    } else if runs("sudo", &["-n", "true"]) {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "sh"]);
        sudo
    } else {
        return Err(refused("it takes root, or sudo without a password"));
    };
    println!("installing {} by apt", missing.join(", "));
    let status = command.args(["-c", INSTALL, "sh"]).args(&missing).stdin(Stdio::null()).status()?;
    if self::missing(programs).is_empty() { Ok(()) } else { Err(refused(&format!("apt was asked: {status}"))) }
}

/// What to type, for people.
pub(crate) fn advice() -> String {
    let ways = [
        ("Debian, Ubuntu", "sudo apt-get install redis-server memcached python3-venv"),
        ("Fedora, RHEL", "sudo dnf install redis memcached python3"),
        ("Arch", "sudo pacman -S valkey memcached python"),
        ("macOS", "brew install redis memcached python"),
    ];
    let lines = ways.map(|(system, command)| format!("  {system:<16}{command}"));
    format!("the tests start private servers and programs in Python, and need:\n{}", lines.join("\n"))
}

fn missing(programs: &[Program]) -> Vec<&'static str> {
    let missing = programs.iter().filter(|(_, command)| !runs(command[0], &command[1..]));
    missing.map(|&(package, _)| package).collect()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    let command = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
