//! The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for who lost the app.

use domain::user::{SecondFactor, SecondFactorSetup};
use domain::{Action, EventKind, FieldError, User};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

use super::password::check_password;
use super::sealing::{open, seal};
use crate::chain::hex;
use crate::commit::{Command, Needs, NewEvent};
use crate::store::record;
use crate::store::rows::FactorRow;
use crate::{Caller, Error, Ledger, Result};

/// Recovery codes made at once.
const CODES: usize = 10;
/// Letters of a recovery code: base32 without what looks alike. 50 bits each.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
const CODE_LENGTH: usize = 10;

impl Ledger {
    /// Whether the caller has a second factor.
    pub async fn second_factor(&self, caller: &Caller) -> Result<SecondFactor> {
        caller.authorise(Action::Read)?;
        caller.as_person()?;
        let factor = self.store().second_factor(caller.id.as_str()).await?.filter(|factor| factor.confirmed);
        Ok(SecondFactor {
            active: factor.is_some(),
            recovery_codes_left: factor.map_or(0, |factor| factor.recovery.len()),
        })
    }

    /// Makes a secret for the authenticator app. It counts once a code of it was seen.
    pub async fn begin_second_factor(&self, caller: &Caller, password: &str) -> Result<SecondFactorSetup> {
        let user = self.prove_password(caller, password).await?;
        if self.store().second_factor(user.id.as_str()).await?.is_some_and(|factor| factor.confirmed) {
            return Err(Error::conflict(
                "second_factor_active",
                "You have a second factor already; take it off before you set up another.",
            ));
        }
        let mut bytes = [0_u8; 20];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        let totp = self.totp(Secret::from(bytes.to_vec()), &user)?;
        let uri = totp.to_url().map_err(|error| Error::internal(error.to_string()))?;
        let secret = totp.secret().to_base32();
        let sealed = seal(&self.inner.config.auth.sealing_key, user.id.as_str(), &bytes)?;
        self.store()
            .put_second_factor(FactorRow {
                id: record("second_factor", user.id.as_str()),
                secret: sealed.into(),
                confirmed: false,
                last_step: 0,
                recovery: Vec::new(),
            })
            .await?;
        let (qr_path, qr_size) = qr(&uri)?;
        Ok(SecondFactorSetup { secret, uri, qr_path, qr_size })
    }

    /// Turns the second factor on with a code of the app; the recovery codes are told this once.
    pub async fn confirm_second_factor(&self, caller: &Caller, code: &str) -> Result<Vec<String>> {
        caller.authorise(Action::Read)?;
        let user = caller.as_person()?;
        let factor = self.store().second_factor(user.as_str()).await?.filter(|factor| !factor.confirmed);
        let Some(mut factor) = factor else {
            return Err(Error::conflict("no_setup", "Set up a second factor first."));
        };
        let user = self.me(caller).await?;
        let step = self.matching_step(&factor, &user, code)?.ok_or_else(wrong_code)?;
        let codes = recovery_codes()?;
        factor.confirmed = true;
        factor.last_step = step;
        factor.recovery = codes.iter().map(|code| code_digest(code)).collect();
        self.store().put_second_factor(factor).await?;
        self.tell_second_factor(caller, "on").await?;
        Ok(codes)
    }

    /// Takes the second factor off.
    pub async fn end_second_factor(&self, caller: &Caller, password: &str) -> Result<()> {
        let user = self.prove_password(caller, password).await?;
        self.store().end_second_factor(user.id.as_str()).await?;
        self.tell_second_factor(caller, "off").await
    }

    /// The caller, who typed their password once more. Wrong ones count like those of a sign-in.
    pub(crate) async fn prove_password(&self, caller: &Caller, password: &str) -> Result<User> {
        caller.authorise(Action::Read)?;
        let id = caller.as_person()?;
        let row = self.store().user(id.as_str()).await?.ok_or(Error::NotFound("user"))?;
        let attempt = self.attempt(&domain::user::email_key(&row.email), &caller.session_id).await?;
        let user = row.user()?;
        if !check_password(password.to_owned(), row.password_hash).await? {
            return Err(FieldError::new(
                "current_password",
                "wrong_password",
                "This is not your current password.",
            )
            .into());
        }
        self.forgive(attempt).await?;
        Ok(user)
    }

