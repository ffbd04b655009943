//! `cargo xtask check`: the walls between the crates, and a few promises no compiler looks after.
//!
//! Every wall is a function from what it looks at to the list of what is wrong, so that the tests below can show each
//! of them failing. The walls are those of the README's architecture chapter.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::tools::{self, Result, Workspace};

/// Files and directories of `ledger/src` that may change rows: the commit path and what it is made of.
const WRITERS: &[&str] = &["ledger/src/store/"];
/// The only file that may look at the wall clock.
const CLOCK: &str = "ledger/src/clock.rs";
const FORBIDDEN_CLOCKS: &[&str] = &["chrono::Utc::now", "chrono::Local::now", "std::time::SystemTime::now"];

/// `domain` has no runtime, no network, no database and no screen.
const NOT_IN_DOMAIN: &[&str] = &[
    "async-std",
    "axum",
    "futures",
    "hyper",
    "js-sys",
    "ledger",
    "leptos",
    "reqwest",
    "smol",
    "surrealdb",
    "tokio",
    "wasm-bindgen",
    "web-sys",
];
/// What only the server needs would make everyone's first visit slow.
const NOT_IN_THE_BROWSER: &[&str] = &[
    "argon2",
    "axum",
    "calamine",
    "hyper",
    "jsonwebtoken",
    "ledger",
    "rust_xlsxwriter",
    "rustls",
    "server",
    "surrealdb",
    "tokio",
];
/// Words that give a SurrealQL statement away.
const SURREALQL: &[&str] = &[
    "SELECT * FROM",
    "SELECT VALUE",
    "LIVE SELECT",
    "UPSERT ",
    "RELATE ",
    "CREATE ONLY",
    "DEFINE TABLE",
    "DEFINE FIELD",
    "DEFINE INDEX",
    "BEGIN TRANSACTION",
    "COMMIT TRANSACTION",
];
/// Statements that change rows.
const WRITES: &[&str] = &[
    "CREATE ",
    "UPDATE ",
    "UPSERT ",
    "INSERT INTO ",
    "INSERT IGNORE ",
    "INSERT RELATION ",
    "DELETE ",
    "RELATE ",
];
/// Options that Cargo.toml and Leptos.toml both hold.
const SHARED_LEPTOS_OPTIONS: &[&str] =
    &["output-name", "site-root", "site-pkg-dir", "hash-files", "site-addr"];
/// Brotli-compressed WebAssembly of the first page (DESIGN.md, targets).
const WASM_BUDGET_KIB: u64 = 220;

/// Looks at every wall and fails when one has a hole.
pub fn check(workspace: &Workspace) -> Result {
    let root = &workspace.root;
    let files = text_files(root)?;
    let cargo_toml = parse(root, "Cargo.toml")?;
    let walls = [
        (
            "domain knows no runtime, network, database or screen",
            forbidden_in(NOT_IN_DOMAIN, &tree(workspace, "domain", None)?),
        ),
        (
            "the browser's part has nothing of the server's",
            forbidden_in(NOT_IN_THE_BROWSER, &tree(workspace, "frontend", Some("wasm32-unknown-unknown"))?),
        ),
        ("only ledger names SurrealDB", surrealdb_outside_ledger(&files)),
        ("rows are written in ledger's store only", writes_outside_store(&files)),
        ("pages and handlers go through use cases", store_behind_the_use_cases(&files)),
        (
            "the wall clock is read in one place",
            clock_lint_weakened(&parse(root, "clippy.toml")?, &cargo_toml, &files),
        ),
        ("every crate obeys the workspace's lints", without_workspace_lints(&files)),
        ("no file knows one developer's machine", machine_paths(&files)),
        ("lock files name the public registries only", foreign_registries(&files)),
        ("Cargo.toml and Leptos.toml agree", drifted(&cargo_toml, &parse(root, "Leptos.toml")?)?),
    ];
    let mut holes = 0;
    for (promise, wrong) in &walls {
        println!("  {} {promise}", if wrong.is_empty() { "ok  " } else { "HOLE" });
        for line in wrong {
            println!("       {line}");
        }
        holes += wrong.len();
    }
    wasm_budget(workspace)?;
    if holes == 0 { Ok(()) } else { Err(format!("{holes} holes in the walls, see above")) }
}

