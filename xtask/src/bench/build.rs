//! What building costs, in CPU seconds of the compiler: a crate of 100 annotated functions, and the default tree, of
//! larder and of `cached`. The crates are written into `target/build-times`, where they can be looked at.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::cpu;
use crate::call::{Call, Outcome, Workspace};

const N_FUNCTIONS: usize = 100;
const N_ROUNDS: usize = 3;

/// A crate to be written.
#[derive(Clone, Copy)]
struct Peer {
    name: &'static str,
    /// Its name, and where it comes from.
    dependency: (&'static str, &'static str),
    attribute: &'static str,
}

const PEERS: [Peer; 3] = [
    Peer {
        name: "larder",
        dependency: ("larder", "{ path = \"../../../runtime\" }"),
        attribute: "larder::cached(key = \"f{n}:{id}:{name}\", timeout = 300)",
    },
    Peer {
        name: "concurrent_cached",
        dependency: ("cached", "\"4.1\""),
        attribute: "cached::macros::concurrent_cached(max_size = 10_000, ttl_secs = 300, key = \"(u64, String)\", \
                    convert = { (id, name.to_owned()) })",
    },
    Peer {
        name: "cached",
        dependency: ("cached", "\"4.1\""),
        attribute: "cached::macros::cached(key = \"(u64, String)\", convert = { (id, name.to_owned()) })",
    },
];

pub(super) fn run(workspace: &Workspace) -> Outcome {
    for peer in &PEERS {
        write(workspace, peer).map_err(|error| format!("cannot write the crate of {}: {error}", peer.name))?;
    }

    print_header("100 functions, CPU seconds", &PEERS);
    for command in ["check", "build", "build --release"] {
        print_ratios(command, &rounds(&PEERS, |peer| functions(workspace, command, peer))?);
    }
    println!("target: larder at most 0.6 of concurrent_cached, 0.9 of cached");

    let [larder, _, cached] = PEERS;
    let trees = [larder, cached];
    print_header("the default tree", &trees);
    let [ours, theirs] = trees.each_ref().map(|peer| n_crates(workspace, peer));
    println!("{:<28}{:>20}{:>20}", "crates", ours?, theirs?);
    print_ratios("CPU seconds", &rounds(&trees, |peer| tree(workspace, peer))?);
    println!("target: fewer crates, at most 0.7 of the time");
    Ok(())
}

/// Measures each of `peers` in turn, a few times, and once before to warm up.
fn rounds<const N: usize>(peers: &[Peer; N], measure: impl Fn(&Peer) -> Outcome<f64>) -> Outcome<Vec<[f64; N]>> {
    let mut rounds = Vec::new();
    for _ in 0..=N_ROUNDS {
        let mut round = [0.0; N];
        for (peer, seconds) in peers.iter().zip(&mut round) {
            *seconds = measure(peer)?;
        }
        rounds.push(round);
    }
    rounds.remove(0);
    Ok(rounds)
}

fn print_header(title: &str, peers: &[Peer]) {
    let columns: String = peers.iter().map(|peer| format!("{:>20}", peer.name)).collect();
    println!("\n{title:<28}{columns}");
}

/// Prints the median of each column, and that of the first column's ratios to each.
fn print_ratios<const N: usize>(name: &str, rounds: &[[f64; N]]) {
    let row = |figure: &dyn Fn(&[f64; N], usize) -> f64| -> String {
        (0..N).map(|peer| format!("{:>20.2}", median(rounds.iter().map(|round| figure(round, peer))))).collect()
    };
    println!("{name:<28}{}", row(&|round, peer| round[peer]));
    println!("{:<28}{}", "  larder / each", row(&|round, peer| round[0] / round[peer]));
}

/// Builds a peer's crate, and nothing else once its dependencies are built.
fn functions(workspace: &Workspace, command: &str, peer: &Peer) -> Outcome<f64> {
    let source = folder(workspace, peer).join("src/lib.rs");
    // Cargo goes by the time of the last change.
    fs::write(&source, source_of(peer)).map_err(|error| format!("cannot write {}: {error}", source.display()))?;
    let call = cargo(workspace, command, peer).argument("--target-dir").argument("target/build-times/target");
    cpu::seconds(|| call.env("CARGO_INCREMENTAL", "0").quietly().map(drop))
}

/// Builds what a crate gets that depends on the peer and says nothing else.
fn tree(workspace: &Workspace, peer: &Peer) -> Outcome<f64> {
    let target = workspace.root.join("target/build-times/tree");
    if target.exists() {
        fs::remove_dir_all(&target).map_err(|error| format!("cannot remove {}: {error}", target.display()))?;
    }
    let call = cargo(workspace, "build", peer).argument("--package").argument(peer.dependency.0);
    // As for who has it from a registry: what is there as a path is compiled incrementally, which costs more.
    let call = call.env("CARGO_INCREMENTAL", "0").argument("--target-dir").argument(target);
    cpu::seconds(|| call.quietly().map(drop))
}

fn n_crates(workspace: &Workspace, peer: &Peer) -> Outcome<usize> {
    let output = cargo(workspace, "tree --edges normal,build --prefix none", peer)
        .argument("--package")
        .argument(peer.dependency.0)
        .quietly()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let crates: BTreeSet<_> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    Ok(crates.len())
}

fn cargo(workspace: &Workspace, command: &str, peer: &Peer) -> Call {
    workspace.cargo(command).argument("--manifest-path").argument(folder(workspace, peer).join("Cargo.toml"))
}

fn folder(workspace: &Workspace, peer: &Peer) -> PathBuf {
    workspace.root.join("target/build-times").join(peer.name)
}

fn write(workspace: &Workspace, peer: &Peer) -> io::Result<()> {
    let folder = folder(workspace, peer);
    let Peer { name, dependency: (dependency, source), .. } = peer;
    let manifest = format!(
        "[package]\nname = \"functions-{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependency} = {source}\n"
    );
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), source_of(peer))?;
    // The versions that are compared elsewhere too.
    fs::copy(workspace.root.join("benches/compare/Cargo.lock"), folder.join("Cargo.lock")).map(drop)
}

fn source_of(Peer { attribute, .. }: &Peer) -> String {
    let function = |n: usize| {
        let attribute = attribute.replace("{n}", &n.to_string());
        format!(
            "#[{attribute}]\npub fn function_{n}(id: u64, name: &str) -> String {{\n    format!(\"{{name}} {{id}} {n}\")\n}}\n\n"
        )
    };
    (0..N_FUNCTIONS).map(function).collect()
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
