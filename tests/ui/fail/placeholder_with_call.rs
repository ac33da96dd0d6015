use larder::cached;

#[cached(key = "user:{name.to_lowercase()}")]
fn user(name: &str) -> String {
    name.to_lowercase()
}

fn main() {}
