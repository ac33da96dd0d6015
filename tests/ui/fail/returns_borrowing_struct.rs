use larder::cached;

#[derive(Clone)]
struct Head<'a>(&'a str);

#[cached(key = "head:{text}", local)]
fn head<'a>(text: &'a str) -> Head<'a> {
    Head(&text[..1])
}

fn main() {}
