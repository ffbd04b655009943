//! What a column can hold, and the headers it goes by.

use super::header::canonical;
use super::kind::Kind;
use super::language;

/// What a column can hold. Which of them a sheet can have depends on its [`Kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The customer's number in the user's books.
    Reference,
    /// Name of the company or person.
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
    /// What a customer owes in all.
    Outstanding,
    /// When that, or the invoice, is due.
    DueDate,
    /// Whether it was paid.
    Status,
    /// The invoice's number; of a payment, the invoices it is for.
    InvoiceNumber,
    /// When the invoice was issued.
    IssueDate,
    /// What the invoice asks for.
    Total,
    /// The terms its due date follows from.
    Terms,
    /// What the invoice is for.
    Memo,
    /// Whether the customer disputes the invoice.
    Disputed,
    /// When the invoice was paid in full.
    SettledOn,
    /// What was paid.
    Amount,
    /// When it came.
    ReceivedOn,
    /// How it came.
    Method,
    /// The payer's or bank's words.
    PaymentReference,
}

/// Headers of free text.
const REMARKS: &[&str] =
    &["notes", "note", "comments", "comment", "remarks", "remark", "customernotes", "internalnotes"];

impl Field {
    /// All fields.
    pub const ALL: [Field; 23] = [
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
        Field::InvoiceNumber,
        Field::IssueDate,
        Field::Total,
        Field::Terms,
        Field::Memo,
        Field::Disputed,
        Field::SettledOn,
        Field::Amount,
        Field::ReceivedOn,
        Field::Method,
        Field::PaymentReference,
    ];

    /// The field of `kind` that goes by a wire name or a header.
    pub fn of(kind: Kind, name: &str) -> Option<Field> {
        let by_name = kind.fields().iter().find(|field| field.as_str() == name.trim());
        by_name.copied().or_else(|| Field::by_header(kind, &canonical(name)))
    }