/// Licences, sources and duplicates of all dependencies, by `deny.toml`; advisories too, where their database is at hand.
pub fn supply_chain(workspace: &Workspace) -> Result {
    let deny = |what: &[&str]| {
        // SurrealDB tells its licence in a file only; that is read, and needs no warning for each of its crates.
        let mut deny = workspace.cargo([
            "deny",
            "--offline",
            "check",
            "--hide-inclusion-graph",
            "-A",
            "no-license-field",
        ])?;
        tools::run(deny.args(what))
    };
    deny(&["licenses", "bans", "sources"])?;
    if advisories().is_some_and(|dir| dir.exists()) {
        return deny(&["advisories"]);
    }
    println!(
        "  --   advisories: no database here; `cargo deny fetch` gets it, and they are looked at from then on"
    );
    Ok(())
}

/// Where `cargo deny fetch` keeps the database of advisories.
fn advisories() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    Some(home?.join("advisory-dbs"))
}

/// Weighs the first page's WebAssembly against its target; says so when the front end isn't built. A target, not a wall:
/// it is reported like the other figures of `cargo xtask bench`.
pub fn wasm_budget(workspace: &Workspace) -> Result {
    let Some(wasm) = first_route_wasm(&workspace.site().join("pkg")) else {
        println!("  --   WebAssembly of the first page: not built yet, not weighed");
        return Ok(());
    };
    const WEIGH: &str = "process.stdout.write(String(require('zlib').brotliCompressSync(require('fs').readFileSync(process.argv[1])).length))";
    let answer = tools::capture(workspace.command("node")?.args(["-e", WEIGH]).arg(&wasm))?;
    let bytes: u64 = answer.parse().map_err(|_| format!("node answered `{answer}` instead of a size"))?;
    match over_budget(bytes) {
        None => println!(
            "  ok   WebAssembly of the first page: {} of {WASM_BUDGET_KIB} KiB (brotli)",
            bytes.div_ceil(1024)
        ),
        Some(message) => println!("  !!   {message}"),
    }
    Ok(())
}

fn over_budget(bytes: u64) -> Option<String> {
    (bytes > WASM_BUDGET_KIB * 1024).then(|| {
        format!(
            "WebAssembly of the first page is {} KiB (brotli), more than {WASM_BUDGET_KIB}",
            bytes.div_ceil(1024)
        )
    })
}

/// `duebook.<hash>.wasm`; the other `.wasm` files are the routes that were split off.
fn first_route_wasm(pkg: &Path) -> Option<std::path::PathBuf> {
    fs::read_dir(pkg).ok()?.flatten().map(|entry| entry.path()).find(|path| {
        path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.starts_with("duebook.") && name.ends_with(".wasm")
        })
    })
}

/// The leptos table of a parsed Cargo.toml or Leptos.toml.
pub fn leptos_options(file: &toml::Table) -> Result<&toml::Table> {
    file.get("workspace")
        .and_then(|workspace| workspace.get("metadata")?.get("leptos")?.get(0)?.as_table())
        .ok_or_else(|| "no [[workspace.metadata.leptos]] table".to_owned())
}

// ---- the walls ----

