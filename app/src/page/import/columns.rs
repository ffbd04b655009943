//! The second step: which column is which field. What was guessed is shown with its values and why; the user corrects it,
//! answers what the values don't say, and may keep it all under a name.

use domain::Problem;
use domain::import::{
    ColumnView, Import, ImportState, Kind, MappingChange, MappingView, MatchKey, Mode, Question, TopRow,
};
use domain::sheet::Field;
use leptos::prelude::*;

use super::check::words_of;
use super::mapping::{Draft, is_needed, label_of};
use super::progress::ProgressBar;
use super::saved::SaveMapping;
use super::steps::Step;
use super::work::{Work, can_be_mapped};
use super::workspace::use_step;
use crate::api::import::set_import_mapping;
use crate::browser;
use crate::ui::{
    Button, ButtonKind, ButtonSize, Choice, EmptyState, FormFault, Icon, IconName, Select, Skeleton,
    TableFrame,
};

#[component]
pub(super) fn Columns(work: Work) -> impl IntoView {
    let state = work.state();
    view! {
        <section class="panel import-panel" aria-labelledby="step-columns">
            <h2 class="panel-title" id="step-columns">"Columns"</h2>
            <Refused fault=work.fault />
            {move || match state.get() {
                ImportState::Mapped => {
                    let progress = Signal::derive(move || work.import.with(|import| import.progress));
                    view! { <ProgressBar label="Checking" progress /> }.into_any()
                }
                state if can_be_mapped(state) => view! { <Editable work /> }.into_any(),
                _ => view! { <Taken import=work.import.get_untracked() /> }.into_any(),
            }}
        </section>
    }
}

/// What was refused, with everything that is wrong about it.
#[component]
fn Refused(fault: RwSignal<Option<Problem>>) -> impl IntoView {
    let told = move || {
        let errors =
            fault.with(|fault| fault.as_ref().map(|problem| problem.errors.0.clone()).unwrap_or_default());
        errors.into_iter().map(|error| view! { <li>{error.message}</li> }).collect_view()
    };
    view! {
        <FormFault fault />
        <Show when=move || fault.with(|fault| fault.as_ref().is_some_and(|problem| !problem.errors.is_empty()))>
            <ul class="refusals">{told}</ul>
        </Show>
    }
}

#[component]
fn Editable(work: Work) -> impl IntoView {
    move || match work.mapping.get() {
        Some(view) => view! { <Editor work view /> }.into_any(),
        None => view! { <Skeleton rows=6 /> }.into_any(),
    }
}

