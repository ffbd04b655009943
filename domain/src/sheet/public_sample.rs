//! The headers of the public file of late payments, as the file itself has them.

const FILE: &str = include_str!("../../../ledger/tests/data/ibm-late-payments.csv");

pub(super) fn headers() -> Vec<&'static str> {
    FILE.lines().next().unwrap_or_default().split(',').collect()
}
