//! The one error of server functions: the same [`Problem`] that REST answers.

use domain::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// A refusal or a failure, as the screen shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fault(pub Problem);

impl Fault {
    /// The stable name of the problem, such as `stale_version`.
    pub fn code(&self) -> &str {
        self.0.code()
    }

    /// The row as it is now, when the refusal carries it.
    pub fn current<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(self.0.current.as_ref()?).ok()
    }

    /// Whether the session is over: signing in again mends it.
    pub fn is_signed_out(&self) -> bool {
        self.0.status == 401
    }

    /// Whether no answer came, so that the command may or may not have happened: send it again with the same key.
    pub fn is_unanswered(&self) -> bool {
        self.code() == "unreachable"
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl FromServerFnError for Fault {
    type Encoder = JsonEncoding;

    // The library's own texts name types and paths; people get what happened and what to do.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Fault(match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Problem::new(
                503,
                "unreachable",
                "No connection",
                "Duebook can't be reached. What you typed is kept; try again when the connection is back.",
            ),
            ServerFnErrorErr::Deserialization(_) => Problem::new(
                502,
                "unreadable",
                "Unexpected answer",
                "The answer can't be read; perhaps Duebook was updated. Reload the page and try again.",
            ),
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_) => {
                Problem::new(400, "bad_request", "Bad request", "The request can't be read.")
            }
            _ => Problem::new(
                500,
                "internal",
                "Something went wrong on our side",
                "Nothing was saved. Try again; if it stays, give the request id to whoever runs Duebook.",
            ),
        })
    }
}
