//! Who may do what: the one table that every use case asks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a person (or an API token) is here. Each role may do all that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Works the list: customers, payments, notes.
    Collector,
    /// Also imports, invoices, write-offs, refunds, archives, exports, the event log.
    Manager,
    /// Also users, tokens, settings.
    Admin,
}

impl Role {
    /// All roles, the least first.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Collector, Role::Manager, Role::Admin];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Collector => "collector",
            Role::Manager => "manager",
            Role::Admin => "admin",
        }
    }

    /// Whether this role may do `action`.
    pub fn may(self, action: Action) -> bool {
        self >= action.least_role()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| "Use viewer, collector, manager or admin.".to_owned())
    }
}

/// Everything a signed-in person can ask for. A use case names exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// See customers, invoices, payments, timelines, notifications, live frames, reports.
    Read,
    /// Create customers.
    CreateCustomer,
    /// Change customers.
    EditCustomer,
    /// Add a note to a customer.
    AddNote,
    /// Say that one works on a customer.
    ClaimCustomer,
    /// Record a payment, change its state by hand.
    RecordPayment,
    /// Send a payment through the mock gateway.
    SimulatePayment,
    /// Archive, restore or delete customers.
    ArchiveCustomer,
    /// See all that is kept of a person, and take it out for good.
    ErasePersonalData,
    /// Create and change invoices.
    ManageInvoices,
    /// Write off what can't be collected.
    WriteOff,
    /// Refund or reverse payments.
    Refund,
    /// Import files, undo imports.
    Import,
    /// Take data out as files.
    Export,
    /// Read the event log.
    ReadEvents,
    /// Make and change views that everyone has.
    ShareViews,
    /// See and change users.
    ManageUsers,
    /// Issue API tokens.
    ManageTokens,
    /// Change settings.
    ManageSettings,
    /// Read how the server does.
    ReadMetrics,
}

impl Action {
    /// All actions.
    pub const ALL: [Action; 20] = [
        Action::Read,
        Action::CreateCustomer,
        Action::EditCustomer,
        Action::AddNote,
        Action::ClaimCustomer,
        Action::RecordPayment,
        Action::SimulatePayment,
        Action::ArchiveCustomer,
        Action::ErasePersonalData,
        Action::ManageInvoices,
        Action::WriteOff,
        Action::Refund,
        Action::Import,
        Action::Export,
        Action::ReadEvents,
        Action::ShareViews,
        Action::ManageUsers,
        Action::ManageTokens,
        Action::ManageSettings,
        Action::ReadMetrics,
    ];

    /// The least role that may do it.
    pub fn least_role(self) -> Role {
        match self {
            Action::Read => Role::Viewer,
            Action::CreateCustomer
            | Action::EditCustomer
            | Action::AddNote
            | Action::ClaimCustomer
            | Action::RecordPayment
            | Action::SimulatePayment => Role::Collector,
            Action::ArchiveCustomer
            | Action::ManageInvoices
            | Action::WriteOff
            | Action::Refund
            | Action::Import
            | Action::Export
            | Action::ReadEvents
            | Action::ShareViews => Role::Manager,
            Action::ErasePersonalData
            | Action::ManageUsers
            | Action::ManageTokens
            | Action::ManageSettings
            | Action::ReadMetrics => Role::Admin,
        }
    }

    /// What is refused, in words: "… can't {this}".
    pub fn in_words(self) -> &'static str {
        match self {
            Action::Read => "see this",
            Action::CreateCustomer => "create customers",
            Action::EditCustomer => "change customers",
            Action::AddNote => "add notes",
            Action::ClaimCustomer => "work on customers",
            Action::RecordPayment => "record payments",
            Action::SimulatePayment => "simulate payments",
            Action::ArchiveCustomer => "archive customers",
            Action::ErasePersonalData => "erase personal data",
            Action::ManageInvoices => "change invoices",
            Action::WriteOff => "write off invoices",
            Action::Refund => "refund payments",
            Action::Import => "import files",
            Action::Export => "export data",
            Action::ReadEvents => "read the event log",
            Action::ShareViews => "share views",
            Action::ManageUsers => "manage users",
            Action::ManageTokens => "manage API tokens",
            Action::ManageSettings => "change settings",
            Action::ReadMetrics => "read the metrics",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_table_holds() {
        for action in Action::ALL {
            assert!(Role::Admin.may(action), "{action:?}");
        }
        assert!(Role::Viewer.may(Action::Read));
        assert!(!Role::Viewer.may(Action::RecordPayment));
        assert!(Role::Collector.may(Action::RecordPayment));
        assert!(!Role::Collector.may(Action::Import));
        assert!(Role::Manager.may(Action::Import));
        assert!(!Role::Manager.may(Action::ManageUsers));
    }

    #[test]
    fn names_go_there_and_back() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }
}