    /// Whether who signs in may: `code` is one of the app or a recovery code, where the person has a second factor.
    pub(super) async fn check_code(&self, user: &User, code: Option<&str>) -> Result<()> {
        let factor = self.store().second_factor(user.id.as_str()).await?.filter(|factor| factor.confirmed);
        let Some(factor) = factor else { return Ok(()) };
        let code = code.map(str::trim).filter(|code| !code.is_empty()).ok_or(Error::CodeRequired)?;
        // Each code is good once: the step of the last one is kept, and a recovery code is crossed out.
        let right = match self.matching_step(&factor, user, code)? {
            Some(step) => self.store().use_step(user.id.as_str(), step).await?,
            None => self.store().use_recovery_code(user.id.as_str(), &code_digest(code)).await?,
        };
        if right { Ok(()) } else { Err(Error::WrongCode) }
    }

    fn totp(&self, secret: Secret, user: &User) -> Result<Totp> {
        let plain = |text: &str| text.replace(':', " ");
        Builder::new()
            .with_secret(secret)
            .with_issuer(Some(plain(&format!("Duebook {}", self.organisation().name))))
            .with_account_name(plain(&user.email))
            .build()
            .map_err(|error| Error::internal(error.to_string()))
    }

    /// The time step whose code this is, one step early or late allowed.
    fn matching_step(&self, factor: &FactorRow, user: &User, code: &str) -> Result<Option<i64>> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let secret = open(&self.inner.config.auth.sealing_key, user.id.as_str(), &factor.secret)?;
        let now = u64::try_from(self.clock().waking_now().timestamp()).unwrap_or_default();
        let step = self.totp(Secret::from(secret), user)?.check(&code, now);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }

    async fn tell_second_factor(&self, caller: &Caller, now: &'static str) -> Result<()> {
        let id = caller.id.clone();
        let command = Command::new(
            caller,
            Needs::default(),
            move |_, _| {
                let event = NewEvent::new(EventKind::UserUpdated, "user", id.as_str());
                Ok(Some(event.with("second_factor", now)))
            },
            |_| Ok(()),
        );
        self.commit(command).await?;
        Ok(())
    }
}

fn wrong_code() -> Error {
    FieldError::new("code", "wrong_code", "This is not the code the app shows now.").into()
}

fn code_digest(code: &str) -> String {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    hex(&Sha256::digest(plain.as_bytes()))
}

fn recovery_codes() -> Result<Vec<String>> {
    let mut bytes = [0_u8; CODES * CODE_LENGTH];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let code = |bytes: &[u8]| {
        let (first, second) = bytes.split_at(CODE_LENGTH / 2);
        let word = |bytes: &[u8]| bytes.iter().map(letter).collect::<String>();
        format!("{}-{}", word(first), word(second))
    };
    Ok(bytes.chunks(CODE_LENGTH).map(code).collect())
}

/// A QR code as the path of an SVG, one unit a module, and how many units it is wide.
fn qr(text: &str) -> Result<(String, i32)> {
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium)
        .map_err(|error| Error::internal(error.to_string()))?;
    let modules = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
    let path =
        modules.filter(|(x, y)| code.get_module(*x, *y)).map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect();
    Ok((path, code.size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_differ_and_are_read_however_they_are_typed() {
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.len(), CODES);
        let digests: std::collections::HashSet<_> = codes.iter().map(|code| code_digest(code)).collect();
        assert_eq!(digests.len(), CODES);
        let typed = codes[0].to_uppercase().replace('-', " ");
        assert!(digests.contains(&code_digest(&typed)), "{typed}");
    }
}
