use larder::cached;

#[cached(key = "user:{id}", skip = database)]
fn user(database: &str, id: u64) -> String {
    format!("{database}/{id}")
}

fn main() {}
