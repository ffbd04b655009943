//! The shapes of the API, for its documentation. `domain` serialises the real ones and knows no OpenAPI; the tests
//! compare the two field by field.

#![expect(dead_code, reason = "these types are read by the derive only")]

use chrono::{DateTime, NaiveDate, Utc};
use utoipa::{IntoParams, ToSchema};

mod values;

use values::{
    AgeingGroup, Bound, BucketBounds, CalendarDate, CommitMode, CommitModeOrBlank, Currency, CurrencyOrBlank,
    CustomerName, CustomerOrder, CustomerStatus, DateOrBlank, DateOrder, Decimal, DecimalMark, DeclineCode,
    Delivery, EmailAddress, EmailAddressOrBlank, ImportMode, ImportModeOrBlank, ImportState,
    InvoiceEntryKind, InvoiceKind, InvoiceStatus, ManualPaymentStatus, ManualPaymentStatusOrBlank, MatchKey,
    NewInvoiceStatusOrBlank, NoteText, Number, Outcome, Password, PaymentEntryKind, PaymentMethod,
    PaymentMethodOrBlank, PaymentOrder, PaymentSource, PaymentStatus, PersonName, PhoneNumberOrBlank,
    PositiveDecimal, ReasonText, ReversalKind, ReversalKindOrBlank, Role, SheetKindOrBlank, TermsOrBlank,
    UndoState,
};
pub(super) use values::{NotificationKind, RowOutcome, SheetKind};

/// An amount: a decimal string with at most the currency's digits, and an ISO 4217 code.
#[derive(ToSchema)]
pub(super) struct Money {
    #[schema(example = "1234.50", pattern = "^-?[0-9]+(\\.[0-9]{1,4})?$")]
    amount: String,
    currency: Currency,
}

/// An amount as sent; the currency may be left out where the customer's is meant.
#[derive(ToSchema)]
pub(super) struct MoneyInput {
    amount: Decimal,
    currency: Option<Currency>,
}

/// An amount above zero as sent; the currency may be left out where the customer's is meant.
#[derive(ToSchema)]
pub(super) struct PositiveMoney {
    amount: PositiveDecimal,
    currency: Option<Currency>,
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// Rows a page; 50 when absent
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before
    cursor: Option<String>,
}

/// Which customers, in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomerFilter {
    /// Parts of name, reference, e-mail or telephone number
    q: Option<String>,
    status: Option<CustomerStatus>,
    owner: Option<String>,
    tag: Option<String>,
    currency: Option<Currency>,
    /// Decimal, bound included
    #[param(inline)]
    min_outstanding: Option<Bound>,
    /// Decimal, bound included
    #[param(inline)]
    max_outstanding: Option<Bound>,
    #[param(inline)]
    due_from: Option<CalendarDate>,
    #[param(inline)]
    due_to: Option<CalendarDate>,
    archived: Option<bool>,
    /// Fields in the order in which they count; a minus puts the largest first
    #[param(inline)]
    sort: Option<CustomerOrder>,
}

/// Which invoices.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InvoiceFilter {
    customer_id: Option<String>,
    status: Option<InvoiceStatus>,
    overdue: Option<bool>,
    #[param(inline)]
    due_from: Option<CalendarDate>,
    #[param(inline)]
    due_to: Option<CalendarDate>,
    /// parts of the number or of the customer's name
    q: Option<String>,
}

/// Which payments, in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PaymentFilter {
    customer_id: Option<String>,
    status: Option<PaymentStatus>,
    method: Option<PaymentMethod>,
    #[param(inline)]
    received_from: Option<CalendarDate>,
    #[param(inline)]
    received_to: Option<CalendarDate>,
    q: Option<String>,
    /// Fields in the order in which they count; a minus puts the largest first
    #[param(inline)]
    sort: Option<PaymentOrder>,
}

/// Which ageing report.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AgeingFilter {
    /// today when absent
    #[param(inline)]
    as_of: Option<CalendarDate>,
    currency: Option<Currency>,
    /// total (default) or customer
    #[param(inline)]
    group: Option<AgeingGroup>,
    /// upper bounds in days past due, such as 30,60,90
    #[param(inline)]
    buckets: Option<BucketBounds>,
}

/// RFC 9457.
#[derive(ToSchema)]
pub(super) struct Problem {
    #[schema(example = "urn:duebook:problem:invalid")]
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    request_id: Option<String>,
    errors: Option<Vec<FieldError>>,
    current: Option<serde_json::Value>,
    /// Seconds until it makes sense to try again, for 429.
    retry_after: Option<i64>,
}

/// One wrong field.
#[derive(ToSchema)]
pub(super) struct FieldError {
    #[schema(example = "/email")]
    pointer: String,
    #[schema(example = "invalid_email")]
    code: String,
    message: String,
}

/// Where a page stands.
#[derive(ToSchema)]
pub(super) struct PageInfo {
    next_cursor: Option<String>,
    total: u64,
}

/// One page.
#[derive(ToSchema)]
pub(super) struct Page<T: ToSchema> {
    data: Vec<T>,
    page: PageInfo,
}

/// All that is kept of a customer as a person.
#[derive(ToSchema)]
pub(super) struct PersonalData {
    customer: Customer,
    /// The first at first.
    events: Vec<Event>,
}

