//! The whole application on one port. Tests run this too, on port 0.

use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use hyper_util::rt::TokioTimer;
use ledger::{AuthConfig, Clock, ExportFormat, Ledger};
use socket2::SockRef;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

use crate::config::Config;
use crate::cookies::Cookies;
use crate::limits::Limits;
use crate::live::{Relays, Sockets};
use crate::metrics::Metrics;
use crate::{api, docs, health, limits, live, metrics, origin, pages, proxies, request, secrets, session};

/// What every handler can reach.
#[derive(Clone)]
pub struct State {
    pub(crate) ledger: Ledger,
    pub(crate) config: Arc<Config>,
    pub(crate) cookies: Arc<Cookies>,
    pub(crate) sockets: Arc<Sockets>,
    pub(crate) relays: Arc<Relays>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Arc<Limits>,
    /// Where people find it, without a slash at the end.
    pub(crate) address: Arc<str>,
    /// Turns true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl axum::extract::FromRef<State> for leptos::config::LeptosOptions {
    fn from_ref(state: &State) -> Self {
        state.config.leptos.clone()
    }
}

/// How long requests under way may take to finish once the server is asked to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the headers of a request may take, and how long a connection may be silent between two.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Headers of one request at most.
const MOST_HEADERS: usize = 64;
/// Bytes of all headers of one request at most, the first line with them.
const MOST_HEADER_BYTES: usize = 64 * 1024;

/// A bound, not yet running application.
pub struct Application {
    listener: TcpListener,
    bound: SocketAddr,
    router: Router,
    state: State,
    stop: watch::Sender<bool>,
}

/// Opens the ledger that `config` describes.
pub async fn open(config: &Config) -> Result<Ledger, String> {
    open_at(config, Clock::default()).await
}

/// Opens the ledger with a clock of one's own.
pub async fn open_at(config: &Config, clock: Clock) -> Result<Ledger, String> {
    let signing_keys = secrets::signing_keys(&config.data_dir)?;
    let sealing_key = secrets::sealing_key(&config.data_dir)?;
    Ledger::open(ledger::Config {
        url: config.database(),
        credentials: config.database_credentials.clone(),
        memory: config.database_memory,
        data_dir: config.data_dir.clone(),
        organisation: config.organisation.clone(),
        auth: AuthConfig {
            signing_keys,
            sealing_key,
            password_attempts: config.password_attempts,
            access_minutes: config.access_minutes,
            refresh_days: config.refresh_days,
            sign_up: config.sign_up,
        },
        import: config.import.clone(),
        ageing: config.ageing.clone(),
        poll: config.live_poll,
        clock,
        demonstration: config.demonstration,
        gateway: None,
    })
    .await
    .map_err(|error| error.to_string())
}

