//! `cargo xtask bench`: the release server measured from outside by the crate `bench/`.

use crate::{
    build,
    tools::{self, Progress, Result, Workspace},
};

/// Builds the release server and the load generator, and starts the latter.
pub fn bench(workspace: &Workspace, args: &[String]) -> Result {
    let mut progress = Progress::new(1);
    build::release_server(workspace, &mut progress)?;
    let mut bench = workspace.cargo(["run", "--release", "--quiet", "--package", "bench", "--"])?;
    // The database under measurement goes into the target directory: /tmp is memory on many machines, and its fsync free.
    bench.arg("--server").arg(workspace.server_binary("release"));
    bench.arg("--scratch").arg(workspace.target.join("xtask")).args(args);
    tools::run(&mut bench)
}
