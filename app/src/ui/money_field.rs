//! An amount of one currency: right-aligned figures, the currency beside them.

use leptos::prelude::*;

use super::Form;
use super::field::{FieldNotes, described_by};

/// A field for an amount. What is typed stays text; `domain` reads it.
#[component]
pub fn MoneyField(
    /// Name in the form and JSON pointer of its errors.
    name: &'static str,
    /// What it is.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// Shown beside the figures.
    #[prop(into)]
    currency: Signal<String>,
    /// The form that knows what is wrong with it.
    #[prop(optional)]
    form: Option<Form>,
    /// What is wrong, when no form says so.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What to enter, and why.
    #[prop(optional, into)]
    help: Option<String>,
    /// Says “optional” beside the label.
    #[prop(optional)]
    optional: bool,
    /// Gets the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Id of the control, where two forms of a page have a field of this name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("field-{name}"));
    let error = form.map_or(error, |form| form.error(name));
    let (help_id, error_id) = (format!("{id}-help"), format!("{id}-error"));
    let described = described_by(&help_id, &error_id, help.is_some(), error);
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>
                {label}
                {optional.then(|| view! { <span class="field-optional">" (optional)"</span> })}
            </label>
            <span class="money-input">
                <input
                    class="input input-money"
                    id=id
                    name=name
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    autofocus=autofocus
                    prop:value=move || value.get()
                    value=value.get_untracked()
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=described
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        if let Some(form) = form {
                            form.mend(name);
                        }
                    }
                    on:blur=move |_| {
                        if let Some(form) = form {
                            form.leave(name);
                        }
                    }
                />
                <span class="money-currency" aria-hidden="true">{move || currency.get()}</span>
            </span>
            <FieldNotes help help_id error error_id />
        </div>
    }
}

/// An amount as people copy it from a statement, `1,234.50` or `1 234.50`, as the domain reads it. Anything else is left
/// for the domain to refuse.
pub fn plain(typed: &str) -> String {
    let text: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let mut groups = whole.split(',');
    let first_fits = groups.next().is_some_and(|first| (1..=3).contains(&first.len()));
    let (mut commas, mut rest_fits) = (0, true);
    for group in groups {
        commas += 1;
        rest_fits &= group.len() == 3;
    }
    // A single comma without a point, as in “12,345”, may as well be a decimal comma.
    let clear = commas > 1 || (commas == 1 && fraction.is_some());
    if !(clear && first_fits && rest_fits) {
        return text;
    }
    let whole = whole.replace(',', "");
    fraction.map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_copied_from_a_statement_are_read() {
        assert_eq!(plain("1,234.50"), "1234.50");
        assert_eq!(plain(" 1 234 567.5 "), "1234567.5");
        assert_eq!(plain("1,234,567"), "1234567");
    }

    #[test]
    fn what_is_no_grouping_is_left_for_the_domain_to_refuse() {
        for wrong in ["12,345", "12,5", "1,23,456.00", "abc", "-5", "1.234", ",500", ""] {
            assert_eq!(plain(wrong), wrong);
        }
    }
}
