use larder::cached;

#[cached(key = "head:{text}")]
fn head(text: &str) -> Option<&str> {
    text.get(..1)
}

fn main() {}
