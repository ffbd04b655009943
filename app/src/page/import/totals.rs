//! Control totals: what the valid rows add up to, per currency, against what the user expects.

use std::cmp::Ordering;

use domain::{Currency, Money};
use leptos::prelude::*;

use super::work::Work;
use crate::ui::{Amount, MoneyField, StatusBadge, Tone};

#[component]
pub(super) fn Totals(work: Work) -> impl IntoView {
    let totals = Memo::new(move |_| work.import.with(|import| import.totals.clone()));
    view! {
        <Show when=move || !totals.with(Vec::is_empty)>
            <div class="control-totals">
                <For each=move || totals.get() key=|total| total.currency() let:total>
                    <Total currency=total.currency() totals />
                </For>
            </div>
        </Show>
    }
}

#[component]
fn Total(currency: Currency, totals: Memo<Vec<Money>>) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let total = Memo::new(move |_| {
        totals.with(|totals| totals.iter().copied().find(|total| total.currency() == currency))
    });
    let expected = Memo::new(move |_| expectation(&typed.get(), currency));
    let error = Signal::derive(move || expected.get().err());
    let verdict = move || {
        let (total, expected) = (total.get()?, expected.get().ok()??);
        Some(match difference(total, expected) {
            None => view! { <StatusBadge tone=Tone::Good label="Matches" /> }.into_any(),
            Some(words) => view! { <StatusBadge tone=Tone::Bad label=words /> }.into_any(),
        })
    };
    let code = currency.code();
    view! {
        <div class="control-total">
            <div>
                <p class="field-label">"Total of the rows that are right"</p>
                <p class="control-sum">{move || total.get().map(|money| view! { <Amount money /> })}</p>
            </div>
            <MoneyField
                name="expected"
                id=format!("expected-{code}")
                label="Total you expect"
                value=typed
                currency=code.to_owned()
                error
                optional=true
            />
            <p class="control-verdict" role="status">{verdict}</p>
        </div>
    }
}

/// The amount that was typed, if any.
fn expectation(typed: &str, currency: Currency) -> Result<Option<Money>, String> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    Money::parse(typed.trim(), currency).map(Some).map_err(|error| error.to_string())
}

/// By how much the total misses what was expected.
fn difference(total: Money, expected: Money) -> Option<String> {
    match total.minor().cmp(&expected.minor()) {
        Ordering::Equal => None,
        Ordering::Less => Some(format!("{} less", expected.checked_sub(total)?)),
        Ordering::Greater => Some(format!("{} more", total.checked_sub(expected)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn the_difference_says_its_direction() {
        assert_eq!(difference(usd("10"), usd("10")), None);
        assert_eq!(difference(usd("9.50"), usd("10")).as_deref(), Some("0.50 USD less"));
        assert_eq!(difference(usd("1010"), usd("10")).as_deref(), Some("1,000.00 USD more"));
    }

    #[test]
    fn nothing_typed_expects_nothing() {
        assert_eq!(expectation("  ", Currency::USD), Ok(None));
        assert!(expectation("ten", Currency::USD).is_err());
    }
}
