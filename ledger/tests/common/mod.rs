//! A ledger on a database of its own, and people to use it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use domain::customer::{MoneyInput, NewCustomer};
use domain::import::Import;
use domain::user::Registration;
use domain::{Currency, Customer, Payment, Role, SignUp};
use ledger::{
    AuthConfig, Caller, Client, Clock, Config, Credentials, Idempotency, ImportLimits, Ledger, Organisation,
    Upload, UserPatch,
};

pub const PASSWORD: &str = "seven green kettles";

pub fn config(url: &str, clock: Clock) -> Config {
    Config {
        url: url.to_owned(),
        credentials: None,
        memory: 32 << 20,
        data_dir: std::env::temp_dir(),
        organisation: Organisation {
            name: "Test".into(),
            time_zone: "UTC".parse().unwrap(),
            currency: Currency::USD,
        },
        auth: AuthConfig {
            signing_keys: vec![vec![7; 32]],
            sealing_key: vec![5; 32],
            password_attempts: 10,
            access_minutes: 15,
            refresh_days: 30,
            sign_up: SignUp::Approval,
        },
        import: ImportLimits {
            max_bytes: 10_000_000,
            max_rows: 10_000,
            max_columns: 100,
            timeout_seconds: 60,
            workers: 2,
        },
        ageing: Default::default(),
        poll: Duration::from_millis(200),
        clock,
        demonstration: false,
        gateway: None,
    }
}

pub async fn open(clock: &Clock) -> Ledger {
    Ledger::open(config("mem://", clock.clone())).await.unwrap()
}

/// A ledger with its admin.
pub async fn desk() -> (Ledger, Caller) {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    (ledger, ada)
}

/// Registers `name` (the first becomes the admin), lets them in and signs them in.
pub async fn person(ledger: &Ledger, admin: Option<&Caller>, name: &str, role: Role) -> Caller {
    let email = format!("{}@example.com", name.to_lowercase());
    let registration = Registration { name: name.into(), email: email.clone(), password: PASSWORD.into() };
    let user = ledger.register(&registration, None).await.unwrap();
    if let Some(admin) = admin {
        let patch = UserPatch { active: Some(true), role: Some(role), ..UserPatch::default() };
        ledger.update_user(admin, &user.id, &patch).await.unwrap();
    }
    let signed_in = ledger.sign_in(&Credentials::new(&email, PASSWORD), &Client::default()).await.unwrap();
    ledger.authenticate(&signed_in.access_token).await.unwrap()
}

pub fn usd(amount: &str) -> MoneyInput {
    MoneyInput { amount: amount.into(), currency: None }
}

pub async fn owing(ledger: &Ledger, caller: &Caller, name: &str, amount: &str, due: &str) -> Customer {
    let new = NewCustomer {
        name: name.into(),
        outstanding: Some(usd(amount)),
        due_date: Some(due.into()),
        ..NewCustomer::default()
    };
    ledger.create_customer(caller, &new, None).await.unwrap().value
}

pub async fn pay(ledger: &Ledger, caller: &Caller, customer: &Customer, amount: &str, key: &str) -> Payment {
    let new = domain::account::NewPayment {
        customer_id: customer.id.to_string(),
        amount: usd(amount),
        ..Default::default()
    };
    let idempotency = Idempotency::new(key, "POST /payments", amount.as_bytes());
    ledger.record_payment(caller, &new, &idempotency).await.unwrap().value
}

pub async fn import_csv(ledger: &Ledger, caller: &Caller, text: &str) -> Import {
    let upload = Upload::new("customers.csv", text.as_bytes().to_vec());
    let import = ledger.start_import(caller, upload).await.unwrap();
    finished(ledger, caller, &import).await
}

/// Waits for the end of an import that asks nobody.
pub async fn finished(ledger: &Ledger, caller: &Caller, import: &Import) -> Import {
    loop {
        let import = ledger.import(caller, &import.id).await.unwrap();
        if import.state.is_final() {
            return import;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Nothing may differ at the end of any test.
pub async fn proven(ledger: &Ledger) {
    let report = ledger.verify().await.unwrap();
    assert!(report.differences.is_empty(), "{:#?}", report.differences);
}
