//! `cargo xtask run`: set up, build, serve.

use std::{
    env,
    io::ErrorKind,
    net::{TcpListener, ToSocketAddrs},
    os::unix::process::CommandExt,
    time::Instant,
};

use crate::{
    build,
    tools::{self, Result, Workspace},
};

/// Builds what changed and becomes the server.
pub fn run(workspace: &Workspace, serve_args: &[String]) -> Result {
    let begun = Instant::now();
    let address = address(workspace)?;
    port_is_free(&address)?;
    if !build::is_fresh(workspace)? {
        println!("First start on a fresh machine with two cores: about 20 minutes. Later ones: seconds.");
    }
    build::product(workspace)?;
    println!("Ready after {:.1} s. Starting Duebook on http://{address}\n", begun.elapsed().as_secs_f64());

    let binary = workspace.server_binary("release");
    let mut serve = workspace.with_site_root(std::process::Command::new(&binary));
    serve
        .arg("serve")
        .args(serve_args)
        .current_dir(&workspace.root)
        // .cargo/config.toml sets it for tests; here the server should run as it does anywhere else.
        .env_remove("RUST_MIN_STACK");
    // Becoming the server, rather than starting one, leaves signals and the exit code as they are.
    Err(format!("{} can't be started: {}", binary.display(), serve.exec()))
}

/// The address the server is going to listen on.
fn address(workspace: &Workspace) -> Result<String> {
    if let Ok(address) = env::var("DUEBOOK_ADDR") {
        return Ok(address);
    }
    let text = tools::read(&workspace.root.join("Leptos.toml"))?;
    let config: toml::Table = text.parse().map_err(|e| format!("Leptos.toml: {e}"))?;
    crate::check::leptos_options(&config)?
        .get("site-addr")
        .and_then(toml::Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| "Leptos.toml has no site-addr".to_owned())
}

/// Said before a long build instead of after it.
fn port_is_free(address: &str) -> Result {
    let addresses: Vec<_> = address
        .to_socket_addrs()
        .map_err(|e| format!("`{address}` is no address such as 127.0.0.1:4400 ({e}). Set DUEBOOK_ADDR, or site-addr in Leptos.toml."))?
        .collect();
    match TcpListener::bind(&*addresses) {
        Err(e) if e.kind() == ErrorKind::AddrInUse => Err(format!(
            "{address} is taken by another program (perhaps a Duebook that is still running).\nStop it, or choose another: `DUEBOOK_ADDR=127.0.0.1:4410 cargo xtask run`, or site-addr in Leptos.toml."
        )),
        Err(e) => {
            Err(format!("can't listen on {address}: {e}. Set DUEBOOK_ADDR, or site-addr in Leptos.toml."))
        }
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_with_the_setting_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let complaint = port_is_free(&taken.local_addr().unwrap().to_string()).unwrap_err();
        assert!(complaint.contains("DUEBOOK_ADDR"), "{complaint}");
        assert!(port_is_free("127.0.0.1:0").is_ok());
        assert!(port_is_free("nonsense").is_err());
    }
}
