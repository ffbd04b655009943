//! Latencies of one kind of request.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::Result;

/// Microseconds, up to a minute, to three digits.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    pub fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, 60_000_000, 3)?))
    }

    /// Adds one; what took longer than a minute counts as a minute.
    pub fn add(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds all of another's.
    pub fn merge(&mut self, other: &Self) -> Result {
        Ok(self.0.add(&other.0)?)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds that this share of the requests (0–1) stayed below.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        // An exact conversion: a minute is 6 × 10⁷ µs, far below 2⁵³.
        self.0.value_at_quantile(share) as f64 / 1000.0
    }

    /// `p50 1.2  p95 3.4  p99 5.6 ms`.
    pub fn text(&self) -> String {
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| self.quantile_ms(share));
        format!("p50 {p50:.2}  p95 {p95:.2}  p99 {p99:.2} ms")
    }
}
