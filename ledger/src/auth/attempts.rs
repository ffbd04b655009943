//! Guessing passwords is made slow: wrong ones are counted by account and address, by account, and by address, in the
//! database, so that the limits hold for all nodes together.

use chrono::Duration;
use sha2::{Digest, Sha256};

use crate::chain::hex;
use crate::{Error, Ledger, Result};

/// How long a count lasts from its first attempt.
const WINDOW: Duration = Duration::minutes(15);

/// What is counted, each with how many times the setting it may be.
const COUNTED: [(&str, i64); 3] = [
    ("pair", 1),
    // Higher, so that a stranger can't lock somebody out from a handful of addresses.
    ("account", 10),
    // Higher still: an office comes from one address.
    ("address", 20),
];

/// Attempts that were counted before it was known whether they are wrong: guesses sent at once are counted too.
pub(super) struct Attempt {
    keys: [String; 3],
}

impl Ledger {
    /// Counts an attempt, or refuses it (429) until the counting window ends.
    pub(super) async fn attempt(&self, account: &str, address: &str) -> Result<Attempt> {
        let address = network(address);
        let keys = COUNTED.map(|(what, _)| {
            let of = match what {
                "pair" => format!("{account}\0{address}"),
                "account" => account.to_owned(),
                _ => address.clone(),
            };
            hex(&Sha256::digest(format!("{what}\0{of}").as_bytes()))
        });
        let now = self.clock().waking_now();
        let counts = self.store().count_attempts(&keys, now, now + WINDOW).await?;
        let most = self.inner.config.auth.password_attempts;
        for ((count, ends_at), (what, times)) in counts.into_iter().zip(COUNTED) {
            if count > most * times {
                tracing::warn!(limit = what, "too many wrong passwords");
                return Err(Error::TooMany { retry_after: (ends_at - now).num_seconds().max(1) });
            }
        }
        Ok(Attempt { keys })
    }

    /// The attempt was none: the password is right.
    pub(super) async fn forgive(&self, attempt: Attempt) -> Result<()> {
        let [pair, account, address] = attempt.keys;
        self.store().forgive_attempt(&pair, [&account, &address]).await
    }
}

/// One household or office has a whole /64 of IPv6 addresses.
fn network(address: &str) -> String {
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => std::net::Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).to_string(),
        },
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_of_one_network_count_together() {
        assert_eq!(super::network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(super::network("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(super::network("10.0.0.1"), "10.0.0.1");
    }
}
