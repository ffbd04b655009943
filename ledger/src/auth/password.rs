//! Passwords: hashed with argon2id, hashed anew when the parameters change, refused when they are easily guessed.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::FieldError;

use crate::{Error, Result};

/// OWASP's parameters for argon2id (Password Storage Cheat Sheet, 2025): 19 MiB, 2 passes, 1 lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// How every hash with these parameters begins.
const CURRENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Whether a hash was made with other parameters than today's.
pub(crate) fn is_outdated(hash: &str) -> bool {
    !hash.starts_with(CURRENT)
}

/// Hashes off the async threads: it takes tens of milliseconds on purpose.
pub(crate) async fn hash_password(password: String) -> Result<String> {
    tokio::task::spawn_blocking(move || {
        let hash: PasswordHash = argon2().hash_password(password.as_bytes())?;
        Ok::<_, argon2::password_hash::Error>(hash.to_string())
    })
    .await
    .map_err(Error::internal)?
    .map_err(|error| Error::internal(error.to_string()))
}

pub(crate) async fn check_password(password: String, hash: String) -> Result<bool> {
    tokio::task::spawn_blocking(move || {
        // Longer ones were never accepted; hashing them would only cost time.
        password.chars().count() <= domain::user::PASSWORD_MAX
            && PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(Error::internal)
}

/// A new password that is neither wrong in itself ([`domain::user::password`]) nor one of those that are tried first:
/// leaked ones, words with numbers after them, the person's own name or address (zxcvbn, 10⁶ guesses or less).
pub(crate) async fn new_password(field: &'static str, password: &str, about: &[&str]) -> Result<String> {
    let password = domain::user::password(field, password)?;
    let about: Vec<String> = about
        .iter()
        .flat_map(|text| text.split([' ', '@', '.']).chain([*text]))
        .chain(["duebook"])
        .map(str::to_owned)
        .collect();
    let candidate = password.clone();
    let score = tokio::task::spawn_blocking(move || {
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        zxcvbn::zxcvbn(&candidate, &about).score()
    })
    .await
    .map_err(Error::internal)?;
    if score <= zxcvbn::Score::One {
        return Err(FieldError::new(
            field,
            "too_common",
            "This password is easily guessed; use a few unrelated words.",
        )
        .into());
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(password: &str, about: &[&str]) -> bool {
        new_password("password", password, about).await.is_err()
    }

    #[tokio::test]
    async fn what_is_tried_first_is_refused() {
        for bad in
            ["qwertyuiop123", "iloveyou2024", "password2026", "P@ssw0rd1234", "1234512345", "duebook2026"]
        {
            assert!(refused(bad, &[]).await, "{bad}");
        }
        for own in ["ada@example.com", "Ada Lovelace", "lovelace12", "ada lovelace"] {
            assert!(refused(own, &["Ada Lovelace", "ada@example.com"]).await, "{own}");
        }
        for good in ["seven green kettles", "blue horse 7", "日本語のパスワードです"] {
            assert!(!refused(good, &["Ada"]).await, "{good}");
        }
    }

    #[tokio::test]
    async fn a_hash_says_whether_its_parameters_are_todays() {
        let hash = hash_password("blue horse 7".to_owned()).await.unwrap();
        assert!(!is_outdated(&hash), "{hash}");
        assert!(is_outdated(&hash.replace("t=2", "t=1")));
        assert!(check_password("blue horse 7".to_owned(), hash.clone()).await.unwrap());
        assert!(!check_password("blue horse 8".to_owned(), hash).await.unwrap());
    }
}
