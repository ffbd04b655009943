//! Who else is at the customer on screen, and who works on it.

use domain::CustomerId;
use domain::presence::Presence as Known;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;

use super::frame::Outgoing;

/// Who is at the customer on screen. Copy; from context. Nothing is known while the socket is away.
#[derive(Clone, Copy, Default)]
pub struct Presence {
    /// The customer on screen.
    watched: StoredValue<Option<CustomerId>>,
    known: RwSignal<Option<Known>>,
    /// The socket that is open.
    socket: StoredValue<Option<UnboundedSender<Outgoing>>>,
}

impl Presence {
    /// The presence of this page.
    pub fn expect() -> Self {
        use_context().unwrap_or_default()
    }

    /// From now on, until the component that asks goes away, the viewer is at this customer.
    pub fn watch(self, customer: CustomerId) {
        self.go_to(Some(customer.clone()));
        on_cleanup(move || {
            // The next customer's page may be there before this one goes.
            if self.watched.try_get_value().flatten() == Some(customer) {
                self.go_to(None);
            }
        });
    }

    /// Who is there, once the server has said so.
    pub fn get(&self) -> Option<Known> {
        self.known.get()
    }

    /// The viewer works on the customer on screen; whoever has it as far as they see, has it no longer.
    pub fn claim(self) {
        let known = self.known.try_get_untracked().flatten();
        let over = known.and_then(|known| known.claim).map(|claim| claim.person.id);
        self.say_of_customer(|customer_id| Outgoing::Claim { customer_id, over });
    }

    /// The viewer is done with it.
    pub fn release(self) {
        self.say_of_customer(|customer_id| Outgoing::Release { customer_id });
    }

    fn go_to(self, customer: Option<CustomerId>) {
        let _ = self.known.try_set(None);
        self.watched.try_update_value(|watched| watched.clone_from(&customer));
        self.say(Outgoing::Watch { customer_id: customer });
    }

    fn say_of_customer(self, message: impl FnOnce(CustomerId) -> Outgoing) {
        if let Some(customer) = self.watched.try_get_value().flatten() {
            self.say(message(customer));
        }
    }

    fn say(self, message: Outgoing) {
        if let Some(socket) = self.socket.try_get_value().flatten() {
            // A socket that has just gone says where the viewer is when it is back.
            let _ = socket.unbounded_send(message);
        }
    }

    /// A socket is open: what is to be sent through it.
    pub(super) fn open(self) -> UnboundedReceiver<Outgoing> {
        let (sender, receiver) = unbounded();
        self.socket.try_update_value(|socket| *socket = Some(sender));
        if let Some(customer) = self.watched.try_get_value().flatten() {
            self.say(Outgoing::Watch { customer_id: Some(customer) });
        }
        receiver
    }

    /// The socket is gone.
    pub(super) fn close(self) {
        self.socket.try_update_value(|socket| *socket = None);
        let _ = self.known.try_set(None);
    }

    /// What the server says. It may be of a customer that has left the screen.
    pub(super) fn learn(self, known: Known) {
        if self.watched.try_get_value().flatten().as_ref() == Some(&known.customer_id) {
            let _ = self.known.try_set(Some(known));
        }
    }
}
