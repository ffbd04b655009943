//! The fields of a customer that a sheet can give, and the headers they go by.

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The customer's number in the user's books.
    Reference,
    /// Name of the company or person; the only column that must be there.
    Name,
    /// E-mail address or telephone number, whichever it is.
    Contact,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Postal address.
    Address,
    /// Standing notes.
    Notes,
    /// Labels, separated by commas or semicolons.
    Tags,
    /// ISO 4217 code of the account.
    Currency,
    /// What is owed.
    Outstanding,
    /// When that is due.
    DueDate,
    /// Whether it was paid.
    Status,
}

impl Field {
    /// All fields, in the order of the template.
    pub const ALL: [Field; 12] = [
        Field::Reference,
        Field::Name,
        Field::Contact,
        Field::Email,
        Field::Phone,
        Field::Address,
        Field::Notes,
        Field::Tags,
        Field::Currency,
        Field::Outstanding,
        Field::DueDate,
        Field::Status,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Reference => "reference",
            Field::Name => "name",
            Field::Contact => "contact",
            Field::Email => "email",
            Field::Phone => "phone",
            Field::Address => "address",
            Field::Notes => "notes",
            Field::Tags => "tags",
            Field::Currency => "currency",
            Field::Outstanding => "outstanding",
            Field::DueDate => "due_date",
            Field::Status => "status",
        }
    }

    /// For people, and one of the headers it is found by.
    pub fn label(self) -> &'static str {
        match self {
            Field::Reference => "Reference",
            Field::Name => "Name",
            Field::Contact => "Contact information",
            Field::Email => "Email",
            Field::Phone => "Phone",
            Field::Address => "Address",
            Field::Notes => "Notes",
            Field::Tags => "Tags",
            Field::Currency => "Currency",
            Field::Outstanding => "Outstanding amount",
            Field::DueDate => "Due date",
            Field::Status => "Payment status",
        }
    }

    /// The headers it is found by, as `header::fold` leaves them: lower-case letters and digits only.
    pub(super) fn headers(self) -> &'static [&'static str] {
        match self {
            Field::Reference => &[
                "reference",
                "ref",
                "customerreference",
                "customerref",
                "customerid",
                "customerno",
                "customernumber",
                "customercode",
                "accountnumber",
                "accountno",
                "accountid",
                "clientid",
                "clientno",
                "clientnumber",
                "debtorno",
                "debtornumber",
            ],
            Field::Name => &[
                "name",
                "customer",
                "customername",
                "company",
                "companyname",
                "client",
                "clientname",
                "accountname",
                "debtor",
                "debtorname",
            ],
            Field::Contact => &["contact", "contactinformation", "contactinfo", "contactdetails"],
            Field::Email => &["email", "emailaddress", "mail", "emailid"],
            Field::Phone => &[
                "phone",
                "telephone",
                "tel",
                "mobile",
                "phonenumber",
                "phoneno",
                "telephonenumber",
                "mobilenumber",
            ],
            Field::Address => &["address", "postaladdress", "billingaddress"],
            Field::Notes => &["notes", "note", "comments", "comment"],
            Field::Tags => &["tags", "tag", "labels", "label"],
            Field::Currency => &["currency", "ccy", "currencycode"],
            Field::Outstanding => &[
                "outstanding",
                "outstandingamount",
                "outstandingpaymentamount",
                "outstandingbalance",
                "amount",
                "amountdue",
                "amtdue",
                "amountoutstanding",
                "amountowed",
                "balance",
                "balancedue",
                "openbalance",
                "openingbalance",
                "openamount",
                "totaldue",
                "totaloutstanding",
            ],
            Field::DueDate => &["duedate", "paymentduedate", "due", "datedue"],
            Field::Status => &["status", "paymentstatus"],
        }
    }

    /// Whether a customer would be imported with the wrong debt if this column were overlooked.
    pub(super) fn decides_debt(self) -> bool {
        matches!(self, Field::Outstanding | Field::DueDate | Field::Status | Field::Currency)
    }
}