/// A person.
#[derive(ToSchema)]
pub(super) struct User {
    id: String,
    name: String,
    email: String,
    role: Role,
    active: bool,
    /// Present while somebody who was invited has chosen no password yet.
    invited: Option<bool>,
    version: i64,
}

#[derive(ToSchema)]
pub(super) struct Invitation {
    name: PersonName,
    email: EmailAddress,
    role: Role,
}

/// A link by which somebody chooses a password, once.
#[derive(ToSchema)]
pub(super) struct OneTimeLink {
    url: String,
    token: String,
    expires_at: DateTime<Utc>,
}

#[derive(ToSchema)]
pub(super) struct Invited {
    user: User,
    link: OneTimeLink,
}

#[derive(ToSchema)]
pub(super) struct FollowedLink {
    /// The secret of the link.
    token: String,
    /// 10 to 128 characters.
    password: Password,
}

/// A sign-in that holds.
#[derive(ToSchema)]
pub(super) struct UserSession {
    id: String,
    /// What the browser or program calls itself.
    device: String,
    /// Whether it is the one that asks.
    current: bool,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
}

#[derive(ToSchema)]
pub(super) struct UserSessions {
    data: Vec<UserSession>,
}

#[derive(ToSchema)]
pub(super) struct SecondFactor {
    /// Whether a code is asked for at sign-in.
    active: bool,
    recovery_codes_left: u32,
}

/// What an authenticator app is set up with.
#[derive(ToSchema)]
pub(super) struct SecondFactorSetup {
    /// Base32.
    secret: String,
    #[schema(example = "otpauth://totp/Duebook:ada@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Duebook")]
    uri: String,
    /// The same as a QR code: the path of an SVG, one unit a module.
    qr_path: String,
    /// How many units the QR code is wide.
    qr_size: i32,
}

#[derive(ToSchema)]
pub(super) struct PasswordProof {
    current_password: String,
}

#[derive(ToSchema)]
pub(super) struct Code {
    /// Six digits the app shows now.
    #[schema(example = "123456")]
    code: String,
}

#[derive(ToSchema)]
pub(super) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

