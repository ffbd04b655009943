//! What the numbers were measured on.

use std::{fs, path::Path, process::Command};

/// Cores, processor, memory, and the disk under a directory, in one line.
pub fn line(dir: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map_or_else(|| "? GiB".to_owned(), |kib| format!("{:.0} GiB", kib / 1024.0 / 1024.0));
    format!("Machine: {cores} cores, {cpu}, {memory}, data on {}", file_system(dir))
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines()
        .find(|line| line.starts_with(name))?
        .split_once(':')
        .map(|(_, value)| value.trim().to_owned())
}

fn file_system(dir: &Path) -> String {
    Command::new("df")
        .args(["--output=fstype"])
        .arg(dir)
        .output()
        .ok()
        .and_then(|output| String::from_utf8_lossy(&output.stdout).lines().nth(1).map(str::to_owned))
        .unwrap_or_else(|| "an unknown file system".to_owned())
}
