use larder::cached;

trait Users {
    #[cached(key = "user:{id}", skip(self))]
    fn user(&self, id: u64) -> u64;
}

fn main() {}
