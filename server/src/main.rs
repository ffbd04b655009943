//! The `duebook` binary.

use std::process::ExitCode;

/// SurrealDB's executor recurses; unoptimised frames are about twice as large.
const STACK: usize = if cfg!(debug_assertions) { 20 * 1024 * 1024 } else { 10 * 1024 * 1024 };

fn main() -> ExitCode {
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
