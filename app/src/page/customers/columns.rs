//! Which columns the grid shows, and in which order.

use std::fmt;

use domain::Customer;
use domain::customer::CustomerSort;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::view::View;
use crate::browser;
use crate::ui::{Icon, IconName, Menu};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Column {
    Name,
    Reference,
    Email,
    Phone,
    Owner,
    Tags,
    Outstanding,
    Overdue,
    Unapplied,
    CreditLimit,
    Currency,
    Due,
    Status,
    Created,
    Updated,
}

impl Column {
    pub(super) const ALL: [Column; 15] = [
        Column::Name,
        Column::Reference,
        Column::Email,
        Column::Phone,
        Column::Owner,
        Column::Tags,
        Column::Outstanding,
        Column::Overdue,
        Column::Unapplied,
        Column::CreditLimit,
        Column::Currency,
        Column::Due,
        Column::Status,
        Column::Created,
        Column::Updated,
    ];

    /// As it stands in the address.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Column::Name => "name",
            Column::Reference => "reference",
            Column::Email => "email",
            Column::Phone => "phone",
            Column::Owner => "owner",
            Column::Tags => "tags",
            Column::Outstanding => "outstanding",
            Column::Overdue => "overdue",
            Column::Unapplied => "unapplied",
            Column::CreditLimit => "credit_limit",
            Column::Currency => "currency",
            Column::Due => "due",
            Column::Status => "status",
            Column::Created => "created",
            Column::Updated => "updated",
        }
    }

    /// The column of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.as_str() == name)
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Column::Name => "Customer",
            Column::Reference => "Reference",
            Column::Email => "E-mail",
            Column::Phone => "Phone",
            Column::Owner => "Owner",
            Column::Tags => "Tags",
            Column::Outstanding => "Outstanding",
            Column::Overdue => "Overdue",
            Column::Unapplied => "Unapplied",
            Column::CreditLimit => "Credit limit",
            Column::Currency => "Currency",
            Column::Due => "Due",
            Column::Status => "Status",
            Column::Created => "Created",
            Column::Updated => "Updated",
        }
    }

    /// What the list is ordered by where one presses its head.
    pub(super) fn sort(self) -> Option<CustomerSort> {
        match self {
            Column::Name => Some(CustomerSort::Name),
            Column::Reference => Some(CustomerSort::Reference),
            Column::Outstanding => Some(CustomerSort::Outstanding),
            Column::Overdue => Some(CustomerSort::Overdue),
            Column::Due => Some(CustomerSort::NextDueDate),
            Column::Status => Some(CustomerSort::Status),
            Column::Created => Some(CustomerSort::CreatedAt),
            Column::Updated => Some(CustomerSort::UpdatedAt),
            _ => None,
        }
    }

    pub(super) fn is_numeric(self) -> bool {
        matches!(self, Column::Outstanding | Column::Overdue | Column::Unapplied | Column::CreditLimit)
    }

    /// Whether one wants the largest first.
    pub(super) fn largest_first(self) -> bool {
        matches!(self, Column::Outstanding | Column::Overdue | Column::Created | Column::Updated)
    }

    /// Whether its cell shows something else now.
    fn differs(self, old: &Customer, new: &Customer) -> bool {
        match self {
            // Under the name stands how to reach them.
            Column::Name => old.name != new.name || old.email != new.email || old.phone != new.phone,
            Column::Reference => old.reference != new.reference,
            Column::Email => old.email != new.email,
            Column::Phone => old.phone != new.phone,
            Column::Owner => old.owner != new.owner,
            Column::Tags => old.tags != new.tags,
            Column::Outstanding => old.outstanding != new.outstanding,
            Column::Overdue => old.overdue != new.overdue,
            Column::Unapplied => old.unapplied != new.unapplied,
            Column::CreditLimit => old.credit_limit != new.credit_limit,
            Column::Currency => old.currency != new.currency,
            Column::Due => old.next_due_date != new.next_due_date,
            Column::Status => old.status != new.status,
            Column::Created => old.created_at != new.created_at,
            // It changes with everything, and would always be marked.
            Column::Updated => false,
        }
    }

    /// The columns whose cells show something else now.
    pub(super) fn changed(old: &Customer, new: &Customer) -> Vec<Self> {
        Self::ALL.into_iter().filter(|column| column.differs(old, new)).collect()
    }
}

/// The columns shown, from left to right. The name is always among them: it leads to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Columns(Vec<Column>);

impl Default for Columns {
    fn default() -> Self {
        Self(vec![
            Column::Name,
            Column::Reference,
            Column::Outstanding,
            Column::Overdue,
            Column::Due,
            Column::Status,
            Column::Updated,
        ])
    }
}

/// As it stands in the address: empty for the usual ones.
impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return Ok(());
        }
        f.write_str(&self.0.iter().map(|column| column.as_str()).collect::<Vec<_>>().join(","))
    }
}

