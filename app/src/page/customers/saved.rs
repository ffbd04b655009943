//! Saved views: tabs beside the built-in ones, and the menu that makes and changes them.

use domain::view::{NewView, SavedView, ViewList, ViewPatch};
use domain::{Action, FieldErrors, ViewId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::view::View;
use crate::api::view::{delete_view, save_view, saved_views, update_view};
use crate::live::Live;
use crate::session::use_session;
use crate::ui::{
    Button, ButtonKind, Dialog, DialogFoot, DialogForm, Field, Form, Icon, IconName, Menu, Tab, Toast,
    Toasts, Tone,
};

/// The views that were saved, and the one that is shown. Copy.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    views: RwSignal<Vec<SavedView>>,
    view: Memo<View>,
    go: Callback<(View, bool)>,
    toasts: Toasts,
    may_share: bool,
}

impl Saved {
    pub(super) fn new(read: ViewList, view: Memo<View>, go: Callback<(View, bool)>) -> Self {
        let may_share = use_session().may(Action::ShareViews);
        let views = RwSignal::new(read.views);
        follow(views, read.version);
        Self { views, view, go, toasts: Toasts::expect(), may_share }
    }

    /// The saved view that is shown, however it was changed since.
    fn current(&self) -> Option<SavedView> {
        let id = self.view.with(|view| view.saved.clone());
        self.views.with(|views| views.iter().find(|saved| saved.id.as_str() == id).cloned())
    }

    /// Whether what is shown isn't what `saved` holds.
    fn is_changed(&self, saved: &SavedView) -> bool {
        self.view.with(|view| view.saved == saved.id.as_str() && view.query() != saved.query)
    }

    /// Whether the address names a saved view that isn't there.
    fn is_missing(&self) -> bool {
        self.view.with(|view| !view.saved.is_empty()) && self.current().is_none()
    }

    /// Whether the viewer may change it.
    fn may_change(&self, saved: &SavedView) -> bool {
        self.may_share || !saved.shared
    }

    fn put(&self, saved: SavedView) {
        let _ = self.views.try_update(|views| {
            views.retain(|known| known.id != saved.id);
            views.push(saved);
            views.sort_by_cached_key(|view| view.name.to_lowercase());
        });
    }

    /// What is shown is this saved view from now on.
    fn enter(&self, saved: SavedView) {
        let to = self.view.with_untracked(|view| view.saved_as(saved.id.as_str()));
        self.put(saved);
        self.go.run((to, true));
    }

    fn change(self, saved: SavedView, patch: ViewPatch, said: &'static str) {
        spawn_local(async move {
            match update_view(saved.id, patch).await {
                Ok(saved) => {
                    let name = saved.name.clone();
                    self.put(saved);
                    self.toasts.say(Tone::Good, format!("“{name}”"), said);
                }
                Err(fault) => self.toasts.refuse(fault),
            }
        });
    }

    fn delete(self, saved: SavedView) {
        spawn_local(async move {
            if let Err(fault) = delete_view(saved.id.clone()).await
                && fault.0.status != 404
            {
                return self.toasts.refuse(fault);
            }
            let _ = self.views.try_update(|views| views.retain(|known| known.id != saved.id));
            self.leave(&saved.id);
            let title = format!("“{}” deleted", saved.name);
            self.toasts
                .push(Toast::new(Tone::Neutral, title, "").with_action("Undo", move || self.restore(&saved)));
        });
    }

    /// What is shown is no saved view any more.
    fn leave(&self, id: &ViewId) {
        let shown = self.view.try_get_untracked().filter(|view| view.saved == id.as_str());
        if let Some(view) = shown {
            self.go.run((view.saved_as(""), true));
        }
    }

    fn restore(self, saved: &SavedView) {
        let new = NewView { name: saved.name.clone(), query: saved.query.clone(), shared: saved.shared };
        spawn_local(async move {
            match save_view(new).await {
                Ok(saved) => self.put(saved),
                Err(fault) => self.toasts.refuse(fault),
            }
        });
    }
}

/// Reads the views again whenever somebody, here or elsewhere, has changed any since.
fn follow(views: RwSignal<Vec<SavedView>>, read: i64) {
    let (live, shown) = (Live::expect(), StoredValue::new(read));
    Effect::new(move |_| {
        let Some(version) = live.view_version() else { return };
        if shown.try_get_value() == Some(version) {
            return;
        }
        spawn_local(async move {
            let Ok(read) = saved_views().await else { return };
            // Another reading may have answered first.
            let is_newer = shown.try_get_value().is_some_and(|shown| shown < read.version || version < shown);
            if is_newer && shown.try_set_value(read.version).is_none() {
                let _ = views.try_set(read.views);
            }
        });
    });
}

/// The address of a saved view.
fn address(saved: &SavedView) -> String {
    let and = if saved.query.is_empty() { "" } else { "&" };
    format!("/customers?{}{and}view={}", saved.query, saved.id)
}

/// The saved views as tabs.
#[component]
pub(super) fn SavedTabs(saved: Saved) -> impl IntoView {
    let ids = Memo::new(move |_| {
        saved.views.with(|views| views.iter().map(|view| view.id.clone()).collect::<Vec<_>>())
    });
    let tab = move |id: ViewId| {
        let view =
            Memo::new(move |_| saved.views.with(|views| views.iter().find(|view| view.id == id).cloned()));
        move || {
            let known = view.get()?;
            let (own, changed) = (known.clone(), known.clone());
            Some(view! {
                <Tab
                    label=known.name.clone()
                    href=Signal::stored(address(&known))
                    current=Signal::derive(move || saved.view.with(|view| view.saved == own.id.as_str()))
                    changed=Signal::derive(move || saved.is_changed(&changed))
                />
            })
        }
    };
    view! { <For each=move || ids.get() key=Clone::clone children=tab /> }
}

