//! What narrows the list.

use std::time::Duration;

use domain::user::Colleague;
use domain::{Currency, CustomerStatus};
use leptos::prelude::*;

use super::view::{self, ARCHIVED, Narrowed, View};
use crate::browser;
use crate::session::use_session;
use crate::shell::WantsSearch;
use crate::timing::debounced;
use crate::ui::{Choice, Icon, IconName, MoneyField, Select};

/// How long the search waits for the next letter.
const TYPING: Duration = Duration::from_millis(120);

/// What stands in the controls. Copy.
#[derive(Clone, Copy)]
struct Controls {
    q: RwSignal<String>,
    status: RwSignal<String>,
    owner: RwSignal<String>,
    tag: RwSignal<String>,
    min: RwSignal<String>,
    max: RwSignal<String>,
}

impl Controls {
    fn new(now: Narrowed) -> Self {
        Self {
            q: RwSignal::new(now.q),
            status: RwSignal::new(now.status),
            owner: RwSignal::new(now.owner),
            tag: RwSignal::new(now.tag),
            min: RwSignal::new(now.min),
            max: RwSignal::new(now.max),
        }
    }

    fn read(&self) -> Narrowed {
        Narrowed {
            q: self.q.get_untracked(),
            status: self.status.get_untracked(),
            owner: self.owner.get_untracked(),
            tag: self.tag.get_untracked(),
            min: self.min.get_untracked(),
            max: self.max.get_untracked(),
        }
    }

    fn put(&self, now: Narrowed) {
        let Self { q, status, owner, tag, min, max } = *self;
        let pairs = [
            (q, now.q),
            (status, now.status),
            (owner, now.owner),
            (tag, now.tag),
            (min, now.min),
            (max, now.max),
        ];
        for (field, now) in pairs {
            // The blank after a word isn't in the address, and has to stay where the next word is being typed.
            if field.with_untracked(|text| text.trim() != now.trim()) {
                field.set(now);
            }
        }
    }
}

/// Search and filters. The address holds them all; as a form they also work without JavaScript.
#[component]
pub(super) fn Filters(
    view: Memo<View>,
    go: Callback<(View, bool)>,
    /// Who may be an owner.
    people: Vec<Colleague>,
) -> impl IntoView {
    let currency = use_session().currency;
    let controls = Controls::new(view.get_untracked().narrowed());
    let Controls { q, status, owner, tag, min, max } = controls;
    // Typing in progress: the address is behind what stands in the boxes.
    let typing = RwSignal::new(false);
    let settle = Callback::new(move |()| {
        typing.set(false);
        let to = view.get_untracked().with_filters(controls.read());
        if to != view.get_untracked() {
            // Every letter would be a step back in the history otherwise.
            go.run((to, true));
        }
    });
    let typed = debounced(TYPING, settle);
    let touch = move || {
        typing.set(true);
        typed.run(());
    };
    Effect::new(move |before: Option<()>| {
        let view = view.get();
        if before.is_some() && !typing.get_untracked() {
            // Came by a tab, a link or the back button.
            controls.put(view.narrowed());
        }
    });
    Effect::new(move |before: Option<()>| {
        for typed in [min, max, tag] {
            typed.track();
        }
        if before.is_some() {
            touch();
        }
    });
    focus_when_wanted();
    let columns = move || view.with(|view| view.columns.to_string());
    let is_filtered = move || view.with(View::is_filtered);
    view! {
        <form
            class="filters customer-filters"
            method="get"
            action="/customers"
            role="search"
            on:submit=move |event| {
                event.prevent_default();
                settle.run(());
            }
        >
            <div class="field">
                <label class="field-label" for="customer-search">"Search"</label>
                <span class="search-box">
                    <Icon name=IconName::Search size=16 />
                    <input
                        id="customer-search"
                        class="input"
                        type="search"
                        name="q"
                        aria-label="Search customers"
                        placeholder="Name, reference, e-mail or phone"
                        autocomplete="off"
                        spellcheck="false"
                        value=q.get_untracked()
                        prop:value=move || q.get()
                        on:input=move |event| {
                            q.set(event_target_value(&event));
                            touch();
                        }
                    />
                </span>
            </div>
            <Select name="status" label="Status" value=status choices=states() on_change=move |_| settle.run(()) />
            <Select
                name="owner"
                label="Owner"
                value=owner
                choices=owners(people, &view.with_untracked(|view| view.owner.clone()))
                on_change=move |_| settle.run(())
            />
            <div class="field">
                <label class="field-label" for="field-tag">"Tag"</label>
                <input
                    id="field-tag"
                    class="input"
                    name="tag"
                    autocomplete="off"
                    value=tag.get_untracked()
                    prop:value=move || tag.get()
                    on:input=move |event| tag.set(event_target_value(&event))
                />
            </div>
            <MoneyField name="min" label="Min. outstanding" value=min currency=currency.code().to_owned() error=amount_error(min, currency) />
            <MoneyField name="max" label="Max. outstanding" value=max currency=currency.code().to_owned() error=amount_error(max, currency) />
            {move || is_filtered().then(|| view! {
                <a class="button button-quiet" href=move || view.with(|view| view.cleared().address())>"Clear"</a>
            })}
            <input type="hidden" name="columns" value=columns disabled=move || columns().is_empty() />
            <noscript><button class="button button-secondary" type="submit">"Filter"</button></noscript>
        </form>
    }
}

/// Puts the focus into the search when its page was opened for that.
fn focus_when_wanted() {
    let WantsSearch(wants_search) = WantsSearch::expect();
    Effect::new(move |_| {
        if wants_search.get() {
            wants_search.set(false);
            browser::focus_soon("#customer-search");
        }
    });
}

fn states() -> Vec<Choice> {
    std::iter::once(Choice::new("", "Any"))
        .chain(CustomerStatus::ALL.map(|status| Choice::new(status.as_str(), status.label())))
        .chain([Choice::new(ARCHIVED, "Archived")])
        .collect()
}

/// Anyone, oneself, the others; and whoever the address names, should nobody know them.
fn owners(people: Vec<Colleague>, named: &str) -> Vec<Choice> {
    let own = use_session().user.map(|user| user.id);
    let (me, others): (Vec<_>, Vec<_>) =
        people.into_iter().partition(|person| Some(&person.id) == own.as_ref());
    let me = me.into_iter().map(|person| Choice::new(person.id.as_str(), "You"));
    let others = others.into_iter().map(|person| Choice::new(person.id.as_str(), person.name));
    let mut choices: Vec<Choice> =
        std::iter::once(Choice::new("", "Anyone")).chain(me).chain(others).collect();
    if choices.iter().all(|choice| choice.value != named) {
        choices.push(Choice::new(named, "Nobody known"));
    }
    choices
}

fn amount_error(text: RwSignal<String>, currency: Currency) -> Signal<Option<String>> {
    Signal::derive(move || {
        text.with(|text| view::amount(text, currency).err().map(|error| error.to_string()))
    })
}
