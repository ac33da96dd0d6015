use larder::cached;

#[cached(key = "")]
fn config() -> String {
    String::new()
}

fn main() {}
