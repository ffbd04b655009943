//! The import at hand: what is known of it, and the commands that move it.

use std::future::Future;
use std::time::Duration;

use domain::import::{Import, ImportState, MappingView};
use domain::{EventKind, ImportId, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::import::{commit_import, import_mapping, import_status};
use crate::error::Fault;
use crate::live::Live;

/// How often is asked how far it is, while it moves.
const PAUSE: Duration = Duration::from_millis(400);

/// The import at hand. Copy.
#[derive(Clone, Copy)]
pub(super) struct Work {
    pub import: RwSignal<Import>,
    /// What its columns are taken for; absent while that is being read, and once it no longer can be changed.
    pub mapping: RwSignal<Option<MappingView>>,
    /// The user has looked at the columns and wants them so.
    pub looked: RwSignal<bool>,
    /// A command is on its way.
    pub busy: RwSignal<bool>,
    /// Why the last one was refused.
    pub fault: RwSignal<Option<Problem>>,
    asking: StoredValue<bool>,
}

impl Work {
    pub(super) fn new(import: Import, mapping: Option<MappingView>) -> Self {
        let work = Self {
            import: RwSignal::new(import),
            mapping: RwSignal::new(mapping),
            looked: RwSignal::new(false),
            busy: RwSignal::new(false),
            fault: RwSignal::new(None),
            asking: StoredValue::new(false),
        };
        work.follow();
        work.read_mapping();
        work
    }

    pub(super) fn id(self) -> ImportId {
        self.import.with_untracked(|import| import.id.clone())
    }

    pub(super) fn state(self) -> Memo<ImportState> {
        Memo::new(move |_| self.import.with(|import| import.state))
    }

    /// Whether the columns need nobody: they are certain, or the user has agreed to them and nothing is left to ask.
    pub(super) fn has_clear_columns(self) -> Memo<bool> {
        Memo::new(move |_| {
            let looked = self.looked.get();
            self.mapping.with(|view| {
                view.as_ref().is_none_or(|view| {
                    view.certain || looked && view.questions.is_empty() && view.problems.is_empty()
                })
            })
        })
    }

    /// Another value each time that rows may have been judged otherwise.
    pub(super) fn revision(self) -> Memo<(ImportState, i64)> {
        Memo::new(move |_| self.import.with(|import| (import.state, import.updated_at.timestamp_millis())))
    }

    /// Sends a command; `then` gets the import as it is after it.
    pub(super) fn send<F>(self, command: F, then: impl FnOnce(&Import) + 'static)
    where
        F: Future<Output = Result<Import, Fault>> + 'static,
    {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.fault.set(None);
        spawn_local(async move {
            let answer = command.await;
            let _ = self.busy.try_set(false);
            match answer {
                Ok(now) => {
                    then(&now);
                    let _ = self.import.try_set(now);
                }
                Err(fault) => {
                    let _ = self.fault.try_set(Some(fault.0));
                }
            }
        });
    }

    /// Saves the valid rows.
    pub(super) fn commit(self, then: impl FnOnce(&Import) + 'static) {
        self.send(commit_import(self.id()), then);
    }

    /// Reads the mapping whenever it is not known and can be changed.
    fn read_mapping(self) {
        let state = self.state();
        Effect::new(move |_| {
            if can_be_mapped(state.get()) && self.mapping.with(Option::is_none) {
                spawn_local(async move {
                    match import_mapping(self.id()).await {
                        Ok(view) => {
                            let _ = self.mapping.try_set(Some(view));
                        }
                        Err(fault) => {
                            let _ = self.fault.try_set(Some(fault.0));
                        }
                    }
                });
            }
        });
    }

    /// Keeps up with it: asked for while it moves, and at once when a frame says that it did.
    fn follow(self) {
        Live::expect().on_event(move |event| {
            let moved = matches!(
                event.kind,
                EventKind::ImportCommitted | EventKind::ImportFinished | EventKind::ImportUndone
            );
            let ours = move |import: &Import| import.id.as_str() == event.subject.id;
            if moved && self.import.try_with_untracked(ours) == Some(true) {
                self.ask();
            }
        });
        Effect::new(move |_| {
            if self.import.with(is_moving) {
                set_timeout(move || self.ask(), PAUSE);
            }
        });
    }

    fn ask(self) {
        let Some(id) = self.import.try_with_untracked(|import| import.id.clone()) else { return };
        if self.asking.try_get_value() != Some(false) {
            return;
        }
        self.asking.set_value(true);
        spawn_local(async move {
            let answer = import_status(id).await;
            if self.asking.try_update_value(|asking| *asking = false).is_none() {
                return;
            }
            match answer {
                Ok(now) => {
                    let _ = self.import.try_set(now);
                }
                // Out of reach: asked again, and the frame shows that there is no connection.
                Err(_) => set_timeout(move || self.ask(), PAUSE * 5),
            }
        });
    }
}

/// Whether its columns can still be taken otherwise.
pub(super) fn can_be_mapped(state: ImportState) -> bool {
    matches!(state, ImportState::Uploaded | ImportState::Validated)
}

/// Whether it goes on by itself.
pub(super) fn is_moving(import: &Import) -> bool {
    matches!(import.state, ImportState::Mapped | ImportState::Committing) || import.progress.is_some()
}
