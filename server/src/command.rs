//! The command line.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::user::Registration;
use ledger::DemoBooks;
use tracing_subscriber::EnvFilter;

use crate::application::{self, Application};
use crate::config::Config;

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

/// Runs what the command line asks for.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve().await,
        Command::Demo => demo().await,
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

async fn floor(workbook: &std::path::Path, directory: &std::path::Path) -> Result<ExitCode, String> {
    let bytes = std::fs::read(workbook).map_err(|error| format!("{}: {error}", workbook.display()))?;
    let url = crate::config::embedded(directory);
    let floor = ledger::floor(bytes, &url).await.map_err(|error| error.to_string())?;
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
