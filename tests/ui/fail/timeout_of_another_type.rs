use larder::cached;

#[cached(key = "user:{name}", timeout = name.len().to_string())]
fn user(name: &str) -> usize {
    name.len()
}

fn main() {}