impl Application {
    /// Takes the port, opens the books, puts the routes together.
    pub async fn build(config: Config) -> Result<Self, String> {
        // The port first: nobody should wait for a database only to learn that the port is taken.
        let listener = TcpListener::bind(config.addr).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "{} is taken by another program; stop it or choose another address, such as DUEBOOK_ADDR=127.0.0.1:4401.",
                config.addr
            ),
            _ => format!("Can't listen on {}: {error}", config.addr),
        })?;
        let ledger = open(&config).await?;
        Self::with(config, ledger, listener)
    }

    /// The application on a ledger that is open already.
    pub fn with(config: Config, ledger: Ledger, listener: TcpListener) -> Result<Self, String> {
        let bound = listener.local_addr().map_err(|error| format!("Can't listen: {error}"))?;
        for setting in &config.unknown {
            tracing::warn!("nothing reads the setting {setting}; is it misspelt?");
        }
        if !config.leptos.hash_files {
            tracing::warn!(
                site_root = %config.leptos.site_root,
                "no built front end there: pages will not work, the API will; `cargo xtask run` builds it"
            );
        }
        if !config.secure() && !bound.ip().is_loopback() {
            tracing::warn!(
                "plain http on an address others can reach: passwords travel unprotected, and browsers elsewhere keep no sign-in unless \
                 DUEBOOK_BASE_URL says where they come in; set it to an https:// address behind a proxy"
            );
        }
        let relays = Relays::start().map_err(|error| format!("No threads for live connections: {error}"))?;
        let (stop, stopping) = watch::channel(false);
        let state = State {
            ledger,
            cookies: Arc::new(Cookies::new(!config.plain_cookies(bound))),
            sockets: Arc::new(Sockets::default()),
            relays: Arc::new(relays),
            metrics: Arc::new(Metrics::default()),
            limits: Limits::new(config.limits),
            address: config.address(bound).into(),
            config: Arc::new(config),
            stopping,
        };
        let router = router(&state);
        Ok(Self { listener, bound, router, state, stop })
    }

    /// Where people find it.
    pub fn address(&self) -> String {
        self.state.address.to_string()
    }

    /// The books.
    pub fn ledger(&self) -> &Ledger {
        &self.state.ledger
    }

    /// Where it listens.
    pub fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// Serves until the process is asked to stop, then lets what is under way finish.
    pub async fn run(self) -> Result<(), String> {
        self.run_until(asked_to_stop()).await
    }

    /// Serves until `stop` is ready.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), String> {
        self.state.ledger.start();
        let told = self.stop;
        let handle = Handle::new();
        let stopper = handle.clone();
        let listener = self.listener.into_std().map_err(|error| format!("Can't listen: {error}"))?;
        let door = listener.try_clone().map_err(|error| format!("Can't listen: {error}"))?;
        tokio::spawn(async move {
            stop.await;
            tracing::info!("stopping");
            // Nobody comes in any more. The server would only look whether it is to stop once nobody is at the door, and
            // those whose sockets end come back at once.
            if let Err(error) = SockRef::from(&door).shutdown(Shutdown::Both) {
                tracing::warn!(%error, "the port can't be closed at once");
            }
            drop(door);
            // Sockets end themselves, else they would hold the server for ever.
            let _ = told.send(true);
            stopper.graceful_shutdown(Some(PATIENCE));
        });
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let mut server = axum_server::from_tcp(listener)
            .map_err(|error| format!("Can't listen: {error}"))?
            .handle(handle)
            // A frame must not wait until the one before it was acknowledged: that takes 40 ms now and then.
            .acceptor(NoDelayAcceptor::new());
        // Somebody who sends a header byte by byte, or nothing, holds no connection for long.
        server
            .http_builder()
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_headers(MOST_HEADERS)
            .max_buf_size(MOST_HEADER_BYTES);
        server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(HEADER_TIMEOUT);
        let served = server.serve(service).await.map_err(|error| format!("The server failed: {error}"));
        self.state.ledger.close().await;
        served
    }
}

fn router(state: &State) -> Router {
    let live = Router::new().route("/live", axum::routing::get(live::upgrade));
    // Workbooks are compressed already.
    let worth = DefaultPredicate::new().and(NotForContentType::const_new(ExportFormat::Xlsx.media_type()));
    let compressed = Router::new()
        .merge(api::router(state))
        .merge(docs::router())
        .merge(pages::router(state))
        .layer(CompressionLayer::new().br(true).gzip(true).compress_when(worth));
    let routes = live
        .merge(compressed)
        .merge(metrics::router())
        .layer(axum::middleware::from_fn_with_state(state.clone(), limits::check_account))
        .layer(axum::middleware::from_fn_with_state(state.clone(), session::recognise))
        .layer(axum::middleware::from_fn_with_state(state.clone(), origin::check))
        .layer(axum::middleware::from_fn_with_state(state.clone(), limits::check))
        .layer(axum::middleware::from_fn_with_state(state.clone(), proxies::believe))
        .merge(health::router());
    request::layers(routes, state.config.secure(), state.config.most_requests).with_state(state.clone())
}

async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
