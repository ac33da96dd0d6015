use larder::cached;

fn user_key(id: &u64) -> String {
    format!("user:{id}")
}

#[cached(key = user_key)]
fn user(tenant: &str, id: u64) -> String {
    format!("{tenant}/{id}")
}

fn main() {}
