//! `cargo xtask build`: the product. The front end by cargo-leptos, the server by Cargo.
//!
//! The two are built apart on purpose. cargo-leptos sets variables for the server's build that some crates look at, so
//! a `cargo build` after it would compile half the workspace anew; Cargo alone does the same without.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use crate::{
    setup,
    tools::{self, Progress, Result, Workspace},
};

/// What the server is made of. Cargo looks at every file as well; this look is only the faster one.
const SERVER_SOURCES: &[&str] = &["Cargo.toml", "Cargo.lock", ".cargo", "domain", "ledger", "app", "server"];
/// What the browser's part is made of.
const FRONT_SOURCES: &[&str] =
    &["Cargo.toml", "Cargo.lock", ".cargo", "domain", "app", "frontend", "style", "public"];

/// Sets up and builds the server and the front end as they are shipped, or finds them built.
pub fn product(workspace: &Workspace) -> Result {
    setup::for_building(workspace)?;
    let mut progress = Progress::new(2);
    front(workspace, &mut progress)?;
    release_server(workspace, &mut progress)
}

/// Whether [`product`] would have nothing to build.
pub fn is_fresh(workspace: &Workspace) -> Result<bool> {
    Ok(front_stamp(workspace)?.is_fresh() && server_stamp(workspace)?.is_fresh())
}

/// The front end as it is shipped, into `target/site`.
pub fn front(workspace: &Workspace, progress: &mut Progress) -> Result {
    let name = "front end (target/site)";
    let stamp = front_stamp(workspace)?;
    if stamp.is_fresh() {
        progress.already(name);
        return Ok(());
    }
    progress.work(name, "cargo-leptos: WebAssembly, Tailwind (first time about 5 min)", || {
        let mut leptos = workspace.command("cargo-leptos")?;
        leptos.args(["build", "--release", "--split", "--frontend-only"]);
        tools::run(&mut workspace.with_site_root(leptos))?;
        stamp.write()
    })
}

/// `target/release/duebook`.
pub fn release_server(workspace: &Workspace, progress: &mut Progress) -> Result {
    let name = "server (target/release/duebook)";
    let stamp = server_stamp(workspace)?;
    if stamp.is_fresh() {
        progress.already(name);
        return Ok(());
    }
    progress.work(name, "cargo build --release (first time about 15 min: SurrealDB and RocksDB)", || {
        tools::run(&mut workspace.cargo([
            "build",
            "--release",
            "--package",
            "server",
            "--bin",
            "duebook",
        ])?)?;
        stamp.write()
    })
}

fn front_stamp(workspace: &Workspace) -> Result<Stamp> {
    Stamp::of(workspace, "front", FRONT_SOURCES, &workspace.site().join("hash.txt"))
}

fn server_stamp(workspace: &Workspace) -> Result<Stamp> {
    Stamp::of(workspace, "server", SERVER_SOURCES, &workspace.server_binary("release"))
}

/// Says whether sources look the same as when something was last built from them.
struct Stamp {
    file: PathBuf,
    text: String,
    built_exists: bool,
}

impl Stamp {
    fn of(workspace: &Workspace, name: &str, sources: &[&str], built: &Path) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        for source in sources {
            hash_tree(&workspace.root.join(source), &mut hasher)?;
        }
        Ok(Self {
            file: workspace.target.join("xtask").join(format!("{name}.stamp")),
            text: format!("{:016x}", hasher.finish()),
            built_exists: built.exists(),
        })
    }

    fn is_fresh(&self) -> bool {
        self.built_exists && fs::read_to_string(&self.file).is_ok_and(|text| text == self.text)
    }

    /// Written only after a build. The sources were hashed before it, so an edit made while it ran is built next time.
    fn write(&self) -> Result {
        tools::write(&self.file, &self.text)
    }
}

/// Path, size and time of change of every file: content would be safer and much slower.
fn hash_tree(path: &Path, hasher: &mut DefaultHasher) -> Result {
    let Ok(metadata) = fs::metadata(path) else {
        return Ok(());
    };
    if !metadata.is_dir() {
        path.hash(hasher);
        metadata.len().hash(hasher);
        metadata.modified().ok().hash(hasher);
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| !path.ends_with("node_modules")) {
        hash_tree(path, hasher)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(path: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash_tree(path, &mut hasher).unwrap();
        hasher.finish()
    }

    #[test]
    fn an_edit_a_new_file_and_a_deletion_are_noticed_and_npm_packages_are_not() {
        let dir = std::env::temp_dir().join(format!("duebook-xtask-{}", std::process::id()));
        tools::write(&dir.join("src/lib.rs"), "one").unwrap();
        let first = hash_of(&dir);
        tools::write(&dir.join("node_modules/a.js"), "installed").unwrap();
        assert_eq!(hash_of(&dir), first);
        tools::write(&dir.join("src/lib.rs"), "other").unwrap();
        let edited = hash_of(&dir);
        assert_ne!(edited, first);
        tools::write(&dir.join("src/new.rs"), "").unwrap();
        assert_ne!(hash_of(&dir), edited);
        fs::remove_file(dir.join("src/new.rs")).unwrap();
        assert_eq!(hash_of(&dir), edited);
        fs::remove_dir_all(&dir).unwrap();
    }
}
