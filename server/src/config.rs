//! Configuration: `Leptos.toml`, with `DUEBOOK_*` over it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use domain::ageing::Buckets;
use domain::{Currency, SignUp};
use ledger::{ImportLimits, Organisation};
use leptos::config::{Env, LeptosOptions};
use toml::{Table, Value};

use crate::limits::RequestLimits;
use crate::proxies::Network;

/// Everything the server is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub addr: SocketAddr,
    /// How browsers reach it (`https://desk.example.com`), when that is not the address it listens on.
    pub base_url: Option<String>,
    /// With this bearer token `/metrics` can be read; without one, by admins only.
    pub metrics_token: Option<String>,
    /// Whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// The database; `None` is RocksDB under the data directory.
    pub database_url: Option<String>,
    /// User and password of a `ws://` database.
    pub database_credentials: Option<(String, String)>,
    /// Bytes of the database that an embedded engine keeps at hand.
    pub database_memory: u64,
    /// Database and secrets.
    pub data_dir: PathBuf,
    /// Wrong passwords within 15 minutes for one account from one address.
    pub password_attempts: i64,
    /// How often one address may ask for what costs a lot.
    pub limits: RequestLimits,
    /// Requests worked on at once; others are told to come again.
    pub most_requests: usize,
    /// Minutes of an access token.
    pub access_minutes: i64,
    /// Days of a refresh token.
    pub refresh_days: i64,
    /// What happens to people who register.
    pub sign_up: SignUp,
    /// Frames a socket may fall behind.
    pub live_queue: usize,
    /// Between two pings.
    pub live_ping: Duration,
    /// Between two unwoken looks for events.
    pub live_poll: Duration,
    /// The columns of ageing reports.
    pub ageing: Buckets,
    /// Whether these are sample books whose clock may be moved: `duebook demo`, never a setting.
    pub demonstration: bool,
    /// Sockets one person may hold.
    pub live_per_user: usize,
    /// What an import may cost.
    pub import: ImportLimits,
    /// The organisation.
    pub organisation: Organisation,
    /// What Leptos needs to find the built front end.
    pub leptos: LeptosOptions,
    /// Settings that no one reads, most likely misspelt.
    pub unknown: Vec<String>,
}

/// A setting that can't be used, named with where it came from and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// The settings file with the environment over it.
struct Settings {
    file: Table,
    /// The `DUEBOOK_*` variables.
    environment: BTreeMap<String, String>,
    /// What was asked for so far, to tell in the end what nobody asks for.
    asked: RefCell<BTreeSet<String>>,
}

/// Variables and settings that others read: the tests, the build, a log filter before there is a configuration.
const READ_ELSEWHERE: &[&str] = &["DUEBOOK_LOG", "DUEBOOK_BIN", "DUEBOOK_ROOT"];

/// What an embedded database keeps at hand unless told otherwise, in MiB.
pub const DATABASE_MEMORY_MIB: i64 = 320;

/// A database of our own in a directory, each commit synced to disk.
pub(crate) fn embedded(directory: &Path) -> String {
    format!("rocksdb://{}?sync=every", directory.display())
}

