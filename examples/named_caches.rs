//! How does each function get a store of its own, and who says which? A file does: functions ask for a name. Takes the path of
//! the file; `examples/named_caches.toml` if there is none.

use std::error::Error;
use std::{env, fs};

use larder::observer::{Command, HitMissRatio, Timing};
use larder::{cached, caches};

#[cached(adapter = "sessions", key = "session:{id}")]
fn session(id: u64) -> String {
    println!("  session {id} is looked up");
    format!("user {}", id * 7)
}

#[cached(adapter = "pages", key = "page:{path}")]
fn page(path: &str) -> String {
    println!("  page {path} is rendered");
    format!("<h1>{path}</h1>")
}

#[cached(adapter = "previews", key = "preview:{path}")]
fn preview(path: &str) -> String {
    println!("  preview {path} is rendered");
    format!("<i>{path}</i>")
}

fn call_all() {
    session(3);
    page("home");
    preview("home");
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1);
    let path = path.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/named_caches.toml").into());
    let text = fs::read_to_string(path)?;
    caches::configure(toml::Deserializer::parse(&text)?)?;

    println!("first:");
    call_all();
    println!("again:");
    call_all(); // the preview alone

    for name in ["sessions", "pages", "previews"] {
        let cache = caches::get(name)?;
        println!("{name}: {} {:?}, {} entries near", cache.adapter(), cache.namespace(), cache.n_entries());
    }

    // While it runs: what is written as before keeps its entries, what is not is another cache from the next call on.
    caches::configure(toml::Deserializer::parse(&text.replace("timeout = 60", "timeout = 90"))?)?;
    println!("configured anew:");
    call_all(); // the page, and the preview

    // Who is to watch stands in the file too, and goes on watching.
    let pages = caches::get("pages")?;
    if let (Some(ratio), Some(timing)) = (pages.observer::<HitMissRatio>(), pages.observer::<Timing>()) {
        println!("pages: {} of {} reads hit; calls took {:?}", ratio.hits(), ratio.total(), timing.of(Command::Call));
    }

    // What is wrong is said with its place, and nothing changes.
    for wrong in ["pages.max_entires = 5", "sessions.timeout = 'soon'", "sessions = 'memroy'"] {
        if let Err(error) = caches::configure(toml::Deserializer::parse(wrong)?) {
            println!("{error}");
        }
    }
    Ok(())
}
