//! How far an import is: rows, rate and the time that is left.

use domain::import::Progress;
use leptos::prelude::*;

use super::number;
use crate::ui::ProgressBar as Bar;

/// A bar, and in words what it shows.
#[component]
pub(super) fn ProgressBar(
    /// What is going on: “Saving”.
    label: &'static str,
    progress: Signal<Option<Progress>>,
) -> impl IntoView {
    let known = move || progress.get().filter(|progress| progress.total > 0);
    let percent = move || known().map(share);
    let words = move || known().map_or_else(|| format!("{label}…"), |progress| in_words(label, progress));
    view! {
        <div class="progress-block">
            <p class="progress-words">{words}</p>
            <Bar label percent=Signal::derive(percent) words=Signal::derive(words) />
        </div>
    }
}

/// How many of a hundred parts are done.
pub(super) fn share(progress: Progress) -> i64 {
    if progress.total > 0 { (progress.done.max(0).saturating_mul(100) / progress.total).min(100) } else { 0 }
}

fn in_words(label: &str, progress: Progress) -> String {
    let mut words = format!("{label}: {} of {} rows", number(progress.done), number(progress.total));
    if progress.rows_per_second > 0 {
        words += &format!(", {} a second", number(progress.rows_per_second));
    }
    if let Some(left) = progress.seconds_left.filter(|left| *left > 0) {
        words += &format!(", {} left", duration(left));
    }
    words
}

fn duration(seconds: i64) -> String {
    match seconds {
        ..90 => format!("{seconds} s"),
        _ => format!("{} min", (seconds + 59) / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_rate_and_the_time_left_once_they_are_known() {
        let at = |done, millis| in_words("Saving", Progress::of(done, 10_000, millis));
        assert_eq!(at(0, 0), "Saving: 0 of 10,000 rows");
        assert_eq!(at(2_000, 1_000), "Saving: 2,000 of 10,000 rows, 2,000 a second, 4 s left");
        assert_eq!(at(100, 1_000), "Saving: 100 of 10,000 rows, 100 a second, 2 min left");
        assert_eq!(at(10_000, 1_000), "Saving: 10,000 of 10,000 rows, 10,000 a second");
    }

    #[test]
    fn no_rows_are_no_share() {
        assert_eq!(share(Progress::of(0, 0, 0)), 0);
        assert_eq!(share(Progress::of(1, 3, 0)), 33);
        assert_eq!(share(Progress::of(5, 3, 0)), 100);
    }
}
