//! Opaque identifiers. Each noun has its own type, so that a payment's id can't be passed for a customer's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind starts with, for people who read logs.
            pub const PREFIX: &'static str = $prefix;

            /// An id from its unique part.
            pub fn from_unique(unique: &str) -> Self {
                Self(format!("{}{unique}", Self::PREFIX))
            }

            /// The id as it appears in addresses and JSON.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value)
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A customer.
    CustomerId, "cus_"
);
id!(
    /// An invoice, opening balances included.
    InvoiceId, "inv_"
);
id!(
    /// A payment.
    PaymentId, "pay_"
);
id!(
    /// A person who signs in.
    UserId, "usr_"
);
id!(
    /// One import of one file.
    ImportId, "imp_"
);
id!(
    /// A saved view.
    ViewId, "sav_"
);