impl Config {
    /// Reads `Leptos.toml` from the working directory or one above it, else above the executable; without one, defaults.
    pub fn load() -> Result<Self, ConfigError> {
        let file = find();
        let (table, root) = match &file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| ConfigError(format!("{} can't be read: {error}", path.display())))?;
                let table = text
                    .parse::<Table>()
                    .map_err(|error| ConfigError(format!("{} is not valid TOML: {error}", path.display())))?;
                (table, path.parent().map(Path::to_path_buf).unwrap_or_default())
            }
            None => (Table::new(), PathBuf::from(".")),
        };
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| {
                let name = name.into_string().ok().filter(|name| name.starts_with("DUEBOOK_"))?;
                Some(match value.into_string() {
                    Ok(value) => Ok((name, value)),
                    Err(_) => Err(ConfigError(format!("{name} is not UTF-8 text."))),
                })
            })
            .collect::<Result<_, _>>()?;
        Self::from(&Settings::new(table, environment), &root)
    }

    /// What holds where nothing is set, with everything under `root`. Tests start from this.
    pub fn without_file(root: &Path) -> Result<Self, ConfigError> {
        Self::from(&Settings::new(Table::new(), BTreeMap::new()), root)
    }

    fn from(settings: &Settings, root: &Path) -> Result<Self, ConfigError> {
        let site = |key: &str, default: &str| settings.leptos(key).unwrap_or_else(|| default.to_owned());
        let listen = settings.env("DUEBOOK_ADDR").unwrap_or_else(|| site("site-addr", "127.0.0.1:4400"));
        // Names such as localhost:4400 are as good as numbers.
        let addr = listen
            .trim()
            .to_socket_addrs()
            .ok()
            .and_then(|mut addresses| addresses.next())
            .ok_or_else(|| wrong("DUEBOOK_ADDR (site-addr)", &listen, "127.0.0.1:4400"))?;
        let site_root = settings.env("DUEBOOK_SITE_ROOT").unwrap_or_else(|| site("site-root", "target/site"));
        let site_root = std::path::absolute(root.join(site_root)).unwrap_or_else(|_| root.to_path_buf());
        let hash_file = site_root.join("hash.txt");
        let leptos = LeptosOptions::builder()
            .output_name(site("output-name", "duebook"))
            .site_root(site_root.display().to_string())
            .site_pkg_dir(site("site-pkg-dir", "pkg"))
            .site_addr(addr)
            .env(Env::PROD)
            // Leptos panics on a missing file of hashes; without a built front end the API still works.
            .hash_files(hash_file.exists())
            .hash_file(hash_file.display().to_string().into())
            .build();
        // A path in a variable is meant from where the command was typed; one in the file, from where the file is.
        let filed = settings.file("database", "data_dir").unwrap_or_else(|| "data".to_owned());
        let data_dir = match settings.over("database", "data_dir", "DUEBOOK_DATA_DIR") {
            Some(typed) => PathBuf::from(typed),
            None => root.join(filed),
        };
        let not_empty = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let base_url = not_empty(settings.text("server", "base_url", "DUEBOOK_BASE_URL"))
            .map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) =
            base_url.as_deref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            return Err(wrong("DUEBOOK_BASE_URL", url, "https://desk.example.com"));
        }
        let trusted_proxies = settings
            .list("server", "trusted_proxies", "DUEBOOK_TRUSTED_PROXIES")
            .iter()
            .map(|text| parse("[server] trusted_proxies (DUEBOOK_TRUSTED_PROXIES)", text, "10.0.0.0/8"))
            .collect::<Result<_, _>>()?;
        let credentials = (settings.env("DUEBOOK_DATABASE_USER"), settings.env("DUEBOOK_DATABASE_PASSWORD"));
        let mut config = Self {
            addr,
            base_url,
            metrics_token: not_empty(settings.text("server", "metrics_token", "DUEBOOK_METRICS_TOKEN")),
            trusted_proxies,
            database_url: not_empty(settings.text("database", "url", "DUEBOOK_DATABASE_URL")),
            database_credentials: match credentials {
                (Some(user), Some(password)) => Some((user, password)),
                _ => None,
            },
            database_memory: u64::from(settings.number::<u32>(
                "database",
                "memory_mib",
                DATABASE_MEMORY_MIB,
            )?) << 20,
            data_dir: std::path::absolute(&data_dir).unwrap_or(data_dir),
            password_attempts: settings.number("auth", "password_attempts", 10)?,
            limits: RequestLimits {
                passwords: settings.a_minute("passwords", 60)?,
                registrations: settings.a_minute("registrations", 20)?,
                refreshes: settings.a_minute("refreshes", 120)?,
                imports: settings.a_minute("imports", 30)?,
            },
            most_requests: settings.number("limits", "requests_at_once", 1024)?,
            access_minutes: settings.number("auth", "access_minutes", 15)?,
            refresh_days: settings.number("auth", "refresh_days", 30)?,
            sign_up: settings.parsed("auth", "sign_up", "DUEBOOK_SIGN_UP", "approval")?,
            live_queue: settings.number("live", "queue", 1000)?,
            live_ping: Duration::from_secs(settings.number("live", "ping_seconds", 25)?),
            demonstration: false,
            ageing: match settings.text("reports", "ageing_buckets", "DUEBOOK_AGEING_BUCKETS") {
                Some(text) => text.parse().map_err(|_| {
                    wrong("DUEBOOK_AGEING_BUCKETS ([reports] ageing_buckets)", &text, "30,60,90")
                })?,
                None => Buckets::default(),
            },
            live_poll: Duration::from_millis(settings.number("live", "poll_ms", 1000)?),
            live_per_user: settings.number("live", "max_per_user", 50)?,
            import: ImportLimits {
                max_bytes: settings.number("import", "max_bytes", 50 * 1024 * 1024)?,
                max_rows: settings.number("import", "max_rows", 200_000)?,
                max_columns: settings.number("import", "max_columns", 200)?,
                timeout_seconds: settings.number("import", "timeout_seconds", 300)?,
                workers: settings.number("import", "workers", 2)?,
            },
            organisation: Organisation {
                name: settings
                    .text("organisation", "name", "DUEBOOK_NAME")
                    .unwrap_or_else(|| "Duebook".to_owned()),
                time_zone: settings.parsed("organisation", "time_zone", "DUEBOOK_TIME_ZONE", "UTC")?,
                currency: settings.parsed::<Currency>(
                    "organisation",
                    "currency",
                    "DUEBOOK_CURRENCY",
                    "USD",
                )?,
            },
            leptos,
            unknown: Vec::new(),
        };
        config.unknown = settings.not_asked_for();
        Ok(config)
    }

    /// The database to open: the one named, else RocksDB under the data directory, each commit synced to disk.
    pub fn database(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| embedded(&self.data_dir.join("db")))
    }

    /// Whether browsers come over TLS.
    pub fn secure(&self) -> bool {
        self.base_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Whether cookies may travel without TLS: on this machine only, or where the operator says so by an `http://` base URL.
    pub fn plain_cookies(&self, bound: SocketAddr) -> bool {
        match &self.base_url {
            Some(_) => !self.secure(),
            None => bound.ip().is_loopback(),
        }
    }

    /// Where people find it.
    pub fn address(&self, bound: SocketAddr) -> String {
        self.base_url.clone().unwrap_or_else(|| format!("http://{bound}"))
    }
}

