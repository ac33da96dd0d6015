use larder::cached;

#[cached(key = "config:{name}")]
fn config() -> String {
    String::new()
}

fn main() {}
