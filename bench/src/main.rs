//! Measures a `duebook` from outside, over HTTP, and prints what it found beside the targets of the design.
//!
//! Generator and server share the machine, as they do in the targets. Everything runs against real files with every
//! commit fsync'd; the floors (bare HTTP, bare fsync) come from the same run, so that a slow machine is seen as one.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks on the terminal")]

mod client;
mod floor;
mod import;
mod latency;
mod lists;
mod live;
mod machine;
mod payments;
mod reports;
mod server;
mod soak;
mod table;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use client::Account;
use server::Server;
use table::Table;

/// Whatever goes wrong ends the run; the message is for a person.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How much is measured.
pub struct Scale {
    /// Customers of the first, smaller database.
    pub few: usize,
    /// Customers of the large one.
    pub many: usize,
    /// Sheets of `many` customers that make the largest.
    pub sheets: usize,
    /// How long each load runs.
    pub load: Duration,
    /// Requests of each kind of page.
    pub pages: usize,
    /// Payments timed until they appear at the subscribers.
    pub frames: usize,
}

const FULL: Scale =
    Scale { few: 10_000, many: 100_000, sheets: 10, load: Duration::from_secs(8), pages: 300, frames: 300 };
/// A look that takes a minute: the numbers say whether it works, not how fast it is.
const QUICK: Scale =
    Scale { few: 1_000, many: 5_000, sheets: 2, load: Duration::from_secs(2), pages: 50, frames: 50 };

