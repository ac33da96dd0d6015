use larder::cached;

struct Users;

impl Users {
    #[cached(key = "user:{id}", skip(self))]
    fn user(&self, id: u64) -> u64 {
        id
    }

    fn user_clear(&self) {}
}

fn main() {}
