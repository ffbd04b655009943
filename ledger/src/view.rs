//! Saved views. One's own are one's own business; those for everyone are made by managers.

use domain::view::{NewView, SavedView, ViewList, ViewPatch};
use domain::{Action, ViewId};
use tokio::sync::watch;

use crate::{Caller, Error, Ledger, Result};

/// Views of one's own.
const MOST: usize = 50;

impl Ledger {
    /// The caller's own views and those for everyone, by name.
    pub async fn saved_views(&self, caller: &Caller) -> Result<ViewList> {
        caller.authorise(Action::Read)?;
        self.store().saved_views(caller.id.as_str()).await
    }

    /// The version of all views together, and each that comes after it: at once through this process, within seconds
    /// through another node.
    pub fn view_versions(&self) -> watch::Receiver<i64> {
        self.inner.view_version.subscribe()
    }

    /// Tells everybody who listens.
    pub(crate) fn tell_view_version(&self, version: i64) {
        self.inner.view_version.send_if_modified(|told| {
            // Two changes may be told in either order.
            let newer = version > *told;
            *told = version.max(*told);
            newer
        });
    }

    /// Keeps a view under a name.
    pub async fn save_view(&self, caller: &Caller, new: &NewView) -> Result<SavedView> {
        caller.authorise(action(new.shared))?;
        let NewView { name, query, shared } = new.validate()?;
        let known = self.store().saved_views(caller.id.as_str()).await?;
        if known.views.iter().filter(|view| view.owner == caller.id).count() >= MOST {
            let message = format!("You have {MOST} views; delete one first.");
            return Err(Error::conflict("too_many_views", message));
        }
        let view = SavedView {
            id: ViewId::from_unique(&self.unique()),
            name,
            query,
            shared,
            owner: caller.id.clone(),
            owner_name: caller.name.clone(),
        };
        self.tell_view_version(self.store().put_view(&view).await?);
        Ok(view)
    }

    /// Changes a view: its owner does; one for everyone takes a manager.
    pub async fn update_view(&self, caller: &Caller, id: &ViewId, patch: &ViewPatch) -> Result<SavedView> {
        let mut view = self.view_to_change(caller, id).await?;
        patch.apply(&mut view)?;
        caller.authorise(action(view.shared))?;
        self.tell_view_version(self.store().put_view(&view).await?);
        Ok(view)
    }

    /// Forgets a view.
    pub async fn delete_view(&self, caller: &Caller, id: &ViewId) -> Result<()> {
        let view = self.view_to_change(caller, id).await?;
        self.tell_view_version(self.store().delete_view(view.id.as_str()).await?);
        Ok(())
    }

    /// The view, if the caller may change it. Another's own view is not for the caller to know of.
    async fn view_to_change(&self, caller: &Caller, id: &ViewId) -> Result<SavedView> {
        caller.authorise(Action::Read)?;
        let view = self.store().saved_view(id.as_str()).await?;
        let view =
            view.filter(|view| view.shared || view.owner == caller.id).ok_or(Error::NotFound("view"))?;
        caller.authorise(action(view.shared))?;
        Ok(view)
    }
}

/// What it takes to make or change a view.
fn action(shared: bool) -> Action {
    if shared { Action::ShareViews } else { Action::Read }
}
