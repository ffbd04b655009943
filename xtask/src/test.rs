//! `cargo xtask test`: every check and test there is, in the order in which they fail fastest.

use crate::{
    build, check, setup,
    tools::{self, Progress, Result, Workspace},
};

/// Sets up, then runs everything; stops at the first failure.
pub fn test(workspace: &Workspace) -> Result {
    setup::for_testing(workspace)?;
    let mut progress = Progress::new(11);
    let outcome = steps(workspace, &mut progress);
    summary(&progress);
    match outcome {
        Ok(()) => {
            println!("All {} steps passed in {:.0} s.", progress.done.len(), progress.seconds());
            Ok(())
        }
        Err(message) => Err(format!("TESTS FAILED: {message}")),
    }
}

fn steps(workspace: &Workspace, progress: &mut Progress) -> Result {
    progress.work("format", "cargo fmt --all --check", || {
        tools::run(&mut workspace.cargo(["fmt", "--all", "--check"])?)
    })?;
    progress.work("walls", "cargo xtask check", || check::check(workspace))?;
    progress.work("supply chain", "cargo deny check", || check::supply_chain(workspace))?;
    progress.work("clippy", "everything that runs on this machine", || {
        tools::run(&mut workspace.cargo([
            "clippy",
            "--workspace",
            "--exclude",
            "frontend",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])?)
    })?;
    progress.work("clippy, browser", "frontend and app as WebAssembly", || {
        let front_target = workspace.target.join("front");
        // cargo-leptos' own profile and target directory: the macros compiled here are those of the build below.
        let mut clippy = workspace.cargo([
            "clippy",
            "--package",
            "frontend",
            "--package",
            "app",
            "--lib",
            "--features",
            "app/hydrate",
        ])?;
        clippy
            .args(["--target", "wasm32-unknown-unknown", "--profile", "wasm-release", "--target-dir"])
            .arg(front_target)
            .args(["--", "-D", "warnings"]);
        tools::run(&mut clippy)
    })?;
    progress.work("tests", "cargo test", || {
        tools::run(&mut workspace.cargo(["test", "--workspace", "--exclude", "frontend"])?)
    })?;
    build::front(workspace, progress)?;
    progress.work("server for the browser tests", "target/debug/duebook", || {
        // The same packages and targets as `cargo test`, so the same features: with `-p server` alone some would
        // differ, and SurrealDB would be compiled a second time.
        tools::run(&mut workspace.cargo([
            "build",
            "--workspace",
            "--exclude",
            "frontend",
            "--bins",
            "--tests",
        ])?)
    })?;
    progress.work("schemathesis", "the API tried by its document", || schemathesis(workspace))?;
    progress.work("soak", "sockets that break, a server that restarts", || soak(workspace))?;
    progress.work("browser tests", "Playwright in end2end/", || browser_tests(workspace))?;
    check::wasm_budget(workspace)
}

/// What the OpenAPI document says, held against the tests' own server.
fn schemathesis(workspace: &Workspace) -> Result {
    let mut run = workspace.command(&setup::schemathesis_python()?.display().to_string())?;
    run.arg("server/tests/schemathesis/run.py").arg(workspace.server_binary("debug"));
    tools::run(&mut run)
}

/// A short one, with the tests' own server; `cargo xtask bench --soak 120` is the long one.
fn soak(workspace: &Workspace) -> Result {
    let server = workspace.server_binary("debug");
    let bench = server.with_file_name("duebook-bench");
    let mut soak = workspace.command(&bench.display().to_string())?;
    soak.arg("--server").arg(server).arg("--scratch").arg(workspace.target.join("xtask"));
    soak.args(["--soak", "20", "--clients", "50", "--rate", "30"]);
    tools::run(&mut soak)
}

fn browser_tests(workspace: &Workspace) -> Result {
    let chromium = tools::on_path(setup::BROWSERS).ok_or("Chromium isn't on PATH")?;
    // Playwright drops the types without looking at them.
    tools::run(
        workspace.command("npx")?.args(["tsc", "--noEmit"]).current_dir(workspace.root.join("end2end")),
    )?;
    let mut playwright = workspace.command("npx")?;
    playwright
        .args(["playwright", "test"])
        .current_dir(workspace.root.join("end2end"))
        .env("CHROMIUM", chromium)
        .env("DUEBOOK_BIN", workspace.server_binary("debug"))
        .env("DUEBOOK_ROOT", &workspace.root);
    tools::run(&mut workspace.with_site_root(playwright))
}

fn summary(progress: &Progress) {
    println!("\n{:<32} {:>9}", "step", "seconds");
    for (name, seconds) in &progress.done {
        println!("{name:<32} {seconds:>9.1}");
    }
    println!();
}