/// Names of the packages a package is built from, itself left out.
fn tree(workspace: &Workspace, package: &str, target: Option<&str>) -> Result<Vec<String>> {
    let mut tree = workspace.cargo(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"])?;
    tree.args(["--package", package]);
    if let Some(target) = target {
        tree.args(["--target", target]);
    }
    let names = package_names(&tools::capture(&mut tree)?);
    Ok(names.into_iter().filter(|name| name != package).collect())
}

fn package_names(tree: &str) -> Vec<String> {
    let mut names: Vec<_> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn forbidden_in(forbidden: &[&str], packages: &[String]) -> Vec<String> {
    packages.iter().filter(|name| forbidden.iter().any(|head| is_of_family(name, head))).cloned().collect()
}

/// A forbidden name forbids its family: `surrealdb` also `surrealdb-core`.
fn is_of_family(name: &str, head: &str) -> bool {
    // Leptos' `server_fn` belongs in the browser; our `server` doesn't.
    let tail = name.strip_prefix(head).filter(|_| !name.starts_with("server_fn"));
    tail.is_some_and(|tail| tail.is_empty() || tail.starts_with(['-', '_']))
}

fn surrealdb_outside_ledger(files: &[TextFile]) -> Vec<String> {
    let manifests = files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("ledger/"))
        .flat_map(|file| file.lines_with(|line| line.trim_start().starts_with("surrealdb")));
    let sources = files
        .iter()
        .filter(|file| file.is_rust() && !file.is_below(&["ledger/", "xtask/"]))
        .flat_map(|file| {
            file.code_with(|line| {
                line.contains("surrealdb::")
                    || SURREALQL.iter().any(|statement| contains_word(line, statement))
            })
        });
    manifests.chain(sources).collect()
}

fn writes_outside_store(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_rust() && file.is_below(&["ledger/src/"]) && !file.is_below(WRITERS))
        .flat_map(|file| file.code_with(|line| WRITES.iter().any(|statement| contains_word(line, statement))))
        .collect()
}

fn store_behind_the_use_cases(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_rust() && file.is_below(&["server/src/", "app/src/"]))
        .filter(|file| file.text.contains("ledger::store") || imports_store(&file.text))
        .map(|file| format!("{}: uses ledger::store", file.path))
        .collect()
}

/// `use ledger::{…, store…}`, over several lines or one.
fn imports_store(text: &str) -> bool {
    text.split("ledger::{").skip(1).any(|rest| {
        let list = rest.split(';').next().unwrap_or(rest);
        list.split([',', '{', '}']).any(|item| item.trim() == "store" || item.trim().starts_with("store::"))
    })
}

fn clock_lint_weakened(clippy: &toml::Table, cargo: &toml::Table, files: &[TextFile]) -> Vec<String> {
    let methods =
        clippy.get("disallowed-methods").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let forbidden = |clock: &str| {
        methods.iter().any(|method| {
            let field = |name| method.get(name).and_then(toml::Value::as_str).unwrap_or_default();
            field("path") == clock && !field("reason").is_empty()
        })
    };
    let lost = FORBIDDEN_CLOCKS
        .iter()
        .filter(|clock| !forbidden(clock))
        .map(|clock| format!("clippy.toml: {clock} isn't in disallowed-methods with a reason"));
    let level =
        (|| cargo.get("workspace")?.get("lints")?.get("clippy")?.get("disallowed_methods")?.as_str())();
    let softened = (level != Some("deny"))
        .then(|| "Cargo.toml: [workspace.lints.clippy] doesn't deny disallowed_methods".to_owned());
    let silenced = files
        .iter()
        .filter(|file| file.is_rust() && file.path != CLOCK && !file.is_below(&["xtask/src/check.rs"]))
        .flat_map(|file| file.code_with(|line| line.contains("clippy::disallowed_methods")));
    lost.chain(softened).chain(silenced).collect()
}

fn without_workspace_lints(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"))
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| format!("{}: lacks `[lints] workspace = true`", file.path))
        .collect()
}

fn machine_paths(files: &[TextFile]) -> Vec<String> {
    // Put together here, so that this file doesn't contain what it looks for.
    let paths = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/tmp/ba", "sh_jobs")];
    let home = concat!("/ho", "me/");
    let in_a_home =
        |line: &str| line.split(home).skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
    files
        .iter()
        .flat_map(|file| {
            file.lines_with(|line| paths.iter().any(|path| line.contains(path)) || in_a_home(line))
        })
        .collect()
}

fn foreign_registries(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .flat_map(|file| {
            let (key, home) = match file.path.rsplit('/').next() {
                Some("Cargo.lock") => ("source = ", "registry+https://github.com/rust-lang/crates.io-index"),
                Some("package-lock.json") => ("\"resolved\": ", "https://registry.npmjs.org/"),
                _ => return Vec::new(),
            };
            file.lines_with(|line| line.contains(key) && !line.contains(home))
        })
        .collect()
}

