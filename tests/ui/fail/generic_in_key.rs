use larder::cached;

#[cached(key = "name:{user}:{U}")]
fn name<U: ToString>(user: U) -> String {
    user.to_string()
}

fn main() {}
