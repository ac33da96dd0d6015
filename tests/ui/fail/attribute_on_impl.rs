use larder::cached;

struct User;

#[cached(key = "user")]
impl User {
    fn name(&self) -> String {
        String::new()
    }
}

fn main() {}
