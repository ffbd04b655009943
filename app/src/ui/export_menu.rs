//! The menu that takes what a page shows out as a file: links to the API, which the browser follows with its cookies.

use domain::Action;
use leptos::prelude::*;

use super::{Icon, IconName, Menu};
use crate::format;
use crate::session::use_session;

/// The kinds of files, by how their names end.
pub const FILES: [(&str, &str); 2] = [("xlsx", "Excel workbook"), ("csv", "CSV")];

/// Export, for those who may.
#[component]
pub fn ExportMenu(
    /// The file's address under the API without its ending, such as `customers/export`.
    of: &'static str,
    /// The filter and the order that the page shows, as the API takes them.
    #[prop(into)]
    wanted: Signal<Vec<(&'static str, String)>>,
) -> impl IntoView {
    let link = move |(ending, label)| {
        let href = move || format::address(&format!("/api/v1/{of}.{ending}"), wanted.get());
        view! {
            // A file isn't a page: the router has to leave it to the browser.
            <a class="menu-item" href=href download="" rel="external">
                <Icon name=IconName::File size=16 />
                {label}
            </a>
        }
    };
    use_session().may(Action::Export).then(|| view! {
        <Menu
            label="Export"
            floating=true
            face=|| view! { <span class="button button-secondary"><Icon name=IconName::Download size=16 />"Export"</span> }
        >
            {FILES.map(link).collect_view()}
        </Menu>
    })
}