/// What programs sign in with.
#[derive(ToSchema)]
pub(super) struct ApiToken {
    id: String,
    name: String,
    role: Role,
    /// The name of the admin who made it.
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

#[derive(ToSchema)]
pub(super) struct NewApiToken {
    /// What it is for.
    name: PersonName,
    role: Role,
    /// 90 when absent.
    #[schema(minimum = 1, maximum = 366, required = false)]
    expires_in_days: u32,
}

#[derive(ToSchema)]
pub(super) struct MadeApiToken {
    id: String,
    name: String,
    role: Role,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    /// Told this once.
    secret: String,
}

/// A person, named.
#[derive(ToSchema)]
pub(super) struct UserAnswer {
    user: User,
}

#[derive(ToSchema)]
pub(super) struct Registration {
    name: PersonName,
    email: EmailAddress,
    /// 10 to 128 characters.
    password: Password,
}

#[derive(ToSchema)]
pub(super) struct Login {
    email: String,
    password: String,
    /// Of the authenticator app, or a recovery code; where a second factor is on.
    code: Option<String>,
}

#[derive(ToSchema)]
pub(super) struct Refresh {
    /// The cookie when absent.
    refresh_token: Option<String>,
}

#[derive(ToSchema)]
pub(super) struct SignedIn {
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: String,
    /// Seconds.
    expires_in: i64,
    refresh_token: String,
    user: User,
}

#[derive(ToSchema)]
pub(super) struct UserPatch {
    role: Option<Role>,
    active: Option<bool>,
    name: Option<PersonName>,
    version: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct NameChange {
    name: PersonName,
}

#[derive(ToSchema)]
pub(super) struct PasswordChange {
    current_password: String,
    new_password: Password,
}

/// A customer with its derived figures.
#[derive(ToSchema)]
pub(super) struct Customer {
    id: String,
    reference: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    notes: Option<String>,
    tags: Vec<String>,
    currency: Currency,
    owner: Option<String>,
    credit_limit: Option<Money>,
    outstanding: Money,
    overdue: Money,
    unapplied: Money,
    next_due_date: Option<NaiveDate>,
    status: CustomerStatus,
    open_invoices: i64,
    archived_at: Option<DateTime<Utc>>,
    import_id: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(ToSchema)]
pub(super) struct NewCustomer {
    name: CustomerName,
    #[schema(max_length = 64)]
    reference: Option<String>,
    email: Option<EmailAddressOrBlank>,
    phone: Option<PhoneNumberOrBlank>,
    #[schema(max_length = 500)]
    address: Option<String>,
    #[schema(max_length = 5000)]
    notes: Option<String>,
    /// At most 20 of 40 characters.
    #[schema(nullable = false)]
    tags: Option<Vec<String>>,
    currency: Option<CurrencyOrBlank>,
    owner: Option<String>,
    credit_limit: Option<MoneyInput>,
    /// Becomes an opening-balance invoice; needs `due_date` when above zero.
    outstanding: Option<MoneyInput>,
    due_date: Option<DateOrBlank>,
}

/// Absent fields stay, `null` clears.
#[derive(ToSchema)]
pub(super) struct CustomerPatch {
    #[schema(nullable = false)]
    name: Option<CustomerName>,
    #[schema(nullable = false)]
    reference: Option<Number>,
    email: Option<EmailAddressOrBlank>,
    phone: Option<PhoneNumberOrBlank>,
    #[schema(max_length = 500)]
    address: Option<String>,
    #[schema(max_length = 5000)]
    notes: Option<String>,
    /// At most 20 of 40 characters.
    tags: Option<Vec<String>>,
    owner: Option<String>,
    credit_limit: Option<MoneyInput>,
    version: Option<i64>,
}

/// Some customers by id, in an order as the list takes it.
#[derive(ToSchema)]
pub(super) struct ChosenCustomers {
    #[schema(max_items = 10000)]
    ids: Vec<String>,
    #[schema(nullable = false)]
    sort: Option<CustomerOrder>,
}

#[derive(ToSchema)]
pub(super) struct NewNote {
    text: NoteText,
}

/// An invoice with what is derived for the business date.
#[derive(ToSchema)]
pub(super) struct Invoice {
    id: String,
    customer_id: String,
    number: String,
    kind: InvoiceKind,
    issue_date: NaiveDate,
    due_date: NaiveDate,
    total: Money,
    balance: Money,
    status: InvoiceStatus,
    /// `net_30`, `end_of_month`, …
    terms: Option<String>,
    memo: Option<String>,
    /// Credit notes, write-offs, recoveries and the voiding.
    entries: Option<Vec<InvoiceEntry>>,
    reopened_on: Option<NaiveDate>,
    announced_overdue: Option<NaiveDate>,
    import_id: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    customer_name: Option<String>,
    overdue: bool,
    days_past_due: i64,
}

/// What lessens an invoice besides payments.
#[derive(ToSchema)]
pub(super) struct InvoiceEntry {
    kind: InvoiceEntryKind,
    /// The day from which it counts.
    on: NaiveDate,
    amount: Money,
    reason: String,
}

#[derive(ToSchema)]
pub(super) struct NewInvoice {
    customer_id: String,
    /// Unique per customer; made up when absent.
    #[schema(max_length = 64)]
    number: Option<String>,
    total: PositiveMoney,
    /// Today when absent; a draft's may be to come.
    issue_date: Option<DateOrBlank>,
    /// By hand, or from `terms`.
    due_date: Option<DateOrBlank>,
    /// `net_30`, `end_of_month`, `end_of_month_15`, …
    terms: Option<TermsOrBlank>,
    #[schema(max_length = 500)]
    memo: Option<String>,
    /// `open` when absent.
    status: Option<NewInvoiceStatusOrBlank>,
}

/// A change of a draft; absent fields stay.
#[derive(ToSchema)]
pub(super) struct InvoicePatch {
    number: Option<Number>,
    total: Option<PositiveMoney>,
    issue_date: Option<CalendarDate>,
    due_date: Option<DateOrBlank>,
    /// Empty for none.
    terms: Option<TermsOrBlank>,
    #[schema(max_length = 500)]
    memo: Option<String>,
    version: Option<i64>,
}

/// Why something is corrected.
#[derive(ToSchema)]
pub(super) struct Why {
    reason: ReasonText,
    /// The day from which it counts; today when absent.
    effective_on: Option<DateOrBlank>,
    version: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct CreditNote {
    /// At most the balance.
    amount: PositiveMoney,
    reason: ReasonText,
    effective_on: Option<DateOrBlank>,
    version: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct PartOrAll {
    /// All of it when absent.
    amount: Option<PositiveMoney>,
    reason: ReasonText,
    effective_on: Option<DateOrBlank>,
    version: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct Reversal {
    /// `bounced` when absent.
    kind: Option<ReversalKindOrBlank>,
    reason: ReasonText,
    effective_on: Option<DateOrBlank>,
    version: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct Reallocation {
    /// All that it settles from now on; oldest due date first when absent.
    allocations: Option<Vec<NewAllocation>>,
    #[schema(max_length = 500)]
    reason: Option<String>,
    effective_on: Option<DateOrBlank>,
    version: Option<i64>,
}

/// What happened to a payment's money.
#[derive(ToSchema)]
pub(super) struct PaymentEntry {
    kind: PaymentEntryKind,
    /// The day from which it counts.
    on: NaiveDate,
    invoice_id: Option<String>,
    amount: Money,
    reason: Option<String>,
}

#[derive(ToSchema)]
pub(super) struct DemoStep {
    #[schema(minimum = 1, maximum = 365)]
    days: u16,
}

#[derive(ToSchema)]
pub(super) struct DemoToday {
    business_date: NaiveDate,
}

/// What was applied to invoices.
#[derive(ToSchema)]
pub(super) struct Applied {
    applied: Money,
}

#[derive(ToSchema)]
pub(super) struct Bucket {
    #[schema(example = "1_30")]
    key: String,
    /// Fewest days past due.
    from: Option<i64>,
    /// Most days past due.
    to: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct AgeingRow {
    currency: Currency,
    customer_id: Option<String>,
    name: Option<String>,
    outstanding: Money,
    unapplied: Money,
    /// By bucket key.
    amounts: std::collections::BTreeMap<String, Money>,
    /// Invoices by bucket key.
    counts: std::collections::BTreeMap<String, i64>,
}

/// Who owed how much, how late, as of a date.
#[derive(ToSchema)]
pub(super) struct Ageing {
    as_of: NaiveDate,
    business_date: NaiveDate,
    buckets: Vec<Bucket>,
    data: Vec<AgeingRow>,
}

/// Invoices: how many, and the sum of their balances.
#[derive(ToSchema)]
pub(super) struct InvoiceFigure {
    amount: Money,
    invoices: i64,
}

/// Customers by status, archived ones left out.
#[derive(ToSchema)]
pub(super) struct CustomerFigures {
    overdue: i64,
    pending: i64,
    paid: i64,
}

/// What came in on one day and was not refunded.
#[derive(ToSchema)]
pub(super) struct DayReceived {
    date: NaiveDate,
    amount: Money,
    payments: i64,
}

/// The figures in one currency.
#[derive(ToSchema)]
pub(super) struct CurrencyFigures {
    currency: Currency,
    outstanding: InvoiceFigure,
    /// Due before today.
    overdue: InvoiceFigure,
    /// Due today or within the six days after.
    due_soon: InvoiceFigure,
    ageing: AgeingRow,
    customers: CustomerFigures,
    /// Of the last 30 days.
    received_total: Money,
    /// By day, the oldest first.
    received: Vec<DayReceived>,
}

/// The desk at a glance.
#[derive(ToSchema)]
pub(super) struct Dashboard {
    business_date: NaiveDate,
    buckets: Vec<Bucket>,
    currencies: Vec<CurrencyFigures>,
}

/// Part of a payment applied to an invoice.
#[derive(ToSchema)]
pub(super) struct Allocation {
    invoice_id: String,
    amount: Money,
}

#[derive(ToSchema)]
pub(super) struct NewAllocation {
    invoice_id: String,
    amount: PositiveMoney,
}

/// An answer the gateway owes.
#[derive(ToSchema)]
pub(super) struct Awaited {
    /// What the mock gateway was asked to answer.
    outcome: Option<Outcome>,
    decline_code: Option<DeclineCode>,
    due_at: DateTime<Utc>,
}

/// A payment.
#[derive(ToSchema)]
pub(super) struct Payment {
    id: String,
    customer_id: String,
    amount: Money,
    refunded: Money,
    status: PaymentStatus,
    method: PaymentMethod,
    source: PaymentSource,
    reference: Option<String>,
    received_on: NaiveDate,
    unapplied: Money,
    allocations: Vec<Allocation>,
    entries: Option<Vec<PaymentEntry>>,
    /// Once it is reversed.
    reversal: Option<ReversalKind>,
    failure: Option<String>,
    awaited: Option<Awaited>,
    import_id: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// In lists and single reads.
    customer_name: Option<String>,
}

#[derive(ToSchema)]
pub(super) struct NewPayment {
    customer_id: String,
    amount: PositiveMoney,
    /// Today when absent; never in the future.
    received_on: Option<DateOrBlank>,
    method: Option<PaymentMethodOrBlank>,
    #[schema(max_length = 200)]
    reference: Option<String>,
    /// `completed` when absent.
    status: Option<ManualPaymentStatusOrBlank>,
    /// Oldest due date first when absent.
    allocations: Option<Vec<NewAllocation>>,
}

#[derive(ToSchema)]
pub(super) struct NewSimulation {
    customer_id: String,
    amount: PositiveMoney,
    /// `succeed` when absent.
    outcome: Option<Outcome>,
    /// With `decline`; `do_not_honor` when absent.
    decline_code: Option<DeclineCode>,
    #[schema(minimum = 0, maximum = 600000)]
    delay_ms: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct StatusChange {
    status: ManualPaymentStatus,
    /// Required for `pending`.
    #[schema(max_length = 500)]
    reason: Option<String>,
    version: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct Reason {
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// One import of one file.
#[derive(ToSchema)]
pub(super) struct Import {
    id: String,
    kind: SheetKind,
    file_name: String,
    /// SHA-256 of the file.
    file_hash: String,
    /// The sheet that is read.
    sheet: String,
    /// All sheets with rows, when there are several.
    sheets: Option<Vec<String>>,
    state: ImportState,
    mode: ImportMode,
    commit: CommitMode,
    rows: i64,
    valid: i64,
    invalid: i64,
    created: i64,
    updated: i64,
    skipped: i64,
    /// What a commit would do, once every row was checked.
    preview: Option<PreviewCounts>,
    /// How far it is with what it is doing now.
    progress: Option<Progress>,
    undo: UndoState,
    errors_url: Option<String>,
    failure: Option<String>,
    totals: Vec<Money>,
    /// Pairs of header and field.
    mapping: Vec<Vec<String>>,
    created_by: String,
    created_by_name: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What a commit would do with the rows of a file.
#[derive(ToSchema)]
pub(super) struct PreviewCounts {
    created: i64,
    updated: i64,
    skipped: i64,
    rejected: i64,
}

/// How far an import is.
#[derive(ToSchema)]
pub(super) struct Progress {
    done: i64,
    total: i64,
    rows_per_second: i64,
    seconds_left: Option<i64>,
}

#[derive(ToSchema)]
pub(super) struct Upload {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Guessed when absent.
    #[schema(nullable = false)]
    kind: Option<SheetKindOrBlank>,
    /// Header to field; guessed when absent.
    #[schema(nullable = false)]
    mapping: Option<std::collections::BTreeMap<String, String>>,
    #[schema(nullable = false)]
    options: Option<Options>,
    /// Which sheet is read; the one that fits best when absent.
    #[schema(nullable = false)]
    sheet: Option<String>,
    /// `auto` when absent.
    #[schema(nullable = false)]
    commit: Option<CommitModeOrBlank>,
    /// `upsert` when absent.
    #[schema(nullable = false)]
    mode: Option<ImportModeOrBlank>,
}

/// A workbook or a CSV file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(super) struct File(Vec<u8>);

/// One wrong cell.
#[derive(ToSchema)]
pub(super) struct ImportError {
    sheet: String,
    /// As the spreadsheet numbers it.
    row: i64,
    column: String,
    value: String,
    code: String,
    message: String,
    /// A warning doesn't reject the row.
    warning: bool,
}

/// The wrong cells of one column that break the same rule.
#[derive(ToSchema)]
pub(super) struct ErrorGroup {
    /// What errors are filtered by.
    key: String,
    code: String,
    column: String,
    count: i64,
    #[schema(example = "412 rows: due date is missing")]
    message: String,
    warning: bool,
}

#[derive(ToSchema)]
pub(super) struct ErrorGroups {
    data: Vec<ErrorGroup>,
}

/// One field as it is and as the row would make it.
#[derive(ToSchema)]
pub(super) struct FieldChange {
    field: String,
    old: Option<String>,
    new: Option<String>,
}

/// One row of the preview.
#[derive(ToSchema)]
pub(super) struct PreviewRow {
    row: i64,
    outcome: RowOutcome,
    title: String,
    changes: Vec<FieldChange>,
    errors: Option<Vec<ImportError>>,
    customer_id: Option<String>,
}

/// The columns of a file and what they are taken for.
#[derive(ToSchema)]
pub(super) struct MappingView {
    kind: SheetKind,
    /// Whether the headers leave no doubt about the kind.
    certain: bool,
    columns: Vec<ColumnView>,
    fields: Vec<FieldChoice>,
    questions: Vec<Question>,
    options: Options,
    problems: Vec<String>,
    /// The same for every file with these headers.
    signature: String,
    saved: Option<String>,
    /// The row that holds the headers, as the spreadsheet numbers it; 0 where no row does.
    header_row: i64,
    /// The first rows of the sheet, one of which may be the header.
    top: Vec<TopRow>,
}

/// A row near the top of a sheet.
#[derive(ToSchema)]
pub(super) struct TopRow {
    row: i64,
    /// Its first cells with content.
    text: String,
}

/// One column of a file.
#[derive(ToSchema)]
pub(super) struct ColumnView {
    /// What corrections name it by.
    key: String,
    header: String,
    letter: String,
    samples: Vec<String>,
    filled: i64,
    field: Option<String>,
    reason: Option<String>,
    suggestion: Option<String>,
}

/// A field that a column can be taken for.
#[derive(ToSchema)]
pub(super) struct FieldChoice {
    field: String,
    label: String,
    required: bool,
}

/// Something that the values of a column don't say.
#[derive(ToSchema)]
pub(super) struct Question {
    column: String,
    /// `date_order` or `decimal`.
    option: String,
    text: String,
    example: String,
    choices: Vec<QuestionChoice>,
}

/// One answer to a question.
#[derive(ToSchema)]
pub(super) struct QuestionChoice {
    value: String,
    label: String,
}

/// What the values of columns don't say themselves.
#[derive(ToSchema)]
pub(super) struct Options {
    date_order: Option<DateOrder>,
    decimal: Option<DecimalMark>,
    /// `reference` when absent.
    key: Option<MatchKey>,
}

/// How the columns of a file are to be read. What is absent stays as it is.
#[derive(ToSchema)]
pub(super) struct MappingChange {
    kind: Option<SheetKind>,
    sheet: Option<String>,
    /// The row that holds the headers, as the spreadsheet numbers it; 0 where no row does.
    #[schema(minimum = 0, maximum = 4294967295_i64)]
    header_row: Option<i64>,
    /// Column keys with the name of their field, or null for one that is not imported.
    #[schema(nullable = false)]
    mapping: Option<std::collections::BTreeMap<String, Option<String>>>,
    options: Option<Options>,
    mode: Option<ImportMode>,
}

/// Corrections of cells.
#[derive(ToSchema)]
pub(super) struct CellFixes {
    #[schema(nullable = false)]
    edits: Option<Vec<CellEdit>>,
    group: Option<GroupFix>,
}

/// A corrected cell.
#[derive(ToSchema)]
pub(super) struct CellEdit {
    #[schema(nullable = false)]
    sheet: Option<String>,
    /// As the spreadsheet numbers it.
    row: i64,
    column: String,
    value: String,
}

/// One value for every wrong cell of a group.
#[derive(ToSchema)]
pub(super) struct GroupFix {
    key: String,
    value: String,
}

/// A mapping kept under a name.
#[derive(ToSchema)]
pub(super) struct SavedMapping {
    id: String,
    name: String,
    kind: SheetKind,
    signature: String,
    /// Pairs of column key and field.
    columns: Vec<Vec<Option<String>>>,
    options: Options,
    created_by: String,
    created_at: DateTime<Utc>,
}

#[derive(ToSchema)]
pub(super) struct SavedMappings {
    data: Vec<SavedMapping>,
}

#[derive(ToSchema)]
pub(super) struct NewSavedMapping {
    import_id: String,
    name: PersonName,
}

/// What something happened to.
#[derive(ToSchema)]
pub(super) struct Subject {
    r#type: String,
    id: String,
}

/// Who did it.
#[derive(ToSchema)]
pub(super) struct Actor {
    id: String,
    name: String,
}

/// An event as the read state of the caller shows it.
#[derive(ToSchema)]
pub(super) struct Notification {
    id: String,
    seq: i64,
    kind: NotificationKind,
    title: String,
    text: String,
    subject: Subject,
    customer_id: Option<String>,
    at: DateTime<Utc>,
    read: bool,
}

#[derive(ToSchema)]
pub(super) struct UnreadCount {
    unread: u64,
}

/// Notifications to mark.
#[derive(ToSchema)]
pub(super) struct Marked {
    #[schema(max_items = 5000)]
    ids: Vec<String>,
}

/// How you are told of each kind.
#[derive(ToSchema)]
pub(super) struct NotificationPreferences {
    #[schema(rename = "payment.received", nullable = false)]
    payment_received: Option<Delivery>,
    #[schema(rename = "payment.failed", nullable = false)]
    payment_failed: Option<Delivery>,
    #[schema(rename = "payment.pending", nullable = false)]
    payment_pending: Option<Delivery>,
    #[schema(rename = "invoice.overdue", nullable = false)]
    invoice_overdue: Option<Delivery>,
    #[schema(rename = "customer.created", nullable = false)]
    customer_created: Option<Delivery>,
    #[schema(rename = "import.finished", nullable = false)]
    import_finished: Option<Delivery>,
    /// Admins only.
    #[schema(rename = "user.registered", nullable = false)]
    user_registered: Option<Delivery>,
}

/// One entry of the log.
#[derive(ToSchema)]
pub(super) struct Event {
    seq: i64,
    at: DateTime<Utc>,
    actor: Actor,
    request_id: Option<String>,
    kind: String,
    subject: Subject,
    data: serde_json::Value,
    prev_hash: String,
    hash: String,
}

#[derive(ToSchema)]
pub(super) struct Events {
    data: Vec<Event>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{event, import, invoice, list, notification, payment};
    use serde::Serialize;
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    /// The documented names, against those of a value that has every field.
    #[track_caller]
    fn same<Documented: PartialSchema>(value: impl Serialize) {
        let schema = serde_json::to_value(Documented::schema()).unwrap();
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&schema["properties"]), names(&serde_json::to_value(value).unwrap()));
    }

    /// A domain value from its JSON; with every field it must read and write the same.
    #[track_caller]
    fn whole<T: serde::de::DeserializeOwned + Serialize>(json: Value) -> T {
        let value: T = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&value).unwrap(), json, "the example lacks a field");
        value
    }

    fn money() -> Value {
        json!({ "amount": "1.00", "currency": "USD" })
    }

    fn customer() -> domain::Customer {
        whole(json!({
            "id": "c", "reference": "r", "name": "n", "email": "e", "phone": "p", "address": "a", "notes": "n",
            "tags": ["t"], "currency": "USD", "owner": "o", "credit_limit": money(), "outstanding": money(),
            "overdue": money(), "unapplied": money(), "next_due_date": "2026-01-01", "status": "paid",
            "open_invoices": 1, "archived_at": "2026-01-01T00:00:00Z", "import_id": "i", "version": 1,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
    }

    fn payment() -> payment::PaymentView {
        whole(json!({
            "id": "p", "customer_id": "c", "amount": money(), "refunded": money(), "status": "completed",
            "method": "card", "source": "manual", "reference": "r", "received_on": "2026-01-01",
            "unapplied": money(), "allocations": [{ "invoice_id": "i", "amount": money() }], "failure": "f",
            "entries": [{ "kind": "allocated", "on": "2026-01-01", "invoice_id": "i", "amount": money(), "reason": "r" }],
            "reversal": "bounced",
            "awaited": { "outcome": "decline", "decline_code": "expired_card", "due_at": "2026-01-01T00:00:00Z" }, "import_id": "i", "version": 1,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "customer_name": "n",
        }))
    }

    #[test]
    fn what_is_answered_has_the_documented_names() {
        same::<super::Money>(domain::Money::zero(domain::Currency::USD));
        same::<super::Customer>(customer());
        let payment = payment();
        same::<super::Allocation>(&payment.payment.allocations[0]);
        same::<super::Awaited>(payment.payment.awaited.as_ref());
        same::<super::PaymentEntry>(&payment.payment.entries[0]);
        same::<super::Payment>(payment);
        let invoice = whole::<invoice::InvoiceView>(json!({
            "id": "i", "customer_id": "c", "number": "1", "kind": "invoice", "issue_date": "2026-01-01",
            "due_date": "2026-01-01", "total": money(), "balance": money(), "status": "open",
            "announced_overdue": "2026-01-01", "import_id": "i", "version": 1, "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z", "overdue": true, "days_past_due": 1, "terms": "net_30", "memo": "m",
            "entries": [{ "kind": "credited", "on": "2026-01-01", "amount": money(), "reason": "r" }],
            "reopened_on": "2026-01-01", "customer_name": "n",
        }));
        same::<super::InvoiceEntry>(&invoice.invoice.entries[0]);
        same::<super::Invoice>(invoice);
        let ageing = whole::<domain::ageing::Ageing>(json!({
            "as_of": "2026-01-01", "business_date": "2026-01-01", "buckets": [{ "key": "1_30", "from": 1, "to": 30 }],
            "data": [{
                "currency": "USD", "customer_id": "c", "name": "n", "outstanding": money(), "unapplied": money(),
                "amounts": { "1_30": money() }, "counts": { "1_30": 1 },
            }],
        }));
        same::<super::Bucket>(&ageing.buckets[0]);
        same::<super::AgeingRow>(&ageing.data[0]);
        let row = serde_json::to_value(&ageing.data[0]).unwrap();
        same::<super::Ageing>(ageing);
        let figure = || json!({ "amount": money(), "invoices": 1 });
        let dashboard = whole::<domain::dashboard::Dashboard>(json!({
            "business_date": "2026-01-01", "buckets": [], "currencies": [{
                "currency": "USD", "outstanding": figure(), "overdue": figure(), "due_soon": figure(), "ageing": row,
                "customers": { "overdue": 1, "pending": 1, "paid": 1 }, "received_total": money(),
                "received": [{ "date": "2026-01-01", "amount": money(), "payments": 1 }],
            }],
        }));
        let figures = &dashboard.currencies[0];
        same::<super::InvoiceFigure>(figures.overdue);
        same::<super::CustomerFigures>(figures.customers);
        same::<super::DayReceived>(figures.received[0]);
        same::<super::CurrencyFigures>(figures);
        same::<super::Dashboard>(dashboard);
        let import = whole::<import::Import>(json!({
            "id": "i", "kind": "customers", "file_name": "f", "file_hash": "h", "sheet": "s", "sheets": ["s"],
            "state": "failed", "mode": "upsert", "commit": "review", "rows": 1, "valid": 1, "invalid": 1,
            "created": 1, "updated": 1, "skipped": 1,
            "preview": { "created": 1, "updated": 1, "skipped": 1, "rejected": 1 },
            "progress": { "done": 1, "total": 1, "rows_per_second": 1, "seconds_left": 1 }, "undo": "possible",
            "errors_url": "u", "failure": "f", "totals": [money()], "mapping": [["Name", "name"]], "created_by": "u",
            "created_by_name": "n", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }));
        same::<super::PreviewCounts>(import.preview);
        same::<super::Progress>(import.progress);
        same::<super::Import>(import);
        let error = json!({
            "sheet": "s", "row": 1, "column": "c", "value": "v", "code": "c", "message": "m", "warning": true,
        });
        let row = whole::<import::PreviewRow>(json!({
            "row": 1, "outcome": "updated", "title": "t", "changes": [{ "field": "f", "old": "o", "new": "n" }],
            "errors": [error], "customer_id": "c",
        }));
        same::<super::ImportError>(&row.errors[0]);
        same::<super::FieldChange>(&row.changes[0]);
        same::<super::PreviewRow>(row);
        same::<super::ErrorGroup>(whole::<import::ErrorGroup>(json!({
            "key": "k", "code": "c", "column": "c", "count": 1, "message": "m", "warning": true,
        })));
        let options = json!({ "date_order": "day_first", "decimal": "comma", "key": "email" });
        let view = whole::<import::MappingView>(json!({
            "kind": "customers", "certain": true,
            "columns": [{ "key": "k", "header": "h", "letter": "A", "samples": ["s"], "filled": 1, "field": "f",
                          "reason": "r", "suggestion": "s" }],
            "fields": [{ "field": "f", "label": "l", "required": true }],
            "questions": [{ "column": "c", "option": "date_order", "text": "t", "example": "e",
                            "choices": [{ "value": "v", "label": "l" }] }],
            "options": options, "problems": ["p"], "signature": "s", "saved": "s", "header_row": 1,
            "top": [{ "row": 1, "text": "t" }],
        }));
        same::<super::TopRow>(&view.top[0]);
        same::<super::ColumnView>(&view.columns[0]);
        same::<super::FieldChoice>(&view.fields[0]);
        same::<super::QuestionChoice>(&view.questions[0].choices[0]);
        same::<super::Question>(&view.questions[0]);
        same::<super::Options>(&view.options);
        same::<super::MappingView>(view);
        same::<super::SavedMapping>(whole::<import::SavedMapping>(json!({
            "id": "i", "name": "n", "kind": "customers", "signature": "s", "columns": [["Name", "name"]],
            "options": options, "created_by": "u", "created_at": "2026-01-01T00:00:00Z",
        })));
        let event: domain::Event = whole(json!({
            "seq": 1, "at": "2026-01-01T00:00:00Z", "actor": { "id": "u", "name": "n" }, "request_id": "r",
            "kind": "payment.completed", "subject": { "type": "payment", "id": "p" },
            "data": { "customer": { "id": "c" } }, "prev_hash": "h", "hash": "h",
        }));
        same::<super::Actor>(event::ActorRef { id: "u".into(), name: "n".into() });
        same::<super::Subject>(&event.subject);
        same::<super::Notification>(notification::Notification::of(&event, true));
        same::<super::Event>(event);
        same::<super::NotificationPreferences>(
            notification::Preferences::default().complete(domain::Role::Admin),
        );
        same::<super::User>(whole::<domain::User>(json!({
            "id": "u", "name": "n", "email": "e", "role": "admin", "active": true, "invited": true, "version": 1,
        })));
        same::<super::UserSession>(whole::<domain::user::UserSession>(json!({
            "id": "s", "device": "d", "current": true, "created_at": "2026-01-01T00:00:00Z",
            "last_used_at": "2026-01-01T00:00:00Z",
        })));
        same::<super::ApiToken>(whole::<domain::user::ApiToken>(json!({
            "id": "t", "name": "n", "role": "viewer", "created_by": "c", "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-01T00:00:00Z", "last_used_at": "2026-01-01T00:00:00Z",
        })));
        same::<super::SecondFactor>(whole::<domain::user::SecondFactor>(
            json!({ "active": true, "recovery_codes_left": 10 }),
        ));
        same::<super::SecondFactorSetup>(whole::<domain::user::SecondFactorSetup>(
            json!({ "secret": "s", "uri": "u", "qr_path": "p", "qr_size": 1 }),
        ));
        same::<super::Page<super::Money>>(list::Page { data: vec![1], page: list::PageInfo::default() });
        same::<super::PageInfo>(list::PageInfo::default());
    }

    #[test]
    fn what_is_refused_has_the_documented_names() {
        let mut problem =
            domain::Problem::invalid(domain::FieldError::new("name", "required", "Enter a name.").into());
        problem.request_id = Some("r".into());
        problem.current = Some(json!({}));
        problem.retry_after = Some(1);
        same::<super::FieldError>(&problem.errors.0[0]);
        same::<super::Problem>(problem);
    }

    #[test]
    fn what_is_asked_has_the_documented_names() {
        let amount = || json!({ "amount": "1", "currency": "USD" });
        same::<super::MoneyInput>(whole::<domain::customer::MoneyInput>(amount()));
        same::<super::NewCustomer>(whole::<domain::NewCustomer>(json!({
            "name": "n", "reference": "r", "email": "e", "phone": "p", "address": "a", "notes": "n", "tags": ["t"],
            "currency": "USD", "owner": "o", "credit_limit": amount(), "outstanding": amount(), "due_date": "2026-01-01",
        })));
        same::<super::CustomerPatch>(whole::<domain::CustomerPatch>(json!({
            "name": "n", "reference": "r", "email": "e", "phone": "p", "address": "a", "notes": "n", "tags": ["t"],
            "owner": "o", "credit_limit": amount(), "version": 1,
        })));
        same::<super::NewPayment>(whole::<domain::account::NewPayment>(json!({
            "customer_id": "c", "amount": amount(), "received_on": "2026-01-01", "method": "card", "reference": "r",
            "status": "pending", "allocations": [{ "invoice_id": "i", "amount": amount() }],
        })));
        same::<super::NewAllocation>(whole::<domain::account::NewAllocation>(
            json!({ "invoice_id": "i", "amount": amount() }),
        ));
        same::<super::NewSimulation>(whole::<ledger::NewSimulation>(json!({
            "customer_id": "c", "amount": amount(), "outcome": "decline", "decline_code": "expired_card", "delay_ms": 1,
        })));
        same::<super::NewInvoice>(whole::<invoice::NewInvoice>(json!({
            "customer_id": "c", "number": "1", "total": amount(), "issue_date": "2026-01-01", "due_date": "2026-01-01",
            "terms": "net_30", "memo": "m", "status": "draft",
        })));
        same::<super::InvoicePatch>(whole::<invoice::InvoicePatch>(json!({
            "number": "1", "total": amount(), "issue_date": "2026-01-01", "due_date": "2026-01-01", "terms": "net_30",
            "memo": "m", "version": 1,
        })));
        same::<super::MappingChange>(whole::<import::MappingChange>(json!({
            "kind": "customers", "sheet": "s", "mapping": { "Name": "name" }, "options": { "decimal": "comma" },
            "mode": "upsert", "header_row": 1,
        })));
        let fixes = whole::<import::CellFixes>(json!({
            "edits": [{ "sheet": "s", "row": 1, "column": "c", "value": "v" }], "group": { "key": "k", "value": "v" },
        }));
        same::<super::CellEdit>(&fixes.edits[0]);
        same::<super::GroupFix>(&fixes.group);
        same::<super::CellFixes>(fixes);
        same::<super::Why>(whole::<ledger::Why>(
            json!({ "reason": "r", "effective_on": "2026-01-01", "version": 1 }),
        ));
        same::<super::StatusChange>(whole::<ledger::StatusChange>(
            json!({ "status": "pending", "reason": "r", "version": 1 }),
        ));
        same::<super::UserPatch>(whole::<ledger::UserPatch>(
            json!({ "role": "admin", "active": true, "name": "n", "version": 1 }),
        ));
        same::<super::Invitation>(whole::<domain::user::Invitation>(
            json!({ "name": "n", "email": "e", "role": "admin" }),
        ));
        same::<super::NewApiToken>(whole::<domain::user::NewApiToken>(
            json!({ "name": "n", "role": "admin", "expires_in_days": 1 }),
        ));
        same::<super::Registration>(whole::<domain::user::Registration>(
            json!({ "name": "n", "email": "e", "password": "p" }),
        ));
    }
}
