//! `cargo xtask setup`: what building and testing need, each step looked at before it is done.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::tools::{self, CARGO_DENY, CARGO_LEPTOS, NODE_MAJOR, Progress, Result, Workspace};

/// A release build of SurrealDB, RocksDB and the front end, with room to spare.
const FIRST_BUILD_GIB: u64 = 12;
/// A build on top of an earlier one.
const NEXT_BUILD_GIB: u64 = 2;

/// RocksDB is C++ and its bindings are generated with libclang.
const BUILD_PACKAGES: &[&str] = &["clang", "libclang-dev", "g++"];
const BROWSER_PACKAGES: &[&str] = &["chromium"];
/// LibreOffice saves the sheets of the import tests; Python, with openpyxl, writes them.
const SHEET_PACKAGES: &[&str] = &["libreoffice-calc-nogui", "python3-venv"];
const OPENPYXL: &str = "3.1.5";
/// Tries the API by its document.
const SCHEMATHESIS: &str = "4.32.5";
/// What it makes requests with: another version makes others.
const HYPOTHESIS: &str = "hypothesis==6.170.15";
/// The names Chromium goes by.
pub const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Everything `build` and `run` need.
pub fn for_building(workspace: &Workspace) -> Result {
    building_steps(workspace, &mut Progress::new(7))
}

/// Everything `test` needs.
pub fn for_testing(workspace: &Workspace) -> Result {
    let mut progress = Progress::new(15);
    building_steps(workspace, &mut progress)?;
    rust_components(&mut progress)?;
    CargoTool {
        package: "cargo-deny",
        version: CARGO_DENY,
        install_args: &["--locked"],
        opt_level: "0",
        minutes: 2,
    }
    .install(&mut progress)?;
    browser(&mut progress)?;
    npm_packages(workspace, &mut progress, "end2end")?;
    libreoffice(&mut progress)?;
    python_package(&mut progress, "openpyxl", OPENPYXL, &[])?;
    python_package(&mut progress, "schemathesis", SCHEMATHESIS, &[HYPOTHESIS])?;
    foreign_sheets(workspace, &mut progress)
}

fn building_steps(workspace: &Workspace, progress: &mut Progress) -> Result {
    disk_space(workspace, progress)?;
    wasm_target(progress)?;
    system_packages(progress)?;
    node(progress)?;
    CargoTool {
        package: "cargo-leptos",
        version: CARGO_LEPTOS,
        install_args: &["--locked", "--features", "no_downloads"],
        opt_level: "1",
        minutes: 9,
    }
    .install(progress)?;
    CargoTool {
        package: "wasm-bindgen-cli",
        version: &workspace.locked_version("wasm-bindgen")?,
        // Its own lock file doesn't resolve any more, hence no `--locked`.
        install_args: &[],
        opt_level: "1",
        minutes: 3,
    }
    .install(progress)?;
    npm_packages(workspace, progress, "style")
}

fn disk_space(workspace: &Workspace, progress: &mut Progress) -> Result {
    let built_before = ["release", "debug"].iter().any(|profile| workspace.server_binary(profile).exists());
    let needed = if built_before { NEXT_BUILD_GIB } else { FIRST_BUILD_GIB };
    let existing = workspace.target.ancestors().find(|dir| dir.exists()).unwrap_or(&workspace.root);
    let Some(free) = tools::ask(Command::new("df").arg("-Pk").arg(existing)).and_then(|df| free_kib(&df))
    else {
        progress.fine("disk space (df doesn't say how much; going on)");
        return Ok(());
    };
    let free = free / (1024 * 1024);
    if free < needed {
        return Err(format!(
            "a build needs about {needed} GiB of disk, {} has {free} GiB free. Make room, or set CARGO_TARGET_DIR to a larger disk.",
            existing.display()
        ));
    }
    progress.fine(&format!("disk space: {free} GiB free, {needed} needed"));
    Ok(())
}

