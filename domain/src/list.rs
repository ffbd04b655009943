//! Pages of lists.

use serde::{Deserialize, Serialize};

/// One page of a list, with the key to the next and the count of all that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in the order asked for.
    pub data: Vec<T>,
    /// Where it stands in the list.
    pub page: PageInfo,
}

/// Where a page stands in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageInfo {
    /// Opaque; pass it as `cursor` for the next page. `None` on the last.
    pub next_cursor: Option<String>,
    /// How many rows match the filter in all.
    pub total: u64,
}

/// How many customers there are of each status, for the tabs over the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All that are not archived.
    pub all: u64,
    /// Something is overdue.
    pub overdue: u64,
    /// Something is outstanding, nothing of it overdue.
    pub pending: u64,
    /// Nothing is outstanding.
    pub paid: u64,
}
