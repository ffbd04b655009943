//! Where things are, which versions are wanted, and how commands are started and announced.

use std::{
    env,
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// The error is the sentence the user reads.
pub type Result<T = ()> = std::result::Result<T, String>;

/// 0.3.11 needs a newer Rust than this workspace's `rust-version`.
pub const CARGO_LEPTOS: &str = "0.3.10";
/// Looks at licences, sources, duplicates and advisories.
pub const CARGO_DENY: &str = "0.20.2";
/// The oldest Node.js that Tailwind, Binaryen and Playwright all accept.
pub const NODE_MAJOR: u32 = 20;

/// The checkout and the places that belong to it.
pub struct Workspace {
    /// The directory of the workspace's Cargo.toml.
    pub root: PathBuf,
    /// Cargo's target directory.
    pub target: PathBuf,
    /// Whether the target directory is elsewhere than in the checkout.
    target_elsewhere: bool,
}

impl Workspace {
    /// Finds the checkout this xtask was started in.
    pub fn find() -> Result<Self> {
        let manifest_dir =
            env::var_os("CARGO_MANIFEST_DIR").ok_or("start me with `cargo xtask` inside the checkout")?;
        let root =
            PathBuf::from(manifest_dir).parent().ok_or("xtask doesn't lie inside a workspace")?.to_path_buf();
        let default = root.join("target");
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => std::path::absolute(&dir).map_err(|e| format!("CARGO_TARGET_DIR {dir:?}: {e}"))?,
            None => default.clone(),
        };
        Ok(Self { target_elsewhere: target != default, root, target })
    }

    /// The server binary of a Cargo profile directory (`debug`, `release`).
    pub fn server_binary(&self, profile_dir: &str) -> PathBuf {
        self.target.join(profile_dir).join("duebook")
    }

    /// The built front end: cargo-leptos' site root.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// A command in the checkout's root that finds our tools first on PATH.
    pub fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", self.path_with_tools()?);
        // What `cargo run` tells xtask about itself is not true of what xtask starts.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&*name);
            }
        }
        Ok(command)
    }

    /// Cargo, as [`Self::command`].
    pub fn cargo<const N: usize>(&self, args: [&str; N]) -> Result<Command> {
        let mut command = self.command("cargo")?;
        command.args(args);
        Ok(command)
    }

    /// Tells cargo-leptos, or a server, where the site is when Cargo's target directory was moved.
    pub fn with_site_root(&self, mut command: Command) -> Command {
        if self.target_elsewhere {
            command.env("LEPTOS_SITE_ROOT", self.site()).env("DUEBOOK_SITE_ROOT", self.site());
        }
        command
    }

    fn path_with_tools(&self) -> Result<OsString> {
        let mut dirs = vec![
            tool_dir("cargo-leptos", CARGO_LEPTOS)?.join("bin"),
            tool_dir("cargo-deny", CARGO_DENY)?.join("bin"),
            tool_dir("wasm-bindgen-cli", &self.locked_version("wasm-bindgen")?)?.join("bin"),
            self.root.join("style/node_modules/.bin"),
        ];
        dirs.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        env::join_paths(dirs).map_err(|e| format!("PATH can't be extended: {e}"))
    }

    /// The version of a package that Cargo.lock holds.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let lock = read(&self.root.join("Cargo.lock"))?;
        // Scanned rather than parsed: the file is long, and this runs before every start.
        let name = format!("name = \"{package}\"");
        let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
        lines
            .next()
            .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
            .map(str::to_owned)
            .ok_or_else(|| format!("Cargo.lock has no package `{package}`"))
    }
}

/// Where a tool of exactly this version is kept for all checkouts of this user.
pub fn tool_dir(name: &str, version: &str) -> Result<PathBuf> {
    Ok(cache_dir()?.join("tools").join(format!("{name}-{version}")))
}

/// Duebook's part of the user's cache.
pub fn cache_dir() -> Result<PathBuf> {
    let cache = match env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => {
            PathBuf::from(env::var_os("HOME").ok_or("neither XDG_CACHE_HOME nor HOME is set")?).join(".cache")
        }
    };
    Ok(cache.join("duebook"))
}

/// Runs a command with the terminal to itself.
pub fn run(command: &mut Command) -> Result {
    let shown = shown(command);
    let status = command.status().map_err(|e| not_started(&shown, &e))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}

/// Runs a command and returns what it printed; `None` when it isn't installed or fails.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command and returns what it printed, or its complaint.
pub fn capture(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.stdin(Stdio::null()).output().map_err(|e| not_started(&shown, &e))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{shown}` failed:\n{}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

fn not_started(shown: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("`{shown}` can't be started: the program isn't installed"),
        _ => format!("`{shown}` can't be started: {error}"),
    }
}

fn shown(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    std::iter::once(command.get_program().to_string_lossy()).chain(args).collect::<Vec<_>>().join(" ")
}

/// The first of these programs on PATH.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .find_map(|name| env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file()))
}

/// Reads a text file; the error names it.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes a file and the directories above it; the error names it.
pub fn write(path: &Path, text: &str) -> Result {
    let complaint = |e: std::io::Error| format!("{}: {e}", path.display());
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(complaint)?;
    }
    fs::write(path, text).map_err(complaint)
}

/// Numbers the steps of a command and says of each whether there was something to do, and how long it took.
pub struct Progress {
    total: usize,
    number: usize,
    begun: Instant,
    /// Name and seconds of every step, in order.
    pub done: Vec<(String, f64)>,
}

impl Progress {
    /// Starts counting towards `total` steps.
    pub fn new(total: usize) -> Self {
        Self { total, number: 0, begun: Instant::now(), done: Vec::new() }
    }

    /// A step whose result is here already.
    pub fn already(&mut self, name: &str) {
        self.number += 1;
        println!("[{}/{}] {name} … already here", self.number, self.total);
    }

    /// A step that only had to look.
    pub fn fine(&mut self, name: &str) {
        self.number += 1;
        println!("[{}/{}] {name} … fine", self.number, self.total);
    }

    /// A step with work: announces it, does it, says how long it took.
    pub fn work(&mut self, name: &str, doing: &str, work: impl FnOnce() -> Result) -> Result {
        self.number += 1;
        println!("[{}/{}] {name} … {doing}", self.number, self.total);
        let begun = Instant::now();
        let outcome = work();
        let seconds = begun.elapsed().as_secs_f64();
        self.done.push((name.to_owned(), seconds));
        match outcome {
            Ok(()) => {
                println!("      {name}: done in {seconds:.1} s");
                Ok(())
            }
            Err(message) => Err(format!(
                "step {}/{}, {name}, failed after {seconds:.1} s: {message}",
                self.number, self.total
            )),
        }
    }

    /// Seconds since the first step.
    pub fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }
}
