//! Amounts: tabular figures, the currency muted beside them.

use domain::Money;
use leptos::prelude::*;

/// An amount of money.
#[component]
pub fn Amount(
    /// How much.
    money: Money,
    /// Shown quietly when it is nothing, as most cells of a column may be.
    #[prop(optional)]
    quiet_zero: bool,
    /// The figure that is the page's point: 28 px.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let class = match (large, quiet_zero && money.is_zero()) {
        (true, _) => "amount amount-large",
        (false, true) => "amount amount-zero",
        (false, false) => "amount",
    };
    view! {
        <span class=class>
            <span class="amount-figures">{money.grouped()}</span>
            " "
            <span class="amount-currency">{money.currency().code().to_owned()}</span>
        </span>
    }
}
