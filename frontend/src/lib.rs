//! The WASM entry: hydrate, panic banner, service-worker registration.