/// Says that the saved view of the address isn't there.
#[component]
pub(super) fn MissingView(saved: Saved) -> impl IntoView {
    view! {
        <Show when=move || saved.is_missing()>
            <div class="notice notice-waiting" role="status">
                <Icon name=IconName::Warning />
                <p>
                    "This saved view is gone, or isn't shared with you. What it showed is still here. "
                    <a class="link" href=move || saved.view.with(|view| view.saved_as("").address())>
                        "Go on without it"
                    </a>
                </p>
            </div>
        </Show>
    }
}

/// Makes a view of what is shown, or changes the one that is.
#[component]
pub(super) fn ViewMenu(saved: Saved) -> impl IntoView {
    let (saving, renaming) = (RwSignal::new(false), RwSignal::new(false));
    let entries = move |known: SavedView| {
        let (update, share, delete) = (known.clone(), known.clone(), known.clone());
        let reset = address(&known);
        let changed = {
            let known = known.clone();
            Memo::new(move |_| saved.is_changed(&known))
        };
        let may = saved.may_change(&known);
        view! {
            <Show when=move || changed.get()>
                <a class="menu-item" href=reset.clone()>"Back to the saved view"</a>
            </Show>
            {may.then(|| view! {
                <button
                    type="button"
                    class="menu-item"
                    disabled=move || !changed.get()
                    on:click=move |_| {
                        let query = saved.view.with_untracked(View::query);
                        let patch = ViewPatch { query: Some(query), ..ViewPatch::default() };
                        saved.change(update.clone(), patch, "It shows this from now on.");
                    }
                >
                    "Save changes"
                </button>
                <button type="button" class="menu-item" on:click=move |_| renaming.set(true)>"Rename…"</button>
            })}
            {saved.may_share.then(|| {
                let (label, said) = if share.shared {
                    ("Stop sharing", "Only its owner has it now.")
                } else {
                    ("Share with everyone", "Everyone has it now.")
                };
                view! {
                    <button
                        type="button"
                        class="menu-item"
                        on:click=move |_| {
                            let patch = ViewPatch { shared: Some(!share.shared), ..ViewPatch::default() };
                            saved.change(share.clone(), patch, said);
                        }
                    >
                        {label}
                    </button>
                }
            })}
            {may.then(|| view! {
                <button type="button" class="menu-item menu-item-danger" on:click=move |_| saved.delete(delete.clone())>
                    "Delete"
                </button>
            })}
            {(!may).then(|| view! { <p class="menu-note">{format!("Shared by {}", known.owner_name)}</p> })}
        }
    };
    view! {
        <Menu
            label="View"
            floating=true
            face=|| view! { <span class="button button-secondary button-small">"View"</span> }
        >
            <button type="button" class="menu-item" on:click=move |_| saving.set(true)>"Save as a view…"</button>
            {move || saved.current().map(entries)}
        </Menu>
        <SaveDialog saved open=saving />
        <RenameDialog saved open=renaming />
    }
}

/// A form that checks a name as the domain does.
fn name_form(name: RwSignal<String>) -> Form {
    Form::new(move || {
        let new = name.with(|name| NewView { name: name.clone(), ..NewView::default() });
        new.validate().err().unwrap_or_else(FieldErrors::default)
    })
}

#[component]
fn SaveDialog(saved: Saved, open: RwSignal<bool>) -> impl IntoView {
    let (name, shared, busy) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(false));
    let form = name_form(name);
    let send = move |()| {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let query = saved.view.with_untracked(View::query);
        let new = NewView { name: name.get_untracked(), query, shared: shared.get_untracked() };
        spawn_local(async move {
            let answer = save_view(new).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(view) => {
                    let _ = open.try_set(false);
                    let _ = name.try_set(String::new());
                    form.reset();
                    saved.enter(view);
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <Dialog title="Save as a view" open>
            <DialogForm form on_submit=send>
                <Field
                    name="name"
                    label="Name"
                    value=name
                    form
                    autofocus=true
                    id="view-name"
                    help="It keeps the search, the filters, the order and the columns."
                />
                {saved.may_share.then(|| view! {
                    <label class="check">
                        <input
                            type="checkbox"
                            prop:checked=move || shared.get()
                            on:change=move |event| shared.set(event_target_checked(&event))
                        />
                        "Share with everyone"
                    </label>
                })}
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Save view"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}

#[component]
fn RenameDialog(saved: Saved, open: RwSignal<bool>) -> impl IntoView {
    let (name, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let form = name_form(name);
    Effect::new(move |_| {
        if open.get() {
            form.reset();
            name.set(untrack(|| saved.current()).map(|view| view.name).unwrap_or_default());
        }
    });
    let send = move |()| {
        let Some(view) = untrack(|| saved.current()) else { return };
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let patch = ViewPatch { name: Some(name.get_untracked()), ..ViewPatch::default() };
        spawn_local(async move {
            let answer = update_view(view.id, patch).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(view) => {
                    let _ = open.try_set(false);
                    saved.put(view);
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <Dialog title="Rename view" open>
            <DialogForm form on_submit=send>
                <Field name="name" label="Name" value=name form autofocus=true id="view-rename" />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Rename"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}
