//! Who else has this customer open, and who works on it.

use std::time::Duration;

use domain::presence::{Person, Presence as Known};
use domain::{Action, UserId};
use leptos::leptos_dom::helpers::document;
use leptos::prelude::*;

use super::desk::Desk;
use crate::format;
use crate::live::Presence;
use crate::session::use_session;
use crate::ui::{Button, ButtonSize};

/// People shown by their initials; more are counted.
const IN_SIGHT: usize = 3;
/// How often a page that is looked at says again that its viewer works on the customer.
const RENEW: Duration = Duration::from_secs(5 * 60);

/// Others at this customer, and what one can say about working on it.
#[component]
pub(super) fn Others(desk: Desk) -> impl IntoView {
    let presence = Presence::expect();
    let session = use_session();
    let me = StoredValue::new(session.user.as_ref().map(|user| user.id.clone()));
    let may_claim = session.may(Action::ClaimCustomer);
    let customer = desk.id.get_value();
    Effect::new(move |_| presence.watch(customer.clone()));
    renew(presence, me);
    let standing =
        Memo::new(move |_| presence.get().map(|known| Standing::of(&known, me.get_value().as_ref())));
    let others = Memo::new(move |_| presence.get().map(|known| others(&known, me.get_value().as_ref())));
    let in_words = move || {
        others.with(|others| standing.with(|standing| in_words(others.as_deref()?, standing.as_ref()?)))
    };
    view! {
        // Drawn with the page, so that screen readers tell what comes to stand in it.
        <p class="sr-only" role="status">{in_words}</p>
        {move || others.get().filter(|others| !others.is_empty()).map(|others| view! { <People others /> })}
        // One button, whatever it says: who pressed it keeps the focus.
        <Show when=move || standing.with(Option::is_some)>
            {move || standing.get().and_then(|standing| standing.in_words()).map(|words| view! { <span class="claim">{words}</span> })}
            {may_claim.then(|| view! {
                <Button size=ButtonSize::Small on_click=move |_| match standing.get_untracked() {
                    Some(Standing::Viewer) => presence.release(),
                    _ => presence.claim(),
                }>
                    {move || standing.get().map(|standing| standing.button())}
                </Button>
            })}
        </Show>
    }
}

/// Who works on the customer, from where the viewer stands.
#[derive(Clone, Debug, PartialEq)]
enum Standing {
    Nobody,
    Viewer,
    Other(String),
}

impl Standing {
    fn of(known: &Known, me: Option<&UserId>) -> Self {
        match &known.claim {
            None => Standing::Nobody,
            Some(claim) if Some(&claim.person.id) == me => Standing::Viewer,
            Some(claim) => Standing::Other(claim.person.name.clone()),
        }
    }

    fn in_words(&self) -> Option<String> {
        match self {
            Standing::Nobody => None,
            Standing::Viewer => Some("You are working on this".to_owned()),
            Standing::Other(name) => Some(format!("{name} is working on this")),
        }
    }

    fn button(&self) -> &'static str {
        match self {
            Standing::Nobody => "I’m on it",
            Standing::Viewer => "Release",
            Standing::Other(_) => "Take over",
        }
    }
}

#[component]
fn People(others: Vec<Person>) -> impl IntoView {
    if others.is_empty() {
        return ().into_any();
    }
    let more = others.len().saturating_sub(IN_SIGHT);
    let rest = others.iter().skip(IN_SIGHT).map(|person| person.name.clone()).collect::<Vec<_>>().join(", ");
    let avatars = others
        .into_iter()
        .take(IN_SIGHT)
        .map(|person| {
            view! {
                <li class="avatar" title=person.name.clone()>
                    <span aria-hidden="true">{format::initials(&person.name)}</span>
                    <span class="sr-only">{person.name.clone()}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="others" aria-label="Also here">
            {avatars}
            {(more > 0).then(|| view! {
                <li class="avatar" title=rest.clone()>
                    <span aria-hidden="true">{format!("+{more}")}</span>
                    <span class="sr-only">{rest.clone()}</span>
                </li>
            })}
        </ul>
    }
    .into_any()
}

fn others(known: &Known, me: Option<&UserId>) -> Vec<Person> {
    known.people.iter().filter(|person| Some(&person.id) != me).cloned().collect()
}

fn in_words(others: &[Person], standing: &Standing) -> Option<String> {
    let names: Vec<&str> = others.iter().map(|person| person.name.as_str()).collect();
    let here = match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} has this customer open too.")),
        [first @ .., last] => Some(format!("{} and {last} have this customer open too.", first.join(", "))),
    };
    let works = standing.in_words().map(|words| format!("{words}."));
    let said: Vec<String> = here.into_iter().chain(works).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// Whose page is looked at goes on working; a page left behind lets the claim end by itself.
fn renew(presence: Presence, me: StoredValue<Option<UserId>>) {
    Effect::new(move |_| {
        let mine = move || {
            let known = untrack(|| presence.get());
            let holder = known.and_then(|known| known.claim).map(|claim| claim.person.id);
            holder.is_some() && Some(holder) == me.try_get_value()
        };
        let beat = set_interval_with_handle(
            move || {
                if !document().hidden() && mine() {
                    presence.claim();
                }
            },
            RENEW,
        );
        on_cleanup(move || {
            if let Ok(beat) = beat {
                beat.clear();
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::presence::Claim;

    use super::*;

    fn person(name: &str) -> Person {
        Person { name: name.to_owned(), id: UserId::from(name) }
    }

    #[test]
    fn says_who_else_is_there_and_who_works_on_it() {
        let me = UserId::from("Ann");
        let said = |names: &[&str], claim: Option<&str>| {
            let known = Known {
                people: names.iter().map(|name| person(name)).collect(),
                claim: claim.map(|name| Claim { person: person(name), since: DateTime::UNIX_EPOCH }),
                ..Known::nobody("cus_1".into())
            };
            in_words(&others(&known, Some(&me)), &Standing::of(&known, Some(&me)))
        };
        assert_eq!(said(&["Ann"], None), None);
        assert_eq!(said(&["Ann", "Bob"], None).unwrap(), "Bob has this customer open too.");
        assert_eq!(
            said(&["Ann", "Bob", "Eve"], Some("Eve")).unwrap(),
            "Bob and Eve have this customer open too. Eve is working on this."
        );
        assert_eq!(said(&["Ann"], Some("Ann")).unwrap(), "You are working on this.");
    }
}