fn drifted(cargo: &toml::Table, leptos: &toml::Table) -> Result<Vec<String>> {
    let (built, served) = (leptos_options(cargo)?, leptos_options(leptos)?);
    Ok(SHARED_LEPTOS_OPTIONS
        .iter()
        .filter(|key| built.get(**key).is_none() || built.get(**key) != served.get(**key))
        .map(|key| format!("{key}: Cargo.toml {:?}, Leptos.toml {:?}", built.get(*key), served.get(*key)))
        .collect())
}

// ---- looking at files ----

/// A file of the checkout, by its path from the root.
struct TextFile {
    path: String,
    text: String,
}

impl TextFile {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    fn is_below(&self, dirs: &[&str]) -> bool {
        dirs.iter().any(|dir| self.path.starts_with(dir))
    }

    fn lines_with(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.text
            .lines()
            .enumerate()
            .filter(|(_, line)| wanted(line))
            .map(|(index, line)| format!("{}:{}: {}", self.path, index + 1, line.trim()))
            .collect()
    }

    /// As [`Self::lines_with`], without the lines that are comments.
    fn code_with(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.lines_with(|line| !line.trim_start().starts_with("//") && wanted(line))
    }
}

/// Not `RECREATE ` for `CREATE `.
fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
}

fn parse(root: &Path, name: &str) -> Result<toml::Table> {
    tools::read(&root.join(name))?.parse().map_err(|e| format!("{name}: {e}"))
}

