//! Configuration: `Leptos.toml`, with `DUEBOOK_*` over it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use domain::{Currency, SignUp};
use leptos::config::{Env, LeptosOptions};
use ledger::{ImportLimits, Organisation};
use toml::{Table, Value};

/// Everything the server is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub addr: SocketAddr,
    /// How browsers reach it (`https://desk.example.com`), when that is not the address it listens on.
    pub base_url: Option<String>,
    /// The database; `None` is RocksDB under the data directory.
    pub database_url: Option<String>,
    /// User and password of a `ws://` database.
    pub database_credentials: Option<(String, String)>,
    /// Database and secrets.
    pub data_dir: PathBuf,
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
    /// Sockets one person may hold.
    pub live_per_user: usize,
    /// What an import may cost.
    pub import: ImportLimits,
    /// The organisation.
    pub organisation: Organisation,
    /// What Leptos needs to find the built front end.
    pub leptos: LeptosOptions,
}

/// A setting that can't be used, named with where it came from and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// The settings file with the environment over it.
struct Settings {
    file: Table,
    environment: fn(&str) -> Option<String>,
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
        Self::from(&Settings { file: table, environment: |name| std::env::var(name).ok() }, &root)
    }

    fn from(settings: &Settings, root: &Path) -> Result<Self, ConfigError> {
        let site = |key: &str, default: &str| settings.leptos(key).unwrap_or_else(|| default.to_owned());
        let addr: SocketAddr = settings
            .env("DUEBOOK_ADDR")
            .or_else(|| settings.leptos("site-addr"))
            .map_or(Ok(SocketAddr::from(([127, 0, 0, 1], 4400))), |text| parse("DUEBOOK_ADDR", &text, "127.0.0.1:4400"))?;
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
            .hash_file(hash_file.display().to_string())
            .build();
        let data_dir = settings.text("database", "data_dir", "DUEBOOK_DATA_DIR").unwrap_or_else(|| "data".to_owned());
        let not_empty = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let base_url = not_empty(settings.text("server", "base_url", "DUEBOOK_BASE_URL"))
            .map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = base_url.as_deref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            return Err(wrong("DUEBOOK_BASE_URL", url, "https://desk.example.com"));
        }
        let credentials = (settings.env("DUEBOOK_DATABASE_USER"), settings.env("DUEBOOK_DATABASE_PASSWORD"));
        Ok(Self {
            addr,
            base_url,
            database_url: not_empty(settings.text("database", "url", "DUEBOOK_DATABASE_URL")),
            database_credentials: match credentials {
                (Some(user), Some(password)) => Some((user, password)),
                _ => None,
            },
            data_dir: root.join(data_dir),
            access_minutes: settings.number("auth", "access_minutes", 15)?,
            refresh_days: settings.number("auth", "refresh_days", 30)?,
            sign_up: settings.parsed("auth", "sign_up", "DUEBOOK_SIGN_UP", "approval")?,
            live_queue: settings.number("live", "queue", 256)?,
            live_ping: Duration::from_secs(settings.number("live", "ping_seconds", 25)?),
            live_poll: Duration::from_millis(settings.number("live", "poll_ms", 1000)?),
            live_per_user: settings.number("live", "max_per_user", 50)?,
            import: ImportLimits {
                max_bytes: settings.number("import", "max_bytes", 50 * 1024 * 1024)?,
                max_rows: settings.number("import", "max_rows", 200_000)?,
                max_columns: settings.number("import", "max_columns", 200)?,
                workers: settings.number("import", "workers", 2)?,
            },
            organisation: Organisation {
                name: settings.text("organisation", "name", "DUEBOOK_NAME").unwrap_or_else(|| "Duebook".to_owned()),
                time_zone: settings.parsed("organisation", "time_zone", "DUEBOOK_TIME_ZONE", "UTC")?,
                currency: settings.parsed::<Currency>("organisation", "currency", "DUEBOOK_CURRENCY", "USD")?,
            },
            leptos,
        })
    }

    /// The database to open: the one named, else RocksDB under the data directory, each commit synced to disk.
    pub fn database(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("rocksdb://{}?sync=every", self.data_dir.join("db").display()))
    }

    /// Whether browsers come over TLS.
    pub fn secure(&self) -> bool {
        self.base_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Where people find it.
    pub fn address(&self, bound: SocketAddr) -> String {
        self.base_url.clone().unwrap_or_else(|| format!("http://{bound}"))
    }
}

impl Settings {
    fn env(&self, name: &str) -> Option<String> {
        (self.environment)(name)
    }

    fn leptos(&self, key: &str) -> Option<String> {
        let table = self.file.get("workspace")?.get("metadata")?.get("leptos")?;
        let table = table.as_array().and_then(|tables| tables.first()).unwrap_or(table);
        table.get(key)?.as_str().map(str::to_owned)
    }

    /// `[section] key`, `DUEBOOK_SECTION_KEY` over it, the short name over both.
    fn text(&self, section: &str, key: &str, short: &str) -> Option<String> {
        let long = format!("DUEBOOK_{}_{}", section.to_uppercase(), key.to_uppercase());
        self.env(short).or_else(|| self.env(&long)).or_else(|| {
            let value = self.file.get(section)?.get(key)?;
            Some(match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        })
    }

    fn parsed<T: FromStr>(&self, section: &str, key: &str, short: &str, default: &str) -> Result<T, ConfigError> {
        let text = self.text(section, key, short).unwrap_or_else(|| default.to_owned());
        parse(&format!("[{section}] {key} ({short})"), &text, default)
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
    ConfigError(format!("{name} is “{text}”, which can't be used; it would be right as “{example}”, for example."))
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

    fn settings(text: &str, environment: fn(&str) -> Option<String>) -> Settings {
        Settings { file: text.parse().unwrap(), environment }
    }

    #[test]
    fn the_committed_file_is_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let text = std::fs::read_to_string(root.join("Leptos.toml")).unwrap();
        let config = Config::from(&settings(&text, |_| None), root).unwrap();
        assert_eq!(config.addr.port(), 4400);
        assert_eq!(config.leptos.output_name.as_ref(), "duebook");
        assert_eq!(config.live_per_user, 50);
        assert!(config.database().starts_with("rocksdb://"));
    }

    #[test]
    fn the_environment_wins_and_short_names_win_over_long_ones() {
        let environment = |name: &str| match name {
            "DUEBOOK_ADDR" => Some("0.0.0.0:9".to_owned()),
            "DUEBOOK_ORGANISATION_CURRENCY" => Some("EUR".to_owned()),
            "DUEBOOK_CURRENCY" => Some("JPY".to_owned()),
            "DUEBOOK_LIVE_QUEUE" => Some("9".to_owned()),
            _ => None,
        };
        let config = Config::from(&settings("[live]\nqueue = 5", environment), Path::new(".")).unwrap();
        assert_eq!((config.addr.port(), config.organisation.currency, config.live_queue), (9, Currency::JPY, 9));
    }

    #[test]
    fn a_wrong_value_is_named() {
        let error = Config::from(&settings("[organisation]\ntime_zone = \"Mars\"", |_| None), Path::new("."));
        assert!(error.unwrap_err().to_string().contains("time_zone"));
        let error = Config::from(&settings("[live]\nqueue = 0", |_| None), Path::new("."));
        assert!(error.unwrap_err().to_string().contains("[live] queue"));
    }
}
