use larder::cached;

#[cached(key = "name:{user}")]
fn name(user: impl ToString) -> String {
    user.to_string()
}

fn main() {}