fn main() -> ExitCode {
    let outcome = Arguments::read().and_then(|arguments| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        match arguments.soak {
            Some(plan) => runtime.block_on(soak::run(&arguments.server, &arguments.scratch, plan)),
            None if arguments.imports => runtime.block_on(imports(&arguments)),
            None => runtime.block_on(measure(&arguments)),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nbench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The largest database: a million customers with an invoice each, imported in ten sheets.
async fn million(arguments: &Arguments, bare: &floor::BareHttp, table: &mut Table) -> Result {
    let Arguments { scale, server: binary, .. } = arguments;
    let sheets = scale.sheets;
    let customers = sheets * scale.many;
    println!("… {customers} customers: import, grid, reports, payments, start");
    let dir = tempfile::tempdir_in(&arguments.scratch)?;
    let server = Server::start(binary, dir.path()).await?;
    let account = Account::register(server.address()).await?;
    let mut took = Duration::ZERO;
    for sheet in 0..sheets {
        took += import::customers(&account, &format!("M{sheet}"), scale.many).await?;
    }
    let rate = customers as f64 / took.as_secs_f64();
    table.row(
        &format!("import of {customers} customers in {sheets} sheets"),
        format!("{:.1} s, {rate:.0} rows/s", took.as_secs_f64()),
        "",
        "",
        "",
    );
    lists::grid(&account, scale, customers, bare, table).await?;
    reports::measure(&account, scale, customers, bare, table).await?;
    payments::growth(&account, scale, customers, table).await?;
    lists::documents(&account, scale, bare, table).await?;
    let memory = format!("{:.0} MiB", server.memory_mib("VmRSS")?);
    table.row(&format!("memory after that, {customers} customers"), memory, "", "", "");
    server.stop().await?;
    server::measure_start(binary, dir.path(), customers, table).await
}

/// Imports alone, for whoever works on them.
async fn imports(arguments: &Arguments) -> Result {
    std::fs::create_dir_all(&arguments.scratch)?;
    let mut table = Table::default();
    let dir = tempfile::tempdir_in(&arguments.scratch)?;
    println!("{}", machine::line(dir.path()));
    let server = Server::start(&arguments.server, dir.path()).await?;
    let account = Account::register(server.address()).await?;
    let Arguments { server: binary, scratch, scale, .. } = arguments;
    import::measure(binary, scratch, &account, &server, scale, &mut table).await?;
    server.stop().await?;
    println!();
    table.print();
    Ok(())
}

struct Arguments {
    server: PathBuf,
    scratch: PathBuf,
    scale: Scale,
    million: bool,
    imports: bool,
    soak: Option<soak::Plan>,
}

/// What `--soak` drives unless told otherwise.
const SOAK: soak::Plan =
    soak::Plan { clients: 1_000, rate: 500, length: Duration::from_secs(120), customers: 1_000 };

impl Arguments {
    fn read() -> Result<Self> {
        let (mut server, mut scratch, mut scale) = (None, std::env::temp_dir(), FULL);
        let (mut million, mut imports) = (false, false);
        let mut soak: Option<soak::Plan> = None;
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--server" => server = args.next().map(PathBuf::from),
                "--scratch" => {
                    scratch = args.next().map(PathBuf::from).ok_or("--scratch needs a directory")?
                }
                "--quick" => scale = QUICK,
                "--million" => million = true,
                "--imports" => imports = true,
                "--soak" => {
                    let seconds = number(args.next(), "--soak needs its length in seconds")?;
                    soak.get_or_insert(SOAK).length = Duration::from_secs(seconds);
                }
                "--clients" => {
                    soak.get_or_insert(SOAK).clients =
                        number(args.next(), "--clients needs a number")? as usize;
                }
                "--rate" => {
                    soak.get_or_insert(SOAK).rate = number(args.next(), "--rate needs changes a second")?;
                }
                other => {
                    return Err(
                        format!("`{other}` is not understood; there are --quick, --million and --imports, and --soak SECONDS with --clients and --rate").into()
                    );
                }
            }
        }
        let server = server.ok_or("--server needs the path of the duebook binary")?;
        Ok(Self { server, scratch, scale, million, imports, soak })
    }
}

fn number(text: Option<String>, complaint: &str) -> Result<u64> {
    Ok(text.and_then(|text| text.parse().ok()).filter(|number| *number > 0).ok_or(complaint)?)
}

async fn measure(arguments: &Arguments) -> Result {
    let scale = &arguments.scale;
    std::fs::create_dir_all(&arguments.scratch)?;
    let mut table = Table::default();

    let dir = tempfile::tempdir_in(&arguments.scratch)?;
    println!("{}", machine::line(dir.path()));
    let fsyncs = floor::fsyncs_per_second(dir.path())?;

    println!("… {} customers: grid, payments, live", scale.few);
    let server = Server::start(&arguments.server, dir.path()).await?;
    let account = Account::register(server.address()).await?;
    let bare = floor::http(server.address(), scale.load).await?;
    table.floors(&bare, fsyncs);
    import::customers(&account, "A", scale.few).await?;
    lists::grid(&account, scale, scale.few, &bare, &mut table).await?;
    reports::measure(&account, scale, scale.few, &bare, &mut table).await?;
    payments::measure(&account, scale, &bare, fsyncs, &mut table).await?;
    live::measure(&account, &server, scale, &bare, &mut table).await?;
    server.stop().await?;
    drop(dir);

    println!("… {} customers: import, grid, search, start", scale.many);
    let dir = tempfile::tempdir_in(&arguments.scratch)?;
    let server = Server::start(&arguments.server, dir.path()).await?;
    let account = Account::register(server.address()).await?;
    import::measure(&arguments.server, &arguments.scratch, &account, &server, scale, &mut table).await?;
    lists::grid(&account, scale, scale.many, &bare, &mut table).await?;
    reports::measure(&account, scale, scale.many, &bare, &mut table).await?;
    reports::measure_exports(&account, &server, scale.many, &mut table).await?;
    payments::growth(&account, scale, scale.many, &mut table).await?;
    lists::documents(&account, scale, &bare, &mut table).await?;
    import::measure_others(&account, scale, &mut table).await?;
    server.stop().await?;
    server::measure_start(&arguments.server, dir.path(), scale.many, &mut table).await?;
    if arguments.million {
        million(arguments, &bare, &mut table).await?;
    }

    println!();
    table.print();
    Ok(())
}
