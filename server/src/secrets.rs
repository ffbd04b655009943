//! Secrets made on first start, readable by this user only.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The key that signs access tokens: made on first start, refused when others can read it.
pub(crate) fn signing_key(data_dir: &Path) -> Result<Vec<u8>, String> {
    fs::create_dir_all(data_dir)
        .map_err(|error| format!("The data directory {} can't be made: {error}", data_dir.display()))?;
    let path = data_dir.join("signing.key");
    let name = path.display();
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let mut key = vec![0_u8; 32];
            getrandom::fill(&mut key).map_err(|error| format!("No randomness for {name}: {error}"))?;
            file.write_all(&key)
                .and_then(|()| file.sync_all())
                .map_err(|error| format!("{name} can't be written: {error}"))?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let mut file = fs::File::open(&path).map_err(|error| format!("{name} can't be read: {error}"))?;
            let mode = file.metadata().map_err(|error| format!("{name} can't be read: {error}"))?.mode();
            if mode & 0o077 != 0 {
                return Err(format!(
                    "{name} can be read by others (mode {:o}); run: chmod 600 {name}",
                    mode & 0o777
                ));
            }
            let mut key = Vec::new();
            file.read_to_end(&mut key).map_err(|error| format!("{name} can't be read: {error}"))?;
            if key.len() < 32 {
                return Err(format!(
                    "{name} is too short to be a key; delete it to have a new one (all sign-ins end)."
                ));
            }
            Ok(key)
        }
        Err(error) => Err(format!("{name} can't be made: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_refused_when_others_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let key = signing_key(dir.path()).unwrap();
        assert_eq!(key.len(), 32);
        assert_eq!(signing_key(dir.path()).unwrap(), key);
        let path = dir.path().join("signing.key");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(signing_key(dir.path()).unwrap_err().contains("chmod 600"));
    }
}
