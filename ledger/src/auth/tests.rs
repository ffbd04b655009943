//! What needs to look behind the use cases: hashes of before, keys of before.

use std::sync::Arc;

use super::password::{hash_password, is_outdated};
use crate::store::tamper_tests::books;
use crate::{Client, Credentials, Error, Ledger};

fn ada() -> Credentials {
    Credentials::new("ada@example.com", "seven green kettles")
}

#[tokio::test]
async fn a_password_is_hashed_anew_when_the_parameters_changed() {
    let (ledger, caller) = books().await;
    // As an earlier release might have hashed it: one pass.
    let weaker = argon2::Params::new(19 * 1024, 1, 1, None).unwrap();
    let weaker = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, weaker);
    let old = argon2::PasswordHasher::hash_password(&weaker, b"seven green kettles").unwrap().to_string();
    assert!(is_outdated(&old), "{old}");
    let now = ledger.store().user(caller.id.as_str()).await.unwrap().unwrap().password_hash;
    ledger.store().rehash(caller.id.as_str(), &now, &old).await.unwrap();

    let wrong = Credentials { password: "not the password".into(), ..ada() };
    assert!(ledger.sign_in(&wrong, &Client::default()).await.is_err());
    let kept = ledger.store().user(caller.id.as_str()).await.unwrap().unwrap().password_hash;
    assert_eq!(kept, old, "a wrong password changes nothing");
    ledger.sign_in(&ada(), &Client::default()).await.unwrap();
    let renewed = ledger.store().user(caller.id.as_str()).await.unwrap().unwrap().password_hash;
    assert!(!is_outdated(&renewed), "{renewed}");
    ledger.sign_in(&ada(), &Client::default()).await.unwrap();

    // A change that came between reading and writing wins.
    let newer = hash_password("eight blue kettles".to_owned()).await.unwrap();
    ledger.store().rehash(caller.id.as_str(), "something else", &newer).await.unwrap();
    ledger.sign_in(&ada(), &Client::default()).await.unwrap();
}

#[tokio::test]
async fn the_secret_of_a_second_factor_is_not_readable_in_the_database() {
    let (ledger, caller) = books().await;
    let setup = ledger.begin_second_factor(&caller, "seven green kettles").await.unwrap();
    let row = ledger.store().second_factor(caller.id.as_str()).await.unwrap().unwrap();
    let secret = totp_rs::Secret::try_from_base32(&setup.secret).unwrap();
    for plain in [setup.secret.as_bytes(), secret.as_bytes()] {
        assert!(!row.secret.windows(plain.len()).any(|part| part == plain));
    }
    let mut config = ledger.inner.config.clone();
    config.auth.sealing_key = vec![6; 32];
    let other = Ledger::on(Arc::clone(&ledger.inner.store), config).await.unwrap();
    let refused = other.confirm_second_factor(&caller, "000000").await;
    assert!(matches!(refused, Err(Error::Internal(_))), "{refused:?}");
}

#[tokio::test]
async fn tokens_of_the_key_before_are_recognised_and_those_of_another_are_not() {
    let (ledger, _) = books().await;
    let signed_in = ledger.sign_in(&ada(), &Client::default()).await.unwrap();
    let with_keys = async |keys: Vec<Vec<u8>>| {
        let mut config = ledger.inner.config.clone();
        config.auth.signing_keys = keys;
        Ledger::on(Arc::clone(&ledger.inner.store), config).await.unwrap()
    };
    // The key was changed while an answer with a new refresh token was lost: its successor is still told.
    let successor = ledger.refresh(&signed_in.refresh_token).await.unwrap();
    let rotated = with_keys(vec![vec![8; 32], vec![7; 32]]).await;
    rotated.authenticate(&signed_in.access_token).await.unwrap();
    let again = rotated.refresh(&signed_in.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, successor.refresh_token);
    let next = rotated.refresh(&again.refresh_token).await.unwrap();
    rotated.authenticate(&next.access_token).await.unwrap();

    let stranger = with_keys(vec![vec![9; 32]]).await;
    for token in [&signed_in.access_token, &next.access_token] {
        assert!(matches!(stranger.authenticate(token).await, Err(Error::Unauthenticated)));
    }
    // A token that names the key and was signed with another.
    let header =
        jsonwebtoken::Header { kid: Some(super::key_id(&[8; 32])), ..jsonwebtoken::Header::default() };
    let claims = serde_json::json!({
        "sub": "usr_1", "sid": "ses_1", "aud": super::AUDIENCE, "iat": 0, "exp": i64::MAX, "rot": 0,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(&[9; 32]);
    let forged = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    assert!(matches!(rotated.authenticate(&forged).await, Err(Error::Unauthenticated)));
}
