//! What must hold before a change lands, as steps.

use crate::suite::Step;
use crate::{downstream, quickstart, servers};

/// Everything.
pub(crate) const TEST: &[Step] =
    &[PROGRAMS, FORMAT, CLIPPY, TESTS, VALKEY, INTERLEAVINGS, DOWNSTREAM, DOCS, QUICKSTART];

/// What reads the code without running it.
pub(crate) const LINT: &[Step] = &[FORMAT, CLIPPY];

/// What stays, until it is stopped.
pub(crate) const SERVERS: &[Step] = &[
    PROGRAMS,
    Step { name: "serve", about: "redis and memcached, gone with Ctrl-C or when stdin closes", run: servers::serve },
];

/// More of them, which are for fewer and start more slowly.
pub(crate) const MORE_SERVERS: &[Step] = &[
    Step {
        name: "cluster",
        about: "a redis cluster: three masters, and a replica of each",
        run: servers::serve_cluster,
    },
    Step {
        name: "sentinel",
        about: "a redis master, two replicas, and three sentinels who watch",
        run: servers::serve_sentinel,
    },
];

/// What changes the expectations of the UI tests, to be read as a diff.
pub(crate) const BLESS: &[Step] = &[Step {
    name: "bless",
    about: "pins the compiler's messages about tests/ui as they are",
    run: |workspace| workspace.cargo("test --package larder-tests --test ui").env("TRYBUILD", "overwrite").run(),
}];

const PROGRAMS: Step = Step {
    name: "programs",
    about: "redis-server, memcached and python3 are installed, if need be by apt",
    run: |_| larder_servers::ensure().map_err(|error| error.to_string()),
};

const FORMAT: Step = Step {
    name: "format",
    about: "rustfmt has nothing to change",
    run: |workspace| workspace.cargo("fmt --all --check").run(),
};

const CLIPPY: Step = Step {
    name: "clippy",
    about: "no warning, with all features and with none",
    run: |workspace| {
        workspace.cargo("clippy --workspace --all-targets --all-features -- -D warnings").run()?;
        // Without the features of the other members, so that what only they use is seen as dead.
        workspace.cargo("clippy --package larder -- -D warnings").run()
    },
};

const TESTS: Step = Step {
    name: "tests",
    about: "unit, integration, UI and documentation tests, examples built",
    // At a desk, under plain `cargo test`, those that need a server may be skipped.
    run: |workspace| workspace.cargo("test --all-features --no-fail-fast").env("LARDER_REQUIRE_SERVERS", "1").run(),
};

const VALKEY: Step = Step {
    name: "valkey",
    about: "what is tested on Redis holds on Valkey, where the system has it",
    run: |workspace| {
        if !larder_servers::ensure_valkey().map_err(|error| error.to_string())? {
            workspace.leave_out("it is not installed, and no package of this system");
            return Ok(());
        }
        workspace
            .cargo("test --all-features --no-fail-fast --test conformance --test redis --test plain --test cluster")
            .env("LARDER_REQUIRE_SERVERS", "1")
            .env("LARDER_REDIS_SERVER", larder_servers::VALKEY)
            .run()
    },
};

const INTERLEAVINGS: Step = Step {
    name: "interleavings",
    about: "random schedules of flights, permits and two processes, under shuttle",
    run: |workspace| {
        // A folder of its own: the flag changes every crate, and would throw away all that is built.
        workspace
            .cargo("test --package larder --lib --release --features far,testing --target-dir target/shuttle interleavings")
            .env("RUSTFLAGS", "--cfg shuttle")
            .run()
    },
};

const DOWNSTREAM: Step = Step {
    name: "downstream",
    about: "each feature alone builds, and crates with no dependency but larder run",
    run: downstream::run,
};

const DOCS: Step = Step {
    name: "docs",
    about: "documentation without warnings",
    run: |workspace| {
        workspace
            .cargo("doc --no-deps --all-features --package larder --package larder-macros")
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()
    },
};

const QUICKSTART: Step = Step {
    name: "quickstart",
    about: "the first example does its job, and says so clearly when it cannot",
    run: quickstart::run,
};
