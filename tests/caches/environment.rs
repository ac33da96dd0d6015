//! What the environment says: each case is a process of its own, as a program may not change its environment.

use std::process::{Command, Output};

use futures_lite::future::block_on;
use larder::{Cache, NullCache, adapter_get, async_adapter_get, cached, caches, check_environment, default_timeout};

const CHILD: &str = "LARDER_TESTS_CHILD";

const VARIABLES: [&str; 5] = ["LARDER_URL", "LARDER_DEFAULT_TIMEOUT", "REDIS_URL", "MEMCACHED_URL", "SQLITE_URL"];

/// Runs `body` in a process that runs nothing else: the `test` that calls this.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let output = run(test, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn run(test: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD, "1");
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

#[cached(key = "half:{x}")]
fn half(x: u64) -> u64 {
    x / 2
}

#[cached(key = "third:{x}")]
async fn third(x: u64) -> u64 {
    x / 3
}

/// The other side of [`seen`]: not a test of its own, so it does nothing where nobody asks for it.
#[test]
fn what_a_process_sees() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    larder::register_adapter("of-itself", || Ok(adapter_get().with_namespace("x")));
    // The harness has begun a line.
    println!("\ncheck: {}", check_environment().map_or_else(|error| error.to_string(), |()| "right".into()));
    let called = (half(8), half(8), half(8), block_on(third(9)), block_on(third(9)));
    assert_eq!(called, (4, 4, 4, 3, 3));
    let place = |cache: Cache| format!("{} {:?}", cache.adapter(), cache.namespace());
    println!("current: {}", place(adapter_get()));
    println!("async: {}", place(async_adapter_get()));
    println!("timeout: {:?}", default_timeout());
    println!("unresolved: {} {}", half::stats().unresolved, third::stats().unresolved);
    println!("helper: {:?}", half::clear(8).map_err(|error| error.to_string()));
    println!("async helper: {:?}", block_on(third::clear(9)).map_err(|error| error.to_string()));
    for name in ["redis", "memcached", "sqlite"] {
        println!("{name}: {}", caches::get(name).map_or_else(|error| error.to_string(), place));
    }
    larder::adapter_set(NullCache).unwrap();
    println!("set: {}", place(adapter_get()));
}

struct Seen {
    lines: Vec<String>,
    errors: Vec<String>,
}

impl Seen {
    fn line(&self, what: &str) -> &str {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(&format!("{what}: ")));
        line.unwrap_or_else(|| panic!("no line of `{what}` in {:?}", self.lines))
    }
}

fn seen(variables: &[(&str, &str)]) -> Seen {
    let output = run("environment::what_a_process_sees", variables);
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(String::from).collect::<Vec<_>>();
    let (lines, errors) = (lines(&output.stdout), lines(&output.stderr));
    assert!(output.status.success(), "{lines:?}\n{errors:?}");
    Seen { lines, errors: errors.into_iter().filter(|line| line.starts_with("larder: ")).collect() }
}

#[test]
fn an_empty_environment_is_memory_for_300_seconds() {
    for variables in [&[][..], &[("LARDER_URL", ""), ("LARDER_DEFAULT_TIMEOUT", " ")]] {
        let seen = seen(variables);
        assert_eq!(seen.line("check"), "right");
        assert_eq!(seen.line("current"), r#"memory """#);
        assert_eq!(seen.line("timeout"), "Timeout(300s)");
        assert_eq!(seen.line("unresolved"), "0 0");
        assert_eq!(seen.line("helper"), "Ok(true)");
        assert_eq!(seen.errors, [""; 0]);
    }
}

#[test]
fn a_url_or_a_name_is_what_is_used_until_something_is_set() {
    for (url, current) in [
        ("Null", r#"null """#),
        ("memory://?max_entries=5", r#"memory """#),
        ("sqlite::memory:?namespace=shop", r#"sqlite "shop""#),
    ] {
        let seen = seen(&[("LARDER_URL", url)]);
        assert_eq!((seen.line("current"), seen.line("async")), (current, current));
        assert_eq!((seen.line("check"), seen.line("unresolved")), ("right", "0 0"));
        assert_eq!(seen.line("set"), r#"null """#, "what the program sets goes before it");
    }
}

#[test]
fn a_wrong_url_is_told_once_and_functions_compute() {
    for (url, said) in [
        ("memroy", "LARDER_URL: no adapter is named `memroy`: known are memory (mem, ram), "),
        ("redis://:hunter2@h:port", "LARDER_URL: the port of a redis URL is a number from 1 to 65535"),
        ("Of-Itself", "LARDER_URL: the adapter `of-itself` asks for itself while it is made, "),
    ] {
        let seen = seen(&[("LARDER_URL", url)]);
        assert!(seen.line("check").starts_with(said), "{}", seen.line("check"));
        assert_eq!(seen.line("unresolved"), "3 2");
        assert_eq!((seen.line("current"), seen.line("async")), (r#"null """#, r#"null """#));
        for helper in ["helper", "async helper"] {
            assert!(seen.line(helper).starts_with(&format!("Err(\"{said}")), "{}", seen.line(helper));
        }
        let [told] = &*seen.errors else { panic!("not told once: {:?}", seen.errors) };
        assert!(told.starts_with(&format!("larder: {said}")), "{told}");
        assert!(told.ends_with("; until that is put right, functions compute and nothing is stored"), "{told}");
        assert!(!format!("{:?}{:?}", seen.lines, seen.errors).contains("hunter2"));
    }
}

#[test]
fn a_default_timeout_is_for_the_whole_process() {
    for (text, timeout) in [("90", "90s"), ("5m", "300s"), ("1h 30m", "5400s"), ("never", "never")] {
        let seen = seen(&[("LARDER_DEFAULT_TIMEOUT", text)]);
        assert_eq!(seen.line("timeout"), format!("Timeout({timeout})"));
        assert_eq!(seen.line("check"), "right");
    }
    for (text, said) in [
        ("soon", "a timeout is seconds (`300`), numbers with units (`5m`, `1h30m`, `250ms`) or `never`"),
        ("0", "a default timeout of 0 keeps nothing: use the `null` adapter, or `set_caching`, for that"),
    ] {
        let seen = seen(&[("LARDER_DEFAULT_TIMEOUT", text)]);
        assert_eq!(seen.line("timeout"), "Timeout(300s)");
        assert_eq!(seen.line("check"), format!("LARDER_DEFAULT_TIMEOUT: {said}"));
        assert_eq!(seen.errors, [format!("larder: LARDER_DEFAULT_TIMEOUT: {said}; 300 s are used")]);
        assert_eq!(seen.line("unresolved"), "0 0");
    }
}

#[test]
fn the_names_of_stores_stand_for_what_their_variables_say() {
    let seen = seen(&[
        ("REDIS_URL", "redis://h?namespace=r"),
        ("MEMCACHED_URL", "memcache://h?namespace=m"),
        ("SQLITE_URL", "sqlite::memory:?namespace=s"),
    ]);
    assert_eq!((seen.line("redis"), seen.line("memcached")), (r#"redis "r""#, r#"memcached "m""#));
    assert_eq!((seen.line("sqlite"), seen.line("check")), (r#"sqlite "s""#, "right"));
}

#[test]
fn a_wrong_variable_of_a_store_is_named() {
    let said = "REDIS_URL: the port of a redis URL is a number from 1 to 65535";
    let seen = seen(&[("REDIS_URL", "redis://h:port")]);
    assert_eq!((seen.line("redis"), seen.line("check")), (said, said));
    assert_eq!(seen.line("current"), r#"memory """#, "nobody asked for it");
}
