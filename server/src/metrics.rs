//! `GET /metrics`: how the live relay does, in the OpenMetrics text format that Prometheus reads. For admins, and for whoever
//! has the configured token.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State as AxumState;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use ledger::RelayHealth;
use prometheus_client::encoding::EncodeLabelValue;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use subtle::ConstantTimeEq;

use crate::api::problem::Refusal;
use crate::application::State;
use crate::live::End;
use crate::session::{Visitor, bearer};

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Bounds of the lag of frames, seconds: around the targets of 5, 10 and 50 ms.
const LAG: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Bounds of the frames that wait for a socket.
const WAITING: [f64; 8] = [0.0, 1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0];

/// Why a client had to read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Resync {
    Lagged,
    MissedTooMuch,
    LogUnreadable,
}

impl Resync {
    /// As the client is told.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Resync::Lagged => "lagged",
            Resync::MissedTooMuch => "missed too much",
            Resync::LogUnreadable => "the log could not be read",
        }
    }
}

/// Counters by reason.
type ByReason<T> = Family<[(&'static str, T); 1], Counter>;

/// What is counted while the server runs.
pub(crate) struct Metrics {
    registry: Registry,
    sockets: Gauge,
    ended: ByReason<End>,
    resyncs: ByReason<Resync>,
    frames: Counter,
    lag: Histogram,
    waiting: Histogram,
    slowest: Gauge,
    head: Gauge,
    tail: Gauge,
    opened: Counter,
    silent: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("duebook_live"),
            sockets: Gauge::default(),
            ended: Family::default(),
            resyncs: Family::default(),
            frames: Counter::default(),
            lag: Histogram::new(LAG),
            waiting: Histogram::new(WAITING),
            slowest: Gauge::default(),
            head: Gauge::default(),
            tail: Gauge::default(),
            opened: Counter::default(),
            silent: Counter::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("sockets", "Open sockets", metrics.sockets.clone());
        registry.register("ended", "Sockets that ended, by reason", metrics.ended.clone());
        registry.register("resyncs", "Clients told to read again, by reason", metrics.resyncs.clone());
        registry.register("frames", "Frames handed to sockets", metrics.frames.clone());
        registry.register_with_unit(
            "lag",
            "From reading an event from the log to handing its frame to a socket",
            Unit::Seconds,
            metrics.lag.clone(),
        );
        registry.register(
            "queue_depth",
            "Frames that waited behind the first when a socket came to take them",
            metrics.waiting.clone(),
        );
        registry.register(
            "queue_depth_slowest",
            "Frames the slowest socket has not taken yet",
            metrics.slowest.clone(),
        );
        registry.register("head_seq", "The last event of the books", metrics.head.clone());
        registry.register("tail_seq", "The last event that was handed out", metrics.tail.clone());
        registry.register(
            "queries_opened",
            "Live queries opened: one, and one more after each that failed",
            metrics.opened.clone(),
        );
        registry.register("silences", "Events the live query did not tell of", metrics.silent.clone());
        metrics
    }
}

impl Metrics {
    pub(crate) fn opened(&self) {
        self.sockets.inc();
    }

    pub(crate) fn ended(&self, reason: End) {
        self.sockets.dec();
        self.ended.get_or_create(&[("reason", reason)]).inc();
    }

    pub(crate) fn resync(&self, reason: Resync) {
        self.resyncs.get_or_create(&[("reason", reason)]).inc();
    }

    /// A frame that was read `lag` ago is handed to a socket.
    pub(crate) fn frame(&self, lag: Duration) {
        self.frames.inc();
        self.lag.observe(lag.as_secs_f64());
    }

    /// A socket comes to take frames, of which so many wait behind the first.
    pub(crate) fn waiting(&self, frames: usize) {
        self.waiting.observe(frames as f64);
    }

    fn text(&self, health: &RelayHealth) -> Result<String, std::fmt::Error> {
        self.head.set(health.head_seq);
        self.tail.set(health.tail_seq);
        self.slowest.set(i64::try_from(health.waiting).unwrap_or(i64::MAX));
        self.opened.inner().store(health.opened, Ordering::Relaxed);
        self.silent.inner().store(health.silent, Ordering::Relaxed);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

pub(crate) fn router() -> Router<State> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(
    AxumState(state): AxumState<State>,
    Extension(Visitor(caller)): Extension<Visitor>,
    headers: HeaderMap,
) -> Response {
    let has_token = match (&state.config.metrics_token, bearer(&headers)) {
        (Some(token), Some(given)) => bool::from(token.as_bytes().ct_eq(given.as_bytes())),
        _ => false,
    };
    if caller.is_none() && !has_token {
        return Refusal::from(ledger::Error::Unauthenticated).into_response();
    }
    let health = match state.ledger.relay_health(caller.as_ref()).await {
        Ok(health) => health,
        Err(error) => return Refusal::from(error).into_response(),
    };
    match state.metrics.text(&health) {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
