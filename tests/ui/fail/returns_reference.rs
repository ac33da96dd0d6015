use larder::cached;

#[cached(key = "head:{text}")]
fn head(text: &str) -> &str {
    &text[..1]
}

fn main() {}
