//! Which key a record belongs to, so that bytes found under another key (a store that mixed up its answers, a file put
//! together wrongly) are a miss.

/// 128 bits of the BLAKE2b digest of a whole physical key, namespace included. The same in every process and release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyFingerprint(pub(super) [u8; 16]);

impl KeyFingerprint {
    /// That of the key as the store sees it.
    pub(crate) fn of(physical_key: &[u8]) -> Self {
        let digest = blake2b_simd::Params::new().hash_length(16).personal(b"larder key").hash(physical_key);
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(digest.as_bytes());
        Self(fingerprint)
    }
}
