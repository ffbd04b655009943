//! The one door through which wall-clock time enters.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;

/// Tells the instant and the organisation's calendar date. Tests set it forward; a live database never does.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    /// Days that a demonstration is ahead of everybody's calendar.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The instant now, in whole microseconds (what the database keeps).
    pub fn now(&self) -> DateTime<Utc> {
        self.waking_now() + Duration::days(self.ahead.load(Ordering::Relaxed))
    }

    /// The instant now for the people at their screens, who don't grow older by the days a demonstration skips: their
    /// sign-ins last as long as ever.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub(crate) fn waking_now(&self) -> DateTime<Utc> {
        let now = Utc::now() + Duration::milliseconds(self.offset_ms.load(Ordering::Relaxed));
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// The calendar date in `zone`.
    pub fn business_date(&self, zone: Tz) -> NaiveDate {
        calendar_date(self.now(), zone)
    }

    /// Moves this clock forward, for tests: everything grows older, sign-ins too.
    pub fn advance(&self, by: Duration) {
        self.offset_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }

    /// Moves the calendar of a demonstration forward.
    pub(crate) fn skip_days(&self, days: u16) {
        self.ahead.fetch_add(days.into(), Ordering::Relaxed);
    }
}

/// What the calendar on the wall says in `zone`.
fn calendar_date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_that_of_the_zone_through_every_change_of_its_clocks() {
        for (zone, at, date) in [
            ("UTC", "2025-03-20T23:59:59Z", "2025-03-20"),
            ("UTC", "2025-03-21T00:00:00Z", "2025-03-21"),
            // Berlin: an hour ahead in winter, two in summer; the clocks change at 01:00 UTC on 30 March and 26 October.
            ("Europe/Berlin", "2025-03-29T22:59:59Z", "2025-03-29"),
            ("Europe/Berlin", "2025-03-29T23:00:00Z", "2025-03-30"),
            ("Europe/Berlin", "2025-03-30T21:59:59Z", "2025-03-30"),
            ("Europe/Berlin", "2025-03-30T22:00:00Z", "2025-03-31"),
            ("Europe/Berlin", "2025-10-26T22:59:59Z", "2025-10-26"),
            ("Europe/Berlin", "2025-10-26T23:00:00Z", "2025-10-27"),
            // Cairo skips the hour after midnight: the day begins at 01:00.
            ("Africa/Cairo", "2025-04-24T21:59:59Z", "2025-04-24"),
            ("Africa/Cairo", "2025-04-24T22:00:00Z", "2025-04-25"),
            // Samoa left a whole day out when it changed the side of the date line.
            ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
            ("Asia/Kathmandu", "2025-01-01T18:14:59Z", "2025-01-01"),
            ("Asia/Kathmandu", "2025-01-01T18:15:00Z", "2025-01-02"),
        ] {
            let at: DateTime<Utc> = at.parse().unwrap();
            assert_eq!(calendar_date(at, zone.parse().unwrap()).to_string(), date, "{at} in {zone}");
        }
    }
}