/// What the columns were taken for, when that is past changing.
#[component]
fn Taken(import: Import) -> impl IntoView {
    if import.mapping.is_empty() {
        return view! {
            <EmptyState icon=IconName::File title="No column was taken" text="The file could not be read that far." />
        }
        .into_any();
    }
    let rows = import
        .mapping
        .into_iter()
        .map(|(header, field)| {
            view! {
                <tr>
                    <td data-label="In the file" class="cell-main">{header}</td>
                    <td data-label="Taken as">{words_of(&field)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableFrame label="Columns" cards=true>
            <thead><tr><th scope="col">"In the file"</th><th scope="col">"Taken as"</th></tr></thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
    .into_any()
}

#[component]
fn Editor(work: Work, view: MappingView) -> impl IntoView {
    let draft = Draft::of(view.clone());
    let go = use_step(work);
    let has_problems = !view.problems.is_empty();
    let check = move |_| {
        draft.sent.set(true);
        if !untrack(|| draft.is_fine()) {
            browser::focus_soon(".import-panel [aria-invalid=true], .import-panel .question-open input");
            return;
        }
        work.looked.set(true);
        match untrack(|| draft.change()) {
            // What then has to be asked brings the columns back.
            Some(change) => work.send(set_import_mapping(work.id(), change), move |_| {
                let _ = work.mapping.try_set(None);
                go.try_run(None);
            }),
            // What is wrong is in sight; nothing was changed about it.
            None if has_problems => browser::focus_soon(".mapping select"),
            None => go.run(Some(Step::Check)),
        }
    };
    let certain = view.certain;
    let saved = view.saved.clone();
    let problems = StoredValue::new(view.problems.clone());
    let rows =
        view.columns.iter().map(|column| view! { <ColumnRow column=column.clone() draft /> }).collect_view();
    view! {
        {saved.map(|name| view! {
            <div class="notice notice-good">
                <Icon name=IconName::Check />
                <p>{format!("Taken as in the saved mapping “{name}”.")}</p>
            </div>
        })}
        {(!certain && !has_problems).then(|| view! {
            <p class="step-note">"Some of this is guessed. Look it over once; saved under a name, the next file like it needs no look."</p>
        })}
        {has_problems.then(|| view! {
            <div class="notice notice-bad" role="alert">
                <Icon name=IconName::Warning />
                <div>
                    <p class="notice-title">"These columns can’t be read yet"</p>
                    <ul class="plain">{problems.get_value().into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view()}</ul>
                </div>
            </div>
        })}
        <Settings work draft top=view.top.clone() header_row=view.header_row />
        <Questions view=view.clone() draft />
        <Palette draft />
        <TableFrame label="Columns" class="mapping" cards=true>
            <thead>
                <tr>
                    <th scope="col">"In the file"</th>
                    <th scope="col">"Values"</th>
                    <th scope="col" class="mapping-field">"Taken as"</th>
                    <th scope="col">"Why"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
        <Missing draft />
        <div class="import-actions">
            <Button kind=ButtonKind::Primary busy=work.busy on_click=check>"Check these columns"</Button>
            <SaveMapping work draft />
        </div>
    }
}

/// The fields that no column is taken for yet, to be dragged onto one. The lists in the table do the same without a mouse.
#[component]
fn Palette(draft: Draft) -> impl IntoView {
    let free = Memo::new(move |_| draft.free());
    let chips = move || {
        let kind = draft.kind();
        let chip = |field: String| {
            let label = label_of(kind, &field);
            view! {
                <span
                    class="field-chip"
                    draggable="true"
                    on:dragstart=move |event| {
                        if let Some(transfer) = event.data_transfer() {
                            // Firefox drags nothing that carries nothing.
                            let _ = transfer.set_data("text/plain", &field);
                        }
                        draft.dragged.set(Some(field.clone()));
                    }
                    on:dragend=move |_| draft.dragged.set(None)
                >
                    {label}
                </span>
            }
        };
        free.get().into_iter().map(chip).collect_view()
    };
    view! {
        <Show when=move || free.with(|free| !free.is_empty())>
            <div class="palette" aria-hidden="true">
                <span class="palette-hint">"Drag onto a column:"</span>
                {chips}
            </div>
        </Show>
    }
}

/// What every row needs and no column is, once it was tried to go on.
#[component]
fn Missing(draft: Draft) -> impl IntoView {
    let missing = Memo::new(move |_| if draft.sent.get() { draft.missing() } else { Vec::new() });
    move || {
        let missing = missing.get();
        (!missing.is_empty()).then(|| {
            view! {
                <p class="field-error" role="alert">
                    <Icon name=IconName::Warning size=14 />
                    <span>{format!("Choose the column for {}.", missing.join(" and for "))}</span>
                </p>
            }
        })
    }
}

/// What the file as a whole is: its kind, its sheet, where its headers are, and what becomes of rows that are known.
#[component]
fn Settings(work: Work, draft: Draft, top: Vec<TopRow>, header_row: i64) -> impl IntoView {
    let (mode, sheet, sheets) =
        work.import.with_untracked(|import| (import.mode, import.sheet.clone(), import.sheets.clone()));
    let send = move |change: MappingChange| {
        // Another sheet has other columns: they are read again.
        work.send(set_import_mapping(work.id(), change), move |_| {
            let _ = work.mapping.try_set(None);
        });
    };
    let kind = RwSignal::new(untrack(|| draft.kind()).as_str().to_owned());
    let sheet = RwSignal::new(sheet);
    let header = RwSignal::new(header_row.to_string());
    let mode = RwSignal::new(match mode {
        Mode::Upsert => "upsert".to_owned(),
        Mode::CreateOnly => "create_only".to_owned(),
    });
    view! {
        <div class="import-settings">
            <Select
                name="kind"
                label="Rows are"
                value=kind
                disabled=work.busy
                choices=Kind::ALL.into_iter().map(|kind| Choice::new(kind.as_str(), kind.label())).collect()
                on_change=move |chosen: String| {
                    if let Ok(kind) = chosen.parse::<Kind>() {
                        draft.take_as(kind);
                    }
                }
            />
            {(sheets.len() > 1).then(|| view! {
                <Select
                    name="sheet"
                    label="Sheet"
                    value=sheet
                    disabled=work.busy
                    choices=sheets.into_iter().map(|name| Choice::new(name.clone(), name)).collect()
                    on_change=move |chosen: String| send(MappingChange { sheet: Some(chosen), ..MappingChange::default() })
                />
            })}
            <Select
                name="header_row"
                label="Headers are in"
                value=header
                disabled=work.busy
                choices=header_choices(&top)
                on_change=move |chosen: String| {
                    send(MappingChange { header_row: chosen.parse().ok(), ..MappingChange::default() });
                }
            />
            <RecognisedBy work draft />
            <Select
                name="mode"
                label="Rows that are known already"
                value=mode
                disabled=work.busy
                choices=vec![Choice::new("upsert", "Change what is known"), Choice::new("create_only", "Leave it as it is")]
                on_change=move |chosen: String| {
                    if let Ok(mode) = chosen.parse::<Mode>() {
                        send(MappingChange { mode: Some(mode), ..MappingChange::default() });
                    }
                }
            />
        </div>
    }
}

/// The rows that may hold the headers.
fn header_choices(top: &[TopRow]) -> Vec<Choice> {
    let row = |row: &TopRow| Choice::new(row.row.to_string(), format!("Row {}: {}", row.row, row.text));
    top.iter().map(row).chain([Choice::new("0", "No row: there are none")]).collect()
}

/// By what the customers of the rows are found in the books.
#[component]
fn RecognisedBy(work: Work, draft: Draft) -> impl IntoView {
    let value = RwSignal::new(untrack(|| draft.key()).as_str().to_owned());
    let choices = move || {
        let label = |key: MatchKey| match key {
            MatchKey::Reference => "Reference, else name",
            MatchKey::Name => "Name",
            MatchKey::Email => "E-mail address",
        };
        let has_email = draft.kind().fields().contains(&Field::Email);
        MatchKey::ALL
            .into_iter()
            .filter(|key| *key != MatchKey::Email || has_email)
            .map(|key| Choice::new(key.as_str(), label(key)))
            .collect::<Vec<_>>()
    };
    move || {
        view! {
            <Select
                name="key"
                label="Customers are recognised by"
                value
                disabled=work.busy
                choices=choices()
                on_change=move |chosen: String| {
                    if let Some(key) = MatchKey::ALL.into_iter().find(|key| key.as_str() == chosen) {
                        draft.recognise_by(key);
                    }
                }
            />
        }
    }
}

/// What the values alone don't say, and what was said about it.
#[component]
fn Questions(view: MappingView, draft: Draft) -> impl IntoView {
    // One answer holds for all columns: the first that asks speaks for the others.
    let mut asked: Vec<Question> = Vec::new();
    for question in view.questions {
        if asked.iter().all(|other| other.option != question.option) {
            asked.push(question);
        }
    }
    let settled = [("date_order", "the order of day and month"), ("decimal", "the decimal mark")]
        .into_iter()
        .filter(|(option, _)| asked.iter().all(|question| question.option != *option))
        .map(|(option, what)| view! { <Settled option what draft /> })
        .collect_view();
    view! {
        {asked.into_iter().map(|question| view! { <Ask question draft /> }).collect_view()}
        {settled}
    }
}

#[component]
fn Ask(question: Question, draft: Draft) -> impl IntoView {
    let option = StoredValue::new(question.option.clone());
    let given = Memo::new(move |_| option.with_value(|option| draft.answer(option)));
    let unanswered = move || draft.sent.get() && given.get().is_none();
    let name = format!("option-{}", question.option);
    let error_id = format!("{name}-error");
    let described = error_id.clone();
    let choices = question
        .choices
        .into_iter()
        .map(|choice| {
            let own = StoredValue::new(choice.value);
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name=name.clone()
                        prop:checked=move || given.get().is_some_and(|given| own.with_value(|own| own == given))
                        on:change=move |_| {
                            let value = own.get_value();
                            option.with_value(|option| draft.give(option, Some(&value)));
                        }
                    />
                    <span>{choice.label}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="choices question" class:question-open=move || given.get().is_none() aria-describedby=described>
            <legend class="field-label">{question.text}</legend>
            <div class="question-choices">{choices}</div>
            <p class="field-error" id=error_id role="alert">
                {move || unanswered().then_some("Choose one: the values can mean both.")}
            </p>
        </fieldset>
    }
}

/// What was answered before, and the way to another answer.
#[component]
fn Settled(option: &'static str, what: &'static str, draft: Draft) -> impl IntoView {
    let words = move || match draft.answer(option)? {
        "day_first" => Some("Dates are read with the day first."),
        "month_first" => Some("Dates are read with the month first."),
        "comma" => Some("Amounts are read with a decimal comma."),
        _ => Some("Amounts are read with a decimal point."),
    };
    let other = move || match draft.answer(option) {
        Some("day_first") => "month_first",
        Some("month_first") => "day_first",
        Some("comma") => "point",
        _ => "comma",
    };
    move || {
        words().map(|words| {
            view! {
                <p class="row">
                    <span>{words}</span>
                    <Button
                        size=ButtonSize::Small
                        label=format!("Change {what}")
                        on_click=move |_| draft.give(option, Some(untrack(other)))
                    >
                        "The other way round"
                    </Button>
                </p>
            }
        })
    }
}

#[component]
fn ColumnRow(column: ColumnView, draft: Draft) -> impl IntoView {
    let ColumnView { key, header, letter, samples, filled, reason, suggestion, .. } = column;
    let key = StoredValue::new(key);
    let (id, error_id) = (format!("column-{letter}"), format!("column-{letter}-error"));
    let chosen = Memo::new(move |_| key.with_value(|key| draft.field(key)));
    let error = Memo::new(move |_| key.with_value(|key| draft.complaint(key)));
    let before = chosen.get_untracked();
    let why = reason.unwrap_or_default();
    let why =
        move || if chosen.with(|now| *now == before) { why.clone() } else { "chosen by you".to_owned() };
    let suggestion = suggestion.map(|field| (label_of(untrack(|| draft.kind()), &field), field));
    let name = if header.is_empty() { format!("Column {letter}") } else { header.clone() };
    let option = move |value: String, label: String| {
        let own = value.clone();
        view! { <option value=value selected=move || chosen.with(|chosen| *chosen == own)>{label}</option> }
    };
    let options = move || {
        let kind = draft.kind();
        let label = |field: Field| {
            if is_needed(kind, field) {
                format!("{} (needed)", field.label())
            } else {
                field.label().to_owned()
            }
        };
        std::iter::once(option(String::new(), "Don’t import".to_owned()))
            .chain(kind.fields().iter().map(|field| option(field.as_str().to_owned(), label(*field))))
            .collect_view()
    };
    let over = RwSignal::new(false);
    view! {
        <tr
            class:mapping-left-out=move || chosen.with(String::is_empty)
            class:mapping-target=move || over.get() && draft.dragged.with(Option::is_some)
            on:dragover=move |event| {
                if draft.dragged.with_untracked(Option::is_some) {
                    // That says: it may be dropped here.
                    event.prevent_default();
                    over.set(true);
                }
            }
            on:dragleave=move |_| over.set(false)
            on:drop=move |event| {
                over.set(false);
                if let Some(field) = draft.dragged.get_untracked() {
                    event.prevent_default();
                    draft.dragged.set(None);
                    key.with_value(|key| draft.choose(key, field));
                }
            }
        >
            <td class="cell-main">
                {name.clone()}
                <span class="cell-note">{format!("{letter}, {} filled", super::number(filled))}</span>
            </td>
            <td class="mapping-samples">
                {samples.into_iter().map(|sample| view! { <span class="sample">{sample}</span> }).collect_view()}
            </td>
            <td class="mapping-field">
                <label class="sr-only" for=id.clone()>{format!("Take {name} as")}</label>
                <span class="select">
                    <select
                        class="input"
                        id=id
                        prop:value=move || chosen.get()
                        aria-invalid=move || error.with(Option::is_some).then_some("true")
                        aria-describedby=error_id.clone()
                        on:change=move |event| key.with_value(|key| draft.choose(key, event_target_value(&event)))
                    >
                        {options}
                    </select>
                </span>
                <div id=error_id>
                    {move || error.get().map(|error| view! {
                        <p class="field-error"><Icon name=IconName::Warning size=14 /><span>{error}</span></p>
                    })}
                </div>
            </td>
            <td class="mapping-why">
                {why}
                {suggestion.map(|(label, field)| view! {
                    <Show when=move || chosen.with(String::is_empty)>
                        {
                            let field = field.clone();
                            view! {
                                <Button
                                    size=ButtonSize::Small
                                    on_click=move |_| key.with_value(|key| draft.choose(key, field.clone()))
                                >
                                    {format!("Perhaps {label}?")}
                                </Button>
                            }
                        }
                    </Show>
                })}
            </td>
        </tr>
    }
}
