//! Requests that are answered before they were read: those that are too large, come without a sign-in, or go where nothing is.
//!
//! Whoever is still sending meanwhile would never see the answer: a connection that is closed over bytes nobody read is reset,
//! and many clients read only once they have sent everything. So the answer goes out at once, and what still comes is read and
//! thrown away for a while. nginx does the same and calls it a lingering close.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::Request;
use axum::http::header::EXPECT;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::time::timeout;

/// How long an unread body is read on in all.
const LINGER: Duration = Duration::from_secs(30);
/// How long it may be silent meanwhile.
const SILENCE: Duration = Duration::from_secs(5);

/// Sees to it that what a handler leaves of the body is read.
pub(crate) async fn linger(request: Request) -> Request {
    // Whoever asked whether to send at all has not begun to, until the body is read for the first time.
    let sending = !request.headers().contains_key(EXPECT);
    request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        Body::from_stream(Lingering { body: body.into_data_stream(), unread: sending })
    })
}

/// A body that is read on when nobody wants it any more.
struct Lingering {
    body: BodyDataStream,
    /// Whether more of it is coming.
    unread: bool,
}

impl Stream for Lingering {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.unread = true;
        let next = ready!(self.body.poll_next_unpin(context));
        self.unread = matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        // Without a runtime the server is gone, and the connection with it.
        if let (true, Ok(runtime)) = (self.unread, tokio::runtime::Handle::try_current()) {
            let body = mem::replace(&mut self.body, Body::empty().into_data_stream());
            runtime.spawn(timeout(LINGER, read(body)));
        }
    }
}

async fn read(mut body: BodyDataStream) {
    while let Ok(Some(Ok(_))) = timeout(SILENCE, body.next()).await {}
}
