//! The table that is printed at the end; Markdown, so that it can be pasted into a README.

use crate::floor::BareHttp;

/// Rows in the order in which they were measured.
#[derive(Default)]
pub struct Table(Vec<[String; 5]>);

impl Table {
    /// Adds a row; what there is no target, floor or ratio for stays empty.
    pub fn row(&mut self, what: &str, measured: String, target: &str, floor: &str, ratio: &str) {
        println!("  {what}: {measured}");
        self.0.push([what, &measured, target, floor, ratio].map(str::to_owned));
    }

    /// The floors themselves.
    pub fn floors(&mut self, bare: &BareHttp, fsyncs: f64) {
        let http = format!("{:.0}/s, 1 client {}", bare.per_second, bare.one_client.text());
        self.row("floor: GET /healthz, 16 clients", http, "", "", "");
        self.row("floor: 4 KiB + fdatasync", format!("{fsyncs:.0}/s"), "", "", "");
    }

    /// Prints all rows under one another.
    pub fn print(&self) {
        let head = ["what", "measured", "target", "floor", "ratio"].map(str::to_owned);
        let widths: Vec<usize> = (0..head.len())
            .map(|column| {
                self.0.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0)
            })
            .collect();
        let line = |row: &[String; 5]| {
            let cells: Vec<_> =
                row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            println!("| {} |", cells.join(" | "));
        };
        line(&head);
        println!("|{}|", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|"));
        self.0.iter().for_each(line);
    }
}