/// The fourth column of the second line of `df -Pk`.
fn free_kib(df: &str) -> Option<u64> {
    df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn wasm_target(progress: &mut Progress) -> Result {
    const TARGET: &str = "wasm32-unknown-unknown";
    let name = "Rust for WebAssembly";
    let sysroot = tools::ask(Command::new("rustc").args(["--print", "sysroot"]))
        .ok_or("`rustc` isn't on PATH. Install Rust from https://rustup.rs")?;
    if Path::new(&sysroot).join("lib/rustlib").join(TARGET).exists() {
        progress.already(name);
        return Ok(());
    }
    progress.work(name, "installing with rustup", || {
        tools::run(Command::new("rustup").args(["target", "add", TARGET])).map_err(|e| {
            format!(
                "{e}\nThe target {TARGET} is needed; without rustup, take it from where your Rust came from."
            )
        })
    })
}

fn rust_components(progress: &mut Progress) -> Result {
    let name = "rustfmt and clippy";
    let missing: Vec<_> = [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")]
        .into_iter()
        .filter(|(_, program)| tools::ask(Command::new(program).arg("--version")).is_none())
        .map(|(component, _)| component)
        .collect();
    if missing.is_empty() {
        progress.already(name);
        return Ok(());
    }
    progress.work(name, "installing with rustup", || {
        tools::run(Command::new("rustup").args(["component", "add"]).args(&missing))
    })
}

fn system_packages(progress: &mut Progress) -> Result {
    let name = "C++ compiler and libclang";
    let here = if tools::on_path(&["dpkg-query"]).is_some() {
        BUILD_PACKAGES.iter().all(|package| debian_has(package))
    } else {
        tools::on_path(&["clang"]).is_some()
    };
    if here {
        progress.already(name);
        return Ok(());
    }
    progress.work(name, "installing Debian packages", || debian_install(BUILD_PACKAGES))
}

fn browser(progress: &mut Progress) -> Result {
    if tools::on_path(BROWSERS).is_some() {
        progress.already("Chromium");
        return Ok(());
    }
    progress.work("Chromium", "installing the Debian package", || debian_install(BROWSER_PACKAGES))
}

fn libreoffice(progress: &mut Progress) -> Result {
    let name = "LibreOffice and Python";
    let venv = tools::ask(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_some();
    if venv && tools::on_path(&["soffice"]).is_some() {
        progress.already(name);
        return Ok(());
    }
    progress.work(name, "installing Debian packages", || debian_install(SHEET_PACKAGES))
}

/// A Python of its own for each, so that nothing of the user's is changed.
fn python_package(progress: &mut Progress, package: &str, version: &str, along: &[&str]) -> Result {
    let name = format!("{package} {version}");
    let dir = tools::tool_dir(package, version)?;
    let python = dir.join("bin/python");
    if tools::ask(Command::new(&python).arg("-c").arg(format!("import {package}"))).is_some() {
        progress.already(&name);
        return Ok(());
    }
    progress.work(&name, "installing from PyPI", || {
        tools::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dir))?;
        tools::run(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("{package}=={version}"))
                .args(along),
        )
    })
}

/// The Python that has Schemathesis.
pub fn schemathesis_python() -> Result<PathBuf> {
    Ok(tools::tool_dir("schemathesis", SCHEMATHESIS)?.join("bin/python"))
}

/// Has other programs write the files that `ledger/tests/foreign.rs` imports.
fn foreign_sheets(workspace: &Workspace, progress: &mut Progress) -> Result {
    let name = "sheets of other programs";
    let script = workspace.root.join("ledger/tests/foreign/make.py");
    let dir = workspace.target.join("tmp/foreign-sheets");
    let (made_by, text) = (dir.join("made-by.py"), tools::read(&script)?);
    if tools::read(&made_by).is_ok_and(|made_by| made_by == text) {
        progress.already(name);
        return Ok(());
    }
    progress.work(name, "openpyxl and LibreOffice write them", || {
        let python = tools::tool_dir("openpyxl", OPENPYXL)?.join("bin/python");
        tools::run(Command::new(python).arg(&script).arg(&dir))?;
        tools::write(&made_by, &text)
    })
}

fn debian_has(package: &str) -> bool {
    tools::ask(Command::new("dpkg-query").args(["-W", "-f", "${Status}", package]))
        .is_some_and(|status| status == "install ok installed")
}

