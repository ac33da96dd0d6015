use larder::cached;

#[cached(key = "user")]
struct User;

fn main() {}