impl Columns {
    /// Reads `name,owner`; what isn't a column is left aside, and where nothing is left the usual ones are shown.
    pub(super) fn parse(text: &str) -> Self {
        let mut columns = Vec::new();
        for name in text.split(',') {
            let known = Column::named(name.trim());
            columns.extend(known.filter(|column| !columns.contains(column)));
        }
        if columns.is_empty() {
            return Self::default();
        }
        if !columns.contains(&Column::Name) {
            columns.insert(0, Column::Name);
        }
        Self(columns)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Column> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.0.contains(&column)
    }

    /// Shows a column at the end, or no longer.
    fn toggled(&self, column: Column) -> Self {
        let mut columns = self.0.clone();
        match columns.iter().position(|shown| *shown == column) {
            Some(_) if column == Column::Name => {}
            Some(at) => {
                columns.remove(at);
            }
            None => columns.push(column),
        }
        Self(columns)
    }

    /// Moves a column one place to the left (−1) or to the right (1).
    fn moved(&self, column: Column, by: isize) -> Self {
        let mut columns = self.0.clone();
        if let Some(at) = columns.iter().position(|shown| *shown == column)
            && let Some(to) = at.checked_add_signed(by).filter(|to| *to < columns.len())
        {
            columns.swap(at, to);
        }
        Self(columns)
    }

    /// All there are: those shown in their order, then the others.
    fn all(&self) -> Vec<Column> {
        let hidden = Column::ALL.into_iter().filter(|column| !self.has(*column));
        self.iter().chain(hidden).collect()
    }
}

/// The menu that says which columns are shown, and in which order.
#[component]
pub(super) fn ColumnChooser(view: Memo<View>, go: Callback<(View, bool)>) -> impl IntoView {
    let columns = Memo::new(move |_| view.with(|view| view.columns.clone()));
    let put = move |columns: Columns| go.run((view.with_untracked(|view| view.with_columns(columns)), true));
    view! {
        <Menu
            label="Columns"
            floating=true
            face=|| view! { <span class="button button-secondary button-small"><Icon name=IconName::Columns size=14 />"Columns"</span> }
        >
            // One chooses several: the menu stays open.
            <div class="columns" on:click=|event| event.stop_propagation()>
                <ul class="columns-list">
                    <For each=move || columns.with(Columns::all) key=|column| *column let:column>
                        <ColumnChoice column columns put=Callback::new(put) />
                    </For>
                </ul>
                <button
                    type="button"
                    class="button button-quiet button-small"
                    disabled=move || columns.with(|columns| *columns == Columns::default())
                    on:click=move |_| put(Columns::default())
                >
                    "Usual columns"
                </button>
            </div>
        </Menu>
    }
}

#[component]
fn ColumnChoice(column: Column, columns: Memo<Columns>, put: Callback<Columns>) -> impl IntoView {
    let label = column.label();
    let place = Memo::new(move |_| columns.with(|columns| columns.iter().position(|shown| shown == column)));
    let last = move || columns.with(|columns| columns.0.len() - 1);
    let mover = move |name: &'static str, icon: IconName, by: isize, stuck: Signal<bool>| {
        let id = format!("column-{name}-{}", column.as_str());
        let own = id.clone();
        view! {
            <button
                type="button"
                id=id
                class="button button-quiet button-icon button-small"
                aria-label=format!("Move {label} {name}")
                aria-disabled=move || stuck.get().then_some("true")
                on:click=move |_| {
                    if !stuck.get_untracked() {
                        put.run(columns.with_untracked(|columns| columns.moved(column, by)));
                        // Moved in the page, it loses the focus.
                        browser::focus_soon(format!("#{own}"));
                    }
                }
            >
                <Icon name=icon size=14 />
            </button>
        }
    };
    view! {
        <li class="columns-choice">
            <label>
                <input
                    type="checkbox"
                    // The filters have controls of the same names.
                    aria-label=format!("Show {label}")
                    prop:checked=move || place.get().is_some()
                    checked=place.get_untracked().is_some()
                    disabled=column == Column::Name
                    on:change=move |_| put.run(columns.with_untracked(|columns| columns.toggled(column)))
                />
                {label}
            </label>
            <Show when=move || place.get().is_some()>
                {mover("up", IconName::Up, -1, Signal::derive(move || place.get() == Some(0)))}
                {mover("down", IconName::Down, 1, Signal::derive(move || place.get() == Some(last())))}
            </Show>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_names_only_what_is_unusual() {
        assert_eq!(Columns::default().to_string(), "");
        assert_eq!(Columns::parse("").to_string(), "");
        assert_eq!(Columns::parse("owner, name,salary,owner").to_string(), "owner,name");
    }

    #[test]
    fn the_name_always_stays() {
        let columns = Columns::parse("tags,owner");
        assert_eq!(columns.to_string(), "name,tags,owner");
        assert_eq!(columns.toggled(Column::Name), columns);
    }

    #[test]
    fn columns_come_go_and_move() {
        let columns = Columns::parse("name,owner").toggled(Column::Tags);
        assert_eq!(columns.to_string(), "name,owner,tags");
        assert_eq!(columns.moved(Column::Tags, -1).to_string(), "name,tags,owner");
        assert_eq!(columns.moved(Column::Tags, 1), columns);
        assert_eq!(columns.moved(Column::Name, -1), columns);
        assert_eq!(columns.toggled(Column::Owner).to_string(), "name,tags");
    }
}
