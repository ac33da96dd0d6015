use larder::cached;

#[derive(Clone)]
enum NoUser {
    Missing,
}

#[cached(key = "user:{id}", on_error = "propagate")]
async fn user(id: u64) -> Result<Option<u64>, NoUser> {
    if id == 0 { Err(NoUser::Missing) } else { Ok(Some(id)) }
}

fn main() {}