impl Settings {
    fn new(file: Table, environment: BTreeMap<String, String>) -> Self {
        Self { file, environment, asked: RefCell::default() }
    }

    fn env(&self, name: &str) -> Option<String> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.environment.get(name).cloned()
    }

    fn leptos(&self, key: &str) -> Option<String> {
        let table = self.file.get("workspace")?.get("metadata")?.get("leptos")?;
        let table = table.as_array().and_then(|tables| tables.first()).unwrap_or(table);
        table.get(key)?.as_str().map(str::to_owned)
    }

    /// `[section] key`, `DUEBOOK_SECTION_KEY` over it, the short name over both.
    fn text(&self, section: &str, key: &str, short: &str) -> Option<String> {
        let file = self.file(section, key);
        self.over(section, key, short).or(file)
    }

    /// The variables for a setting.
    fn over(&self, section: &str, key: &str, short: &str) -> Option<String> {
        let long = format!("DUEBOOK_{}_{}", section.to_uppercase(), key.to_uppercase());
        let long = self.env(&long);
        self.env(short).or(long)
    }

    /// The setting in the file.
    fn file(&self, section: &str, key: &str) -> Option<String> {
        self.asked.borrow_mut().insert(format!("[{section}] {key}"));
        Some(match self.file.get(section)?.get(key)? {
            Value::String(text) => text.clone(),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(","),
            other => other.to_string(),
        })
    }

    /// A list in the file, or separated by commas in a variable.
    fn list(&self, section: &str, key: &str, short: &str) -> Vec<String> {
        let text = self.text(section, key, short).unwrap_or_default();
        text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    }

    fn not_asked_for(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let in_file =
            self.file.iter().filter(|(section, _)| *section != "workspace").flat_map(|(section, keys)| {
                let keys = keys.as_table().into_iter().flat_map(|keys| keys.keys());
                keys.map(move |key| format!("[{section}] {key}"))
            });
        in_file
            .chain(self.environment.keys().cloned())
            .filter(|name| !asked.contains(name) && !READ_ELSEWHERE.contains(&name.as_str()))
            .collect()
    }

    fn parsed<T: FromStr>(
        &self,
        section: &str,
        key: &str,
        short: &str,
        default: &str,
    ) -> Result<T, ConfigError> {
        let text = self.text(section, key, short).unwrap_or_else(|| default.to_owned());
        parse(&format!("[{section}] {key} ({short})"), &text, default)
    }

    /// `[limits] {key}_a_minute`.
    fn a_minute(&self, key: &str, default: i64) -> Result<NonZeroU32, ConfigError> {
        let number: u32 = self.number("limits", &format!("{key}_a_minute"), default)?;
        // `number` takes no zero.
        Ok(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN))
    }

    fn number<T: TryFrom<i64>>(&self, section: &str, key: &str, default: i64) -> Result<T, ConfigError> {
        let name = format!("[{section}] {key}");
        let number: i64 = match self.text(section, key, "") {
            Some(text) => parse(&name, &text, &default.to_string())?,
            None => default,
        };
        T::try_from(number)
            .ok()
            .filter(|_| number > 0)
            .ok_or_else(|| wrong(&name, &number.to_string(), &default.to_string()))
    }
}

