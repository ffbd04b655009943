//! Importing a spreadsheet: four steps, always in sight. A file whose columns are known is saved without a question;
//! where something had to be guessed, or the user asked for it, nothing is saved before a look.

mod check;
mod choice;
mod columns;
mod confirm;
mod history;
mod limits;
mod mapping;
mod pieces;
mod preview;
mod problems;
mod progress;
mod rejected;
mod result;
mod saved;
mod start;
mod steps;
mod totals;
mod upload;
mod work;
mod workspace;

use domain::import::{Import, MappingView};
use domain::{Action, ImportId};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};

use self::history::History;
use self::start::Start;
use self::upload::{NextFile, Upload};
use self::work::can_be_mapped;
use self::workspace::Workspace;
use crate::api::import::{import_mapping, import_status};
use crate::error::Fault;
use crate::format;
use crate::session::use_session;
use crate::ui::{EmptyState, ErrorState, Icon, IconName, LinkButton, PageHead, Skeleton};

/// Where the template of a kind is.
fn template(kind: &str) -> String {
    format!("/api/v1/imports/template.xlsx?kind={kind}")
}

/// Importing, with or without an import to look at.
#[component]
pub fn ImportPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")));
    let may_import = use_session().may(Action::Import);
    view! {
        {move || id.get().is_some().then(|| view! { <nav class="crumbs" aria-label="Breadcrumb"><a href="/import">"Imports"</a></nav> })}
        <PageHead title="Import">
            <Show when=move || id.with(Option::is_none)>
                <LinkButton href=template("customers") download=true><Icon name=IconName::Download size=16 />"Download the template"</LinkButton>
            </Show>
        </PageHead>
        {if may_import {
            view! { <Importing id /> }.into_any()
        } else {
            view! {
                <EmptyState
                    icon=IconName::Import
                    title="Your role can't import files"
                    text="A manager or an admin can. You see what they imported among the customers."
                >
                    <LinkButton href="/customers">"Go to customers"</LinkButton>
                </EmptyState>
                <History />
            }
            .into_any()
        }}
    }
}

#[component]
fn Importing(id: Memo<Option<String>>) -> impl IntoView {
    let upload = Upload::new();
    let navigate = use_navigate();
    Effect::new(move |_| {
        // The import has an address of its own from the moment it exists.
        if let Some(started) = upload.started.get() {
            upload.started.set(None);
            let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/import/{}", started.id), options);
        }
    });
    move || match id.get() {
        Some(id) => view! { <TheImport id=ImportId::from(id) upload /> }.into_any(),
        None => view! {
            <Start upload />
            <History />
        }
        .into_any(),
    }
}

/// An import, with what its columns are taken for while that can be changed.
async fn read(id: ImportId) -> Result<(Import, Option<MappingView>), Fault> {
    let import = import_status(id.clone()).await?;
    let mapping = if can_be_mapped(import.state) { Some(import_mapping(id).await?) } else { None };
    Ok((import, mapping))
}

#[component]
fn TheImport(id: ImportId, upload: Upload) -> impl IntoView {
    let current = Resource::new(move || id.clone(), read);
    view! {
        <Suspense fallback=|| view! { <Skeleton rows=6 /> }>
            {move || Suspend::new(async move {
                match current.await {
                    Ok((import, mapping)) => view! { <Workspace import mapping /> }.into_any(),
                    Err(fault) => {
                        #[cfg(feature = "ssr")]
                        crate::api::answer_status(fault.0.status);
                        view! { <ErrorState fault retry=move |()| current.refetch() /> }.into_any()
                    }
                }
            })}
        </Suspense>
        <NextFile upload />
    }
}

fn number(count: i64) -> String {
    format::count(count.max(0).unsigned_abs())
}

fn rows(count: i64) -> String {
    format::counted(count.max(0).unsigned_abs(), "row", "rows")
}