fn debian_install(packages: &[&str]) -> Result {
    let list = packages.join(" ");
    if tools::on_path(&["apt-get"]).is_none() {
        return Err(format!("this isn't Debian or Ubuntu. Install what there corresponds to: {list}"));
    }
    let root = tools::ask(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    if !root {
        return Err(format!(
            "Debian packages are missing. Type this, then start me again:\n\n    sudo apt-get install -y {list}\n"
        ));
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    tools::run(apt().args(["update", "-qq"]))?;
    tools::run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
}

fn node(progress: &mut Progress) -> Result {
    let advice = format!(
        "Install Node.js {NODE_MAJOR} or newer (with npm) from https://nodejs.org, then start me again."
    );
    let Some(version) = tools::ask(Command::new("node").arg("--version")) else {
        return Err(format!("`node` isn't on PATH. {advice}"));
    };
    if node_major(&version).is_none_or(|major| major < NODE_MAJOR) {
        return Err(format!("Node.js {version} is too old. {advice}"));
    }
    if tools::on_path(&["npm"]).is_none() {
        return Err(format!("Node.js {version} is here but npm isn't. {advice}"));
    }
    progress.fine(&format!("Node.js {version}"));
    Ok(())
}

fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// A program of crates.io, built into a directory of its own, so that nothing of the user's is overwritten.
struct CargoTool<'a> {
    package: &'a str,
    version: &'a str,
    install_args: &'a [&'a str],
    /// They run for seconds: a quick build is worth more than quick code.
    opt_level: &'a str,
    /// How long the build takes on two cores, for the user.
    minutes: u32,
}

impl CargoTool<'_> {
    /// Builds it, unless this version is there.
    fn install(&self, progress: &mut Progress) -> Result {
        let &Self { package, version, .. } = self;
        let name = format!("{package} {version}");
        let dir = tools::tool_dir(package, version)?;
        let program = package.trim_end_matches("-cli");
        let installed = dir.join("bin").join(program);
        let right = |path: &Path| {
            tools::ask(Command::new(path).arg("--version"))
                .is_some_and(|answer| answer.split_whitespace().nth(1) == Some(version))
        };
        if right(&installed) || right(Path::new(program)) {
            progress.already(&name);
            return Ok(());
        }
        progress.work(&name, &format!("building (about {} min on two cores)", self.minutes), || {
            let scratch = tools::cache_dir()?.join(format!("build-{package}-{}", std::process::id()));
            let outcome = tools::run(
                Command::new("cargo")
                    .args(["install", package, "--version", version, "--root"])
                    .arg(&dir)
                    .args(self.install_args)
                    .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level)
                    .env("CARGO_PROFILE_RELEASE_LTO", "off")
                    .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
                    .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                    .env("CARGO_TARGET_DIR", &scratch),
            );
            // Left-over gigabytes are a nuisance, no failure.
            let _ = fs::remove_dir_all(&scratch);
            outcome
        })
    }
}

/// `npm ci` in a directory, when its lock file isn't the one that was installed last.
fn npm_packages(workspace: &Workspace, progress: &mut Progress, dir: &str) -> Result {
    let name = format!("npm packages of {dir}/");
    let dir = workspace.root.join(dir);
    let lock = tools::read(&dir.join("package-lock.json"))?;
    // A copy rather than a date: `git checkout` changes dates and keeps contents, or the other way round.
    let installed = dir.join("node_modules/.duebook-installed-lock.json");
    if tools::read(&installed).is_ok_and(|text| text == lock) {
        progress.already(&name);
        return Ok(());
    }
    progress.work(&name, "npm ci", || {
        tools::run(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&dir)
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
        )?;
        tools::write(&installed, &lock)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_free_space_from_df() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 264212084 14733128 80552760 16% /\n";
        assert_eq!(free_kib(df), Some(80_552_760));
        assert_eq!(free_kib("df: no such file"), None);
    }

    #[test]
    fn reads_the_major_version_of_node() {
        assert_eq!(node_major("v20.20.2"), Some(20));
        assert_eq!(node_major("command not found"), None);
    }
}
