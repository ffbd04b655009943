//! Mappings under a name: the next file with the same headers is taken the same way without a question.

use domain::FieldErrors;
use domain::field::required_line;
use domain::import::SavedMapping;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::mapping::Draft;
use super::work::Work;
use crate::api::import::{delete_saved_mapping, save_import_mapping, saved_mappings, set_import_mapping};
use crate::error::Fault;
use crate::format;
use crate::ui::{
    Button, ButtonKind, ButtonSize, Dialog, ErrorState, Field, Form, FormFault, Skeleton, Toasts, Tone,
};

/// As many letters as a name may have.
const NAME_MAX: usize = 100;

/// The buttons that save these columns under a name and list those that were.
#[component]
pub(super) fn SaveMapping(work: Work, draft: Draft) -> impl IntoView {
    let (saving, listing) = (RwSignal::new(false), RwSignal::new(false));
    view! {
        <Button
            on_click=move |_| {
                draft.sent.set(true);
                if untrack(|| draft.is_fine()) {
                    saving.set(true);
                }
            }
        >
            "Save this mapping as…"
        </Button>
        <Button kind=ButtonKind::Quiet on_click=move |_| listing.set(true)>"Saved mappings"</Button>
        <Naming work draft open=saving />
        <Dialog title="Saved mappings" open=listing>
            <List />
        </Dialog>
    }
}

#[component]
fn Naming(work: Work, draft: Draft, open: RwSignal<bool>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let toasts = Toasts::expect();
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        name.with(|name| errors.check(required_line("name", "a name", name, NAME_MAX)));
        errors
    });
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let (wanted, change) = (name.get_untracked(), untrack(|| draft.change()));
        spawn_local(async move {
            let answer = save(work, change, wanted).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(saved) => {
                    let _ = open.try_set(false);
                    toasts.say(
                        Tone::Good,
                        format!("Saved as “{}”", saved.name),
                        "The next file with these headings is taken the same way.",
                    );
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <Dialog title="Save this mapping" open>
            <form
                class="dialog-form"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <div class="dialog-body">
                    <FormFault fault=form.fault() />
                    <Field
                        name="name"
                        label="Name"
                        value=name
                        form
                        autofocus=true
                        id="mapping-name"
                        placeholder="Monthly export of the bank"
                        help="Files with the same headings, in any order, are then taken this way without a question."
                    />
                </div>
                <footer class="dialog-foot">
                    <Button on_click=move |_| open.set(false)>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Save mapping"</Button>
                </footer>
            </form>
        </Dialog>
    }
}

/// Saves what is on the screen, not what the server knew before.
async fn save(
    work: Work,
    change: Option<domain::import::MappingChange>,
    name: String,
) -> Result<SavedMapping, Fault> {
    let id = work.id();
    let Some(change) = change else { return save_import_mapping(id, name).await };
    let now = set_import_mapping(id.clone(), change).await?;
    let saved = save_import_mapping(id, name).await?;
    // Only now: the screen that shows what was refused goes with the columns it stands on.
    let _ = work.mapping.try_set(None);
    let _ = work.import.try_set(now);
    Ok(saved)
}

#[component]
fn List() -> impl IntoView {
    let all = Resource::new(|| (), |()| saved_mappings());
    view! {
        <div class="dialog-body">
            <Suspense fallback=|| view! { <Skeleton rows=3 /> }>
                {move || Suspend::new(async move {
                    match all.await {
                        Ok(mappings) if mappings.is_empty() => {
                            view! { <p class="muted">"None yet. Save the columns of a file under a name, and the next one like it needs no look."</p> }
                                .into_any()
                        }
                        Ok(mappings) => view! { <Mappings mappings /> }.into_any(),
                        Err(fault) => view! { <ErrorState fault retry=move |()| all.refetch() /> }.into_any(),
                    }
                })}
            </Suspense>
        </div>
    }
}

#[component]
fn Mappings(mappings: Vec<SavedMapping>) -> impl IntoView {
    let mappings = RwSignal::new(mappings);
    let fault = RwSignal::new(None);
    let delete = move |id: String| {
        spawn_local(async move {
            match delete_saved_mapping(id.clone()).await {
                Ok(()) => {
                    let _ = mappings.try_update(|all| all.retain(|mapping| mapping.id != id));
                }
                Err(refused) => {
                    let _ = fault.try_set(Some(refused.0));
                }
            }
        });
    };
    view! {
        <FormFault fault />
        <ul class="saved-mappings" aria-label="Saved mappings">
            <For each=move || mappings.get() key=|mapping| mapping.id.clone() let:mapping>
                {
                    let id = mapping.id.clone();
                    let taken = mapping.columns.iter().filter(|(_, field)| field.is_some()).count() as u64;
                    view! {
                        <li class="saved-mapping">
                            <span>
                                <span class="saved-name">{mapping.name.clone()}</span>
                                <span class="cell-note">
                                    {format!("{}, {}", mapping.kind.label(), format::counted(taken, "column", "columns"))}
                                </span>
                            </span>
                            <Button
                                size=ButtonSize::Small
                                label=format!("Delete {}", mapping.name)
                                on_click=move |_| delete(id.clone())
                            >
                                "Delete"
                            </Button>
                        </li>
                    }
                }
            </For>
        </ul>
    }
}