    /// The field of `kind` that goes by a header, given as `header::canonical` leaves it.
    pub(super) fn by_header(kind: Kind, canonical: &str) -> Option<Field> {
        kind.fields().iter().copied().find(|field| field.headers(kind).any(|known| known == canonical))
    }

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
            Field::InvoiceNumber => "invoice_number",
            Field::IssueDate => "issue_date",
            Field::Total => "total",
            Field::Terms => "terms",
            Field::Memo => "memo",
            Field::Disputed => "disputed",
            Field::SettledOn => "settled_on",
            Field::Amount => "amount",
            Field::ReceivedOn => "received_on",
            Field::Method => "method",
            Field::PaymentReference => "payment_reference",
        }
    }

    /// For people, and one of the headers it is found by.
    pub fn label(self) -> &'static str {
        match self {
            Field::Reference => "Customer reference",
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
            Field::InvoiceNumber => "Invoice number",
            Field::IssueDate => "Issue date",
            Field::Total => "Invoice amount",
            Field::Terms => "Terms",
            Field::Memo => "Memo",
            Field::Disputed => "Disputed",
            Field::SettledOn => "Settled date",
            Field::Amount => "Amount",
            Field::ReceivedOn => "Received date",
            Field::Method => "Method",
            Field::PaymentReference => "Payment reference",
        }
    }

    /// The headers it is found by in a sheet of `kind`, as `header::canonical` leaves them.
    pub(super) fn headers(self, kind: Kind) -> impl Iterator<Item = &'static str> {
        let more: &[&str] = match (self, kind) {
            // Elsewhere these words are the customer's; beside a payment they are the payment's.
            (Field::PaymentReference, _) | (Field::Reference, Kind::Customers | Kind::Combined) => {
                &["reference", "referencenumber"]
            }
            (Field::Reference, Kind::Invoices) => &["reference"],
            (Field::Memo, Kind::Invoices) => REMARKS,
            _ => &[],
        };
        self.usual_headers().iter().chain(more).chain(language::headers(self, kind)).copied()
    }

    fn usual_headers(self) -> &'static [&'static str] {
        match self {
            Field::Reference => &[
                "customerreference",
                "customerid",
                "customernumber",
                "customercode",
                "customeraccount",
                "accountnumber",
                "accountid",
                "accountcode",
                "clientid",
                "clientnumber",
                "clientcode",
                "debtorid",
                "debtornumber",
                "debtorcode",
                "customerno",
                "customerref",
                "accountno",
                "clientno",
                "debtorno",
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
            Field::Email => &["email", "emailaddress", "mail", "emailid", "contactemail", "customeremail"],
            Field::Phone => &[
                "phone",
                "telephone",
                "mobile",
                "phonenumber",
                "telephonenumber",
                "mobilenumber",
                "contactphone",
                "contactnumber",
                "phoneno",
            ],
            Field::Address => &["address", "postaladdress", "billingaddress", "customeraddress"],
            Field::Notes => REMARKS,
            Field::Tags => &["tags", "tag", "labels", "label"],
            Field::Currency => &["currency", "currencycode"],
            Field::Outstanding => &[
                "outstanding",
                "outstandingamount",
                "outstandingpayment",
                "outstandingpaymentamount",
                "outstandingbalance",
                "amount",
                "amountdue",
                "amountoutstanding",
                "amountowed",
                "amountowing",
                "balance",
                "balancedue",
                "balanceoutstanding",
                "currentbalance",
                "openbalance",
                "openingbalance",
                "openamount",
                "totaldue",
                "totaloutstanding",
                "amtdue",
            ],
            Field::DueDate => {
                &["duedate", "paymentduedate", "invoiceduedate", "nextduedate", "due", "datedue"]
            }
            Field::Status => &["status", "paymentstatus", "paymentstate", "invoicestatus", "invoicestate"],
            Field::InvoiceNumber => &[
                "invoicenumber",
                "invoice",
                "invoices",
                "invoicenumbers",
                "invoiceid",
                "invoicereference",
                "documentnumber",
                "billnumber",
                "invoiceno",
            ],
            Field::IssueDate => &[
                "issuedate",
                "issuedon",
                "invoicedate",
                "dateissued",
                "documentdate",
                "billdate",
                "billingdate",
            ],
            Field::Total => &[
                "total",
                "invoiceamount",
                "invoicetotal",
                "invoicevalue",
                "totalamount",
                "amount",
                "grossamount",
                "amountdue",
                "billamount",
            ],
            Field::Terms => &["terms", "paymentterms", "creditterms"],
            Field::Memo => &["memo", "description", "invoicedescription"],
            Field::Disputed => &["disputed", "dispute", "indispute"],
            Field::SettledOn => &[
                "settledon",
                "settleddate",
                "settlementdate",
                "paidon",
                "paiddate",
                "datepaid",
                "datesettled",
            ],
            Field::Amount => &[
                "amount",
                "paymentamount",
                "amountpaid",
                "amountreceived",
                "paidamount",
                "receivedamount",
                "paid",
                "received",
            ],
            Field::ReceivedOn => &[
                "receivedon",
                "receiveddate",
                "datereceived",
                "paymentdate",
                "paiddate",
                "paidon",
                "datepaid",
                "receiptdate",
                "date",
                "valuedate",
                "bookingdate",
            ],
            Field::Method => &["method", "paymentmethod", "paymenttype", "paidby"],
            Field::PaymentReference => &[
                "paymentreference",
                "paymentid",
                "bankreference",
                "transactionreference",
                "transactionid",
                "remittance",
                "checknumber",
                "chequenumber",
            ],
        }
    }

    /// Whether the books would be wrong if this column were overlooked.
    pub(super) fn decides_debt(self) -> bool {
        matches!(
            self,
            Field::Outstanding
                | Field::DueDate
                | Field::Status
                | Field::Currency
                | Field::Total
                | Field::IssueDate
                | Field::SettledOn
                | Field::Amount
                | Field::ReceivedOn
        )
    }

    /// Whether a dash or “n/a” in its cells says that there is none. Not where the row is nothing without it, nor where it
    /// could be what was meant.
    pub(super) fn may_be_dashed_out(self) -> bool {
        !matches!(
            self,
            Field::Reference
                | Field::Name
                | Field::Notes
                | Field::Currency
                | Field::Outstanding
                | Field::Status
                | Field::InvoiceNumber
                | Field::Total
                | Field::Memo
                | Field::Disputed
                | Field::Amount
        )
    }

    /// Whether its cells are amounts of money.
    pub fn is_amount(self) -> bool {
        matches!(self, Field::Outstanding | Field::Total | Field::Amount)
    }

    /// Whether its cells are calendar dates.
    pub fn is_date(self) -> bool {
        matches!(self, Field::DueDate | Field::IssueDate | Field::SettledOn | Field::ReceivedOn)
    }
}
