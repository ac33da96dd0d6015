use larder::cached;

#[cached(key = "parsed:{text}:{T}")]
fn parsed<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn main() {}
