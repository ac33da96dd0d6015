//! What connections need to begin with TLS, as the files have it: they are read with each attempt to connect, as certificates are
//! exchanged while programs run. Where they make no sense at the moment, since whoever exchanges them is not done, what was last
//! read and made sense is used.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use super::RedisTls;
use super::files::Contents;
use crate::error::Result;
use crate::sync::Mutex;

/// How long reading may take: a file may lie on another machine, which is away.
const LIMIT: Duration = Duration::from_millis(500);

/// Clones share it, and with it the sessions that can be resumed.
#[derive(Clone)]
pub(in crate::adapters::redis) struct Tls(Arc<Shared>);

struct Shared {
    settings: RedisTls,
    current: Mutex<Current>,
}

/// The last version that made sense.
#[derive(Clone)]
struct Current {
    contents: Contents,
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Reads the files for the first time.
    pub(in crate::adapters::redis) fn new(settings: &RedisTls) -> Result<Self> {
        let contents = Contents::read(settings, None)?;
        let config = contents.config(settings)?;
        let current = Mutex::new(Current { contents, config });
        Ok(Self(Arc::new(Shared { settings: settings.clone(), current })))
    }

    /// What a new connection needs, and what is wrong with the files, if something is.
    pub(super) async fn latest(&self) -> (Arc<ClientConfig>, Option<String>) {
        let shared = Arc::clone(&self.0);
        // Elsewhere, as nobody may block the thread of all connections.
        let read = tokio::task::spawn_blocking(move || shared.read_again());
        let wrong = match timeout(LIMIT, read).await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(error.to_string()),
            Ok(Err(_)) | Err(_) => {
                Some(format!("the files for TLS to redis were not read within {} ms", LIMIT.as_millis()))
            }
        };
        (Arc::clone(&self.0.current.lock().config), wrong)
    }
}

impl Shared {
    fn read_again(&self) -> Result<()> {
        let before = self.current.lock().clone();
        let contents = Contents::read(&self.settings, Some(&before.contents))?;
        if contents == before.contents {
            // Whom the system trusts was read just now.
            self.current.lock().contents = contents;
            return Ok(());
        }
        let config = contents.config(&self.settings)?;
        *self.current.lock() = Current { contents, config };
        Ok(())
    }
}
