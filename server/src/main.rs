//! The `duebook` binary.

use std::process::ExitCode;

/// SurrealDB allocates a great many small things: with this allocator commits take a quarter less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// SurrealDB's executor recurses; unoptimised frames are about twice as large.
const STACK: usize = if cfg!(debug_assertions) { 20 * 1024 * 1024 } else { 10 * 1024 * 1024 };

fn main() -> ExitCode {
    log_panics();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4)))
        .thread_stack_size(STACK)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(server::command::run()),
        Err(error) => {
            server::command::complain(&format!("The runtime can't be started: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A panic is told where everything else is told, with its place; tokio and the panic layer keep the process alive.
fn log_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if tracing::enabled!(tracing::Level::ERROR) {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, panic = panic.payload_as_str().unwrap_or("without words"), "panicked");
        } else {
            // Before there is a log.
            default(panic);
        }
    }));
}
