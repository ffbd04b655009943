//! Secrets made on first start, readable by this user only.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Signs access tokens.
const CURRENT: &str = "signing.key";
/// The one before: its tokens are recognised until they run out.
const PREVIOUS: &str = "signing.previous.key";
/// Seals what the database keeps of second factors.
const SEALING: &str = "sealing.key";
/// Length of a key in bytes: what HMAC-SHA-256 asks for at least, and AES-256 exactly.
const LENGTH: usize = 32;

/// The keys of access tokens, the one that signs first. Made on first start, refused when others can read them.
pub(crate) fn signing_keys(data_dir: &Path) -> Result<Vec<Vec<u8>>, String> {
    make_directory(data_dir)?;
    let mut keys = vec![read_or_make(&data_dir.join(CURRENT))?];
    keys.extend(read(&data_dir.join(PREVIOUS))?);
    Ok(keys)
}

/// The key that seals secrets in the database. Made on first start, refused when others can read it.
pub(crate) fn sealing_key(data_dir: &Path) -> Result<Vec<u8>, String> {
    make_directory(data_dir)?;
    let path = data_dir.join(SEALING);
    let key = read_or_make(&path)?;
    if key.len() == LENGTH {
        Ok(key)
    } else {
        Err(format!("{} is no key: it has more than {LENGTH} bytes.", path.display()))
    }
}

/// Makes a new key to sign with; the one before stays known until the next time.
pub(crate) fn rotate(data_dir: &Path) -> Result<(), String> {
    make_directory(data_dir)?;
    let (current, previous) = (data_dir.join(CURRENT), data_dir.join(PREVIOUS));
    if read(&current)?.is_some() {
        fs::rename(&current, &previous)
            .map_err(|error| format!("{} can't be put aside: {error}", current.display()))?;
    }
    make(&current).map(|_| ())
}

fn make_directory(data_dir: &Path) -> Result<(), String> {
    fs::create_dir_all(data_dir)
        .map_err(|error| format!("The data directory {} can't be made: {error}", data_dir.display()))
}

fn read_or_make(path: &Path) -> Result<Vec<u8>, String> {
    match read(path)? {
        Some(key) => Ok(key),
        None => make(path),
    }
}

fn make(path: &Path) -> Result<Vec<u8>, String> {
    let name = path.display();
    let mut key = vec![0_u8; LENGTH];
    getrandom::fill(&mut key).map_err(|error| format!("No randomness for {name}: {error}"))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.and_then(|mut file| file.write_all(&key).and_then(|()| file.sync_all()))
        .map_err(|error| format!("{name} can't be written: {error}"))?;
    Ok(key)
}

/// The key in a file, `None` where there is no file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let name = path.display();
    let failed = |error: std::io::Error| format!("{name} can't be read: {error}");
    let mut file = match fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mode = file.metadata().map_err(failed)?.mode();
    if mode & 0o077 != 0 {
        return Err(format!("{name} can be read by others (mode {:o}); run: chmod 600 {name}", mode & 0o777));
    }
    let mut key = Vec::new();
    file.read_to_end(&mut key).map_err(failed)?;
    if key.len() < LENGTH {
        return Err(format!(
            "{name} is too short to be a key; put back the one of your backup, or delete it to have a new one (what the \
             old one signed or sealed is lost)."
        ));
    }
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_refused_when_others_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let keys = signing_keys(dir.path()).unwrap();
        assert_eq!((keys.len(), keys[0].len()), (1, 32));
        assert_eq!(signing_keys(dir.path()).unwrap(), keys);
        let path = dir.path().join("signing.key");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(signing_keys(dir.path()).unwrap_err().contains("chmod 600"));
    }

    #[test]
    fn the_key_that_seals_has_one_length() {
        let dir = tempfile::tempdir().unwrap();
        let key = sealing_key(dir.path()).unwrap();
        assert_eq!(sealing_key(dir.path()).unwrap(), key);
        assert_ne!(signing_keys(dir.path()).unwrap(), [key]);
        fs::write(dir.path().join("sealing.key"), [1; 33]).unwrap();
        assert!(sealing_key(dir.path()).unwrap_err().contains("more than 32 bytes"));
        fs::write(dir.path().join("sealing.key"), [1; 31]).unwrap();
        assert!(sealing_key(dir.path()).unwrap_err().contains("too short"));
    }

    #[test]
    fn the_key_before_a_new_one_stays_known() {
        let dir = tempfile::tempdir().unwrap();
        let first = signing_keys(dir.path()).unwrap().remove(0);
        rotate(dir.path()).unwrap();
        let keys = signing_keys(dir.path()).unwrap();
        assert_eq!(keys.len(), 2);
        assert_ne!(keys[0], first);
        assert_eq!(keys[1], first);
        rotate(dir.path()).unwrap();
        assert!(!signing_keys(dir.path()).unwrap().contains(&first));
    }
}