/// Every text file of the checkout that isn't generated or somebody else's.
fn text_files(root: &Path) -> Result<Vec<TextFile>> {
    const SKIPPED: &[&str] =
        &[".git", "LICENSES", "data", "node_modules", "playwright-report", "target", "test-results"];
    let mut files = Vec::new();
    let mut dirs = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?.flatten() {
            let path = entry.path();
            let skipped = SKIPPED.iter().any(|name| path.ends_with(name));
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !skipped => dirs.push(path),
                Ok(kind) if kind.is_file() => {
                    // What isn't UTF-8 is a picture, a font or a spreadsheet.
                    if let (Ok(text), Ok(relative)) = (fs::read_to_string(&path), path.strip_prefix(root)) {
                        files.push(TextFile { path: relative.to_string_lossy().into_owned(), text });
                    }
                }
                _ => {}
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// A check that can't fail is worth nothing: here is each of them failing, beside what it must let through.
#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Vec<TextFile> {
        vec![TextFile { path: path.to_owned(), text: text.to_owned() }]
    }

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn a_forbidden_package_is_found_with_its_family() {
        let tree = package_names("domain v0.1.0\nserde v1.0.1\nsurrealdb-core v3.3.5 (*)\ntokio v1.2.3\n");
        assert_eq!(forbidden_in(NOT_IN_DOMAIN, &tree), ["surrealdb-core", "tokio"]);
        assert!(
            forbidden_in(NOT_IN_THE_BROWSER, &["server_fn_macro".into(), "tokenizers".into()]).is_empty()
        );
        assert_eq!(forbidden_in(NOT_IN_THE_BROWSER, &["server".into()]), ["server"]);
    }

    #[test]
    fn surrealdb_is_found_outside_ledger() {
        assert_eq!(
            surrealdb_outside_ledger(&file("app/Cargo.toml", "surrealdb = { workspace = true }")).len(),
            1
        );
        assert_eq!(surrealdb_outside_ledger(&file("server/src/main.rs", "use surrealdb::Surreal;")).len(), 1);
        assert_eq!(
            surrealdb_outside_ledger(&file("server/src/main.rs", "let q = \"SELECT * FROM customer\";"))
                .len(),
            1
        );
        assert_eq!(
            surrealdb_outside_ledger(&file("server/src/main.rs", "// SurrealDB: surrealdb::Surreal")).len(),
            0
        );
        assert_eq!(
            surrealdb_outside_ledger(&file("server/src/log.rs", "filter(\"info,surrealdb=warn\")")).len(),
            0
        );
        assert_eq!(surrealdb_outside_ledger(&file("ledger/src/open.rs", "use surrealdb::Surreal;")).len(), 0);
    }

    #[test]
    fn a_write_beside_the_commit_path_is_found() {
        assert_eq!(
            writes_outside_store(&file("ledger/src/customer.rs", "db.query(\"UPDATE customer SET x = 1\")"))
                .len(),
            1
        );
        assert_eq!(
            writes_outside_store(&file("ledger/src/store/commit.rs", "\"UPDATE customer SET x = 1\"")).len(),
            0
        );
        assert_eq!(writes_outside_store(&file("ledger/src/customer.rs", "// UPDATE customer")).len(), 0);
        assert_eq!(writes_outside_store(&file("ledger/src/customer.rs", "RECREATE it; ON UPDATED")).len(), 0);
    }

    #[test]
    fn a_handler_that_reaches_behind_the_use_cases_is_found() {
        assert_eq!(
            store_behind_the_use_cases(&file("server/src/api/a.rs", "ledger::store::open()")).len(),
            1
        );
        assert_eq!(
            store_behind_the_use_cases(&file("app/src/a.rs", "use ledger::{\n    customer,\n    store,\n};"))
                .len(),
            1
        );
        assert_eq!(
            store_behind_the_use_cases(&file("app/src/a.rs", "use ledger::{customer, storefront};")).len(),
            0
        );
    }

    #[test]
    fn a_weakened_clock_lint_is_found() {
        let whole = table(include_str!("../../clippy.toml"));
        let cargo = table("[workspace.lints.clippy]\ndisallowed_methods = \"deny\"");
        assert!(clock_lint_weakened(&whole, &cargo, &[]).is_empty());
        assert_eq!(clock_lint_weakened(&table(""), &cargo, &[]).len(), FORBIDDEN_CLOCKS.len());
        assert_eq!(clock_lint_weakened(&whole, &table(""), &[]).len(), 1);
        let silenced = "#[expect(clippy::disallowed_methods, reason = \"…\")]";
        assert_eq!(clock_lint_weakened(&whole, &cargo, &file("server/src/main.rs", silenced)).len(), 1);
        assert!(clock_lint_weakened(&whole, &cargo, &file(CLOCK, silenced)).is_empty());
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        assert_eq!(without_workspace_lints(&file("app/Cargo.toml", "[package]\n")).len(), 1);
        assert!(without_workspace_lints(&file("app/Cargo.toml", "[lints]\nworkspace = true\n")).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        for path in [concat!("/ro", "ot/x"), concat!("/ho", "me/ann/x"), concat!("/wo", "rk/main")] {
            assert_eq!(machine_paths(&file("README.md", path)).len(), 1, "{path}");
        }
        assert!(
            machine_paths(&file("README.md", "https://example.org/network/ and $HOME/.cache")).is_empty()
        );
    }

    #[test]
    fn a_private_registry_in_a_lock_file_is_found() {
        assert_eq!(
            foreign_registries(&file("Cargo.lock", "source = \"registry+https://mirror.example/\"")).len(),
            1
        );
        assert_eq!(
            foreign_registries(&file(
                "style/package-lock.json",
                "\"resolved\": \"https://mirror.example/a.tgz\""
            ))
            .len(),
            1
        );
        assert!(
            foreign_registries(&file(
                "style/package-lock.json",
                "\"resolved\": \"https://registry.npmjs.org/a.tgz\""
            ))
            .is_empty()
        );
    }

    #[test]
    fn cargo_toml_and_leptos_toml_agree_and_a_drift_is_found() {
        let (cargo, leptos) = (include_str!("../../Cargo.toml"), include_str!("../../Leptos.toml"));
        assert_eq!(drifted(&table(cargo), &table(leptos)), Ok(Vec::new()));
        let moved = leptos.replace("site-root = \"target/site\"", "site-root = \"elsewhere\"");
        assert_eq!(drifted(&table(cargo), &table(&moved)).unwrap().len(), 1);
        assert!(drifted(&table(cargo), &table("")).is_err());
    }

    #[test]
    fn too_much_webassembly_is_found() {
        assert!(over_budget(WASM_BUDGET_KIB * 1024).is_none());
        assert!(over_budget(WASM_BUDGET_KIB * 1024 + 1).is_some());
    }
}
