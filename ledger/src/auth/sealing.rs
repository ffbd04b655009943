//! What has to be read again, and so can't be hashed, is kept sealed: AES-256-GCM under a key that is not in the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use crate::{Error, Result};

/// Seals `secret`; `of` says what it belongs to, and it opens for nothing else. The answer is nonce, text and tag.
pub(super) fn seal(key: &[u8], of: &str, secret: &[u8]) -> Result<Vec<u8>> {
    let failed = |_| Error::internal("a secret can't be sealed");
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(failed)?;
    let mut text = secret.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(of), &mut text).map_err(failed)?;
    Ok([nonce.as_ref().as_slice(), &text].concat())
}

/// Opens what [`seal`] answered.
pub(super) fn open(key: &[u8], of: &str, sealed: &[u8]) -> Result<Vec<u8>> {
    let failed = || {
        Error::internal(format!(
            "a secret of {of} can't be opened: sealing.key is not the one that sealed it"
        ))
    };
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| failed())?;
    let mut text = text.to_vec();
    let secret = key.open_in_place(nonce, Aad::from(of), &mut text).map_err(|_| failed())?;
    Ok(secret.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_for_its_owner_only() {
        let (key, other) = ([1; 32], [2; 32]);
        let sealed = seal(&key, "usr_ada", b"kettle").unwrap();
        assert_eq!(open(&key, "usr_ada", &sealed).unwrap(), b"kettle");
        assert!(!sealed.windows(6).any(|part| part == b"kettle"));
        assert_ne!(seal(&key, "usr_ada", b"kettle").unwrap(), sealed, "each with a nonce of its own");
        assert!(open(&other, "usr_ada", &sealed).is_err());
        assert!(open(&key, "usr_bob", &sealed).is_err());
        let mut touched = sealed.clone();
        touched[NONCE_LEN] ^= 1;
        assert!(open(&key, "usr_ada", &touched).is_err());
        assert!(open(&key, "usr_ada", &sealed[..5]).is_err());
    }
}
