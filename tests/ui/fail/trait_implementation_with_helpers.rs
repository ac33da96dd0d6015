use larder::cached;

trait Users {
    fn user(&self, id: u64) -> u64;
}

struct Directory;

impl Users for Directory {
    #[cached(key = "user:{id}", skip(self))]
    fn user(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
