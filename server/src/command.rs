//! The command line.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::Role;
use domain::user::{Invitation, Registration};
use ledger::{Caller, DemoBooks, Ledger, OneTimeLink};
use tracing_subscriber::EnvFilter;

use crate::application::{self, Application};
use crate::config::{Config, DATABASE_MEMORY_MIB};

#[derive(Parser)]
#[command(name = "duebook", version, about = "Duebook: a self-hosted, real-time collections desk.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the desk (the default).
    Serve,
    /// Serve sample books in memory, with a clock an admin can move forward. Everything is gone when it stops.
    Demo,
    /// Add people, or give them a new password, without a browser. The server must not run on the same embedded database.
    #[command(subcommand)]
    User(UserCommand),
    /// Make a new key that signs access tokens. The one before is known until the next time; restart the server to use it.
    RotateKey,
    /// Recompute every figure from the rows and from the events; exit 1 when anything differs. The server must not run
    /// on the same embedded database.
    Verify,
    /// Print the OpenAPI document of the REST API.
    Openapi,
    /// Measure what importing a workbook costs without Duebook: reading its cells and inserting its rows into a fresh
    /// database. The yardstick of `cargo xtask bench`.
    #[command(hide = true)]
    Floor {
        /// An XLSX file.
        workbook: std::path::PathBuf,
        /// Where the database goes; an empty directory.
        directory: std::path::PathBuf,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add somebody. Prints a one-time link by which they choose a password, unless one is given.
    Add {
        /// E-mail address to sign in with.
        email: String,
        /// Display name; the part before the @ when absent.
        #[arg(long)]
        name: Option<String>,
        /// viewer, collector, manager or admin.
        #[arg(long, default_value = "admin")]
        role: Role,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Let somebody choose a new password by a one-time link, or set one. Ends their sessions, takes their second factor off.
    ResetPassword {
        /// E-mail address they sign in with.
        email: String,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

/// Runs what the command line asks for.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve().await,
        Command::Demo => demo().await,
        Command::User(command) => user(command).await,
        Command::RotateKey => rotate_key(),
        Command::Verify => verify().await,
        Command::Openapi => {
            say(&crate::docs::document_text());
            Ok(ExitCode::SUCCESS)
        }
        Command::Floor { workbook, directory } => floor(&workbook, &directory).await,
    };
    outcome.unwrap_or_else(|message| {
        complain(&message);
        ExitCode::FAILURE
    })
}

async fn serve() -> Result<ExitCode, String> {
    log()?;
    let config = Config::load().map_err(|error| error.to_string())?;
    let application = Application::build(config).await?;
    say(&format!("Duebook is at {}", application.address()));
    application.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// E-mail and password of the demonstration's admin.
const DEMO_ADMIN: (&str, &str) = ("demo@example.com", "seven green kettles");

async fn demo() -> Result<ExitCode, String> {
    log()?;
    let mut config = Config::load().map_err(|error| error.to_string())?;
    config.database_url = Some("mem://".to_owned());
    config.demonstration = true;
    let application = Application::build(config).await?;
    let ledger = application.ledger();
    let (email, password) = DEMO_ADMIN;
    let admin = Registration { name: "Demo Admin".into(), email: email.into(), password: password.into() };
    ledger.register(&admin, None).await.map_err(|error| error.to_string())?;
    ledger.seed(DemoBooks::default()).await.map_err(|error| error.to_string())?;
    say(&format!("Duebook’s demonstration is at {}", application.address()));
    say(&format!("Sign in as {email} with the password “{password}”. Nothing is kept when it stops."));
    application.run().await?;
    Ok(ExitCode::SUCCESS)
}

async fn verify() -> Result<ExitCode, String> {
    let config = Config::load().map_err(|error| error.to_string())?;
    let books = config.data_dir.join("db");
    if config.database_url.is_none() && !books.exists() {
        return Err(format!("There are no books at {}; set DUEBOOK_DATA_DIR.", books.display()));
    }
    let ledger = application::open(&config).await?;
    let report = ledger.verify().await.map_err(|error| format!("The books can't be read: {error}"))?;
    ledger.close().await;
    for difference in &report.differences {
        say(&format!("{}: {}", difference.subject, difference.message));
    }
    say(&format!(
        "{} events, {} customers, {} invoices, {} payments: {} differences",
        report.events,
        report.customers,
        report.invoices,
        report.payments,
        report.differences.len()
    ));
    Ok(if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn user(command: UserCommand) -> Result<ExitCode, String> {
    let config = Config::load().map_err(|error| error.to_string())?;
    let ledger = application::open(&config).await?;
    let outcome = change_user(&ledger, command).await;
    ledger.close().await;
    let told = outcome.map_err(|error| match error {
        ledger::Error::Invalid(errors) => {
            errors.0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
        }
        error => error.to_string(),
    })?;
    match told {
        Told::Link(link) => {
            say(&format!("{}{}", config.address(config.addr), link.path()));
            say(&format!("The link is good once, until {}.", link.expires_at.format("%Y-%m-%d %H:%M UTC")));
        }
        Told::Done => say("Done: they can sign in with this password."),
    }
    Ok(ExitCode::SUCCESS)
}

/// What is told of a changed user.
enum Told {
    Link(OneTimeLink),
    Done,
}

async fn change_user(ledger: &Ledger, command: UserCommand) -> ledger::Result<Told> {
    let operator = Caller::operator();
    match command {
        UserCommand::Add { email, name, role, password_stdin } => {
            let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let invitation = Invitation { name, email, role };
            if password_stdin {
                ledger.add_user_with_password(&operator, &invitation, &typed_password()).await?;
                return Ok(Told::Done);
            }
            let (_, link) = ledger.invite(&operator, &invitation).await?;
            Ok(Told::Link(link))
        }
        UserCommand::ResetPassword { email, password_stdin } => {
            let user = ledger.find_user(&operator, &email).await?;
            if password_stdin {
                ledger.reset_password(&operator, &user, &typed_password()).await?;
                return Ok(Told::Done);
            }
            Ok(Told::Link(ledger.reset_link(&operator, &user.id).await?))
        }
    }
}

/// The first line of standard input; what is no password is refused like any other.
fn typed_password() -> String {
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    line.trim_end_matches(['\r', '\n']).to_owned()
}

fn rotate_key() -> Result<ExitCode, String> {
    let config = Config::load().map_err(|error| error.to_string())?;
    crate::secrets::rotate(&config.data_dir)?;
    say("There is a new key; restart the server to sign with it. Nobody has to sign in again.");
    Ok(ExitCode::SUCCESS)
}

async fn floor(workbook: &std::path::Path, directory: &std::path::Path) -> Result<ExitCode, String> {
    let bytes = std::fs::read(workbook).map_err(|error| format!("{}: {error}", workbook.display()))?;
    let url = crate::config::embedded(directory);
    let floor = ledger::floor(bytes, &url, (DATABASE_MEMORY_MIB << 20).unsigned_abs())
        .await
        .map_err(|error| error.to_string())?;
    say(&format!("{} {:.3} {:.3}", floor.rows, floor.read.as_secs_f64(), floor.inserted.as_secs_f64()));
    Ok(ExitCode::SUCCESS)
}

/// People read colours in a terminal; collectors of logs read JSON. `DUEBOOK_LOG` says what is logged.
fn log() -> Result<(), String> {
    let filter = match std::env::var("DUEBOOK_LOG").ok().filter(|text| !text.trim().is_empty()) {
        Some(text) => EnvFilter::try_new(&text).map_err(|_| {
            format!("DUEBOOK_LOG is “{text}”, which can't be used; it would be right as “info”, for example.")
        })?,
        // Its client warns that a live query can't be ended at a database that is closing; it need not be.
        None => EnvFilter::new("info,surrealdb=error,surrealdb_core=warn,rocksdb=warn"),
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber in one process (tests) is no reason to stop.
    let _ = if std::io::stderr().is_terminal() {
        subscriber.with_target(false).compact().try_init()
    } else {
        subscriber.json().flatten_event(true).try_init()
    };
    Ok(())
}

fn say(text: &str) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Tells the operator why nothing runs.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "duebook: {text}");
}