fn parse<T: FromStr>(name: &str, text: &str, example: &str) -> Result<T, ConfigError> {
    text.trim().parse().map_err(|_| wrong(name, text, example))
}

fn wrong(name: &str, text: &str, example: &str) -> ConfigError {
    ConfigError(format!(
        "{name} is “{text}”, which can't be used; it would be right as “{example}”, for example."
    ))
}

fn find() -> Option<PathBuf> {
    let above = |start: PathBuf| {
        start.ancestors().map(|directory| directory.join("Leptos.toml")).find(|path| path.is_file())
    };
    std::env::current_dir().ok().and_then(above).or_else(|| std::env::current_exe().ok().and_then(above))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::from(&Settings::new(text.parse().unwrap(), environment), Path::new("/srv/duebook"))
    }

    #[test]
    fn the_committed_file_is_read_to_its_last_setting() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let text = std::fs::read_to_string(root.join("Leptos.toml")).unwrap();
        let config = read(&text, &[]).unwrap();
        assert_eq!(config.addr.port(), 4400);
        assert_eq!(config.leptos.output_name.as_ref(), "duebook");
        assert_eq!(config.live_per_user, 50);
        assert_eq!(config.database(), "rocksdb:///srv/duebook/data/db?sync=every");
        assert_eq!(config.unknown, Vec::<String>::new());
    }

    #[test]
    fn the_environment_wins_and_short_names_win_over_long_ones() {
        let environment = [
            ("DUEBOOK_ADDR", "localhost:9"),
            ("DUEBOOK_ORGANISATION_CURRENCY", "EUR"),
            ("DUEBOOK_CURRENCY", "JPY"),
            ("DUEBOOK_LIVE_QUEUE", "9"),
            ("DUEBOOK_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ];
        let config = read("[live]\nqueue = 5\n[organisation]\ncurrency = \"USD\"", &environment).unwrap();
        assert_eq!(
            (config.addr.port(), config.organisation.currency, config.live_queue),
            (9, Currency::JPY, 9)
        );
        assert_eq!(config.trusted_proxies.len(), 2);
    }

    #[test]
    fn a_wrong_value_is_named_with_what_would_be_right() {
        let complaint =
            |text: &str, environment: &[(&str, &str)]| read(text, environment).unwrap_err().to_string();
        assert!(complaint("[organisation]\ntime_zone = \"Mars\"", &[]).contains("[organisation] time_zone"));
        assert!(complaint("[live]\nqueue = 0", &[]).contains("[live] queue"));
        assert!(complaint("", &[("DUEBOOK_ADDR", "4400")]).contains("127.0.0.1:4400"));
        assert!(complaint("", &[("DUEBOOK_SIGN_UP", "anyone")]).contains("approval"));
        assert!(complaint("", &[("DUEBOOK_BASE_URL", "due.example.org")]).contains("https://"));
        assert!(complaint("[server]\ntrusted_proxies = [\"everyone\"]", &[]).contains("10.0.0.0/8"));
    }

    #[test]
    fn a_misspelt_setting_is_noticed() {
        let config = read("[live]\nquue = 5", &[("DUEBOOK_ADRR", "x"), ("DUEBOOK_LOG", "debug")]).unwrap();
        assert_eq!(config.unknown, ["[live] quue", "DUEBOOK_ADRR"]);
    }
}
