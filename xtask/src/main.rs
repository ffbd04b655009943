//! Duebook's own commands: `cargo xtask setup | build | run | test | check | bench`.
//!
//! Each is a file of its name. It depends on almost nothing, because it is compiled before anything else can be said to the user.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks on the terminal")]

mod bench;
mod build;
mod check;
mod run;
mod setup;
mod test;
mod tools;

use std::process::ExitCode;

use tools::{Result, Workspace};

const HELP: &str = "\
Duebook's commands:

    cargo xtask setup [--test]  install what building needs and isn't here yet; --test: and what testing needs
    cargo xtask run [-- ARGS]   set up, build, and serve; ARGS go to `duebook serve`
    cargo xtask build           set up and build: target/release/duebook and target/site
    cargo xtask test            set up, then every check and test there is, browsers included
    cargo xtask check           the walls between the crates (part of `test`, takes seconds)
    cargo xtask bench [--quick] measure a release build against the targets of the design
    cargo xtask bench --soak N  1,000 sockets for N seconds while the books change and the server restarts

Nothing is done twice: a second `run` starts in seconds.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result {
    let (verb, rest) = match args.split_first() {
        Some((verb, rest)) => (verb.as_str(), rest),
        None => ("help", args),
    };
    let workspace = Workspace::find()?;
    match verb {
        "setup" => match rest {
            [tests] if tests == "--test" => setup::for_testing(&workspace),
            _ => nothing_more(rest).and_then(|()| setup::for_building(&workspace)),
        },
        "build" => nothing_more(rest).and_then(|()| build::product(&workspace)),
        "run" => run::run(&workspace, after_dashes(rest)?),
        "test" => nothing_more(rest).and_then(|()| test::test(&workspace)),
        "check" => nothing_more(rest).and_then(|()| check::check(&workspace)),
        "bench" => bench::bench(&workspace, rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`.\n\n{HELP}")),
    }
}

fn nothing_more(rest: &[String]) -> Result {
    match rest.first() {
        None => Ok(()),
        Some(extra) => Err(format!("`{extra}` is not understood here.\n\n{HELP}")),
    }
}

/// `run`'s own arguments end at `--`; it has none, so whatever stands before is a mistake worth naming.
fn after_dashes(rest: &[String]) -> Result<&[String]> {
    match rest.split_first() {
        None => Ok(rest),
        Some((dashes, serve_args)) if dashes == "--" => Ok(serve_args),
        Some((extra, _)) => {
            Err(format!("`{extra}` is not understood here. Arguments of the server go after `--`."))
        }
    }
}
