//! Whose word about where a request came from is believed.
//!
//! `X-Forwarded-*` can be sent by anyone. Only a proxy of the operator's own may speak for somebody else; from all others
//! the headers are taken away before anything reads them.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, Request, State as AxumState};
use axum::http::HeaderName;
use axum::middleware::Next;
use axum::response::Response;

use crate::application::State;

/// An address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(|_| ()))?;
        if bits <= most { Ok(Self { address, bits }) } else { Err(()) }
    }
}

impl Network {
    fn contains(&self, other: IpAddr) -> bool {
        let (mine, theirs, most) = match (self.address, other.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(theirs)) => {
                (u128::from(mine.to_bits()), u128::from(theirs.to_bits()), 32)
            }
            (IpAddr::V6(mine), IpAddr::V6(theirs)) => (mine.to_bits(), theirs.to_bits(), 128),
            _ => return false,
        };
        let ignored = most - self.bits;
        mine.checked_shr(ignored).unwrap_or(0) == theirs.checked_shr(ignored).unwrap_or(0)
    }
}

/// What a trusted proxy says the browser asked for.
pub(crate) const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const SPOKEN_FOR_OTHERS: [HeaderName; 5] = [
    FORWARDED_HOST,
    FORWARDED_FOR,
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("forwarded"),
];

/// The address a request comes from, in its extensions: the peer's, or what trusted proxies say of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub IpAddr);

/// Takes the headers away unless the peer is trusted, and notes where the request comes from.
pub(crate) async fn believe(
    AxumState(state): AxumState<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let trusted =
        peer.is_some_and(|peer| state.config.trusted_proxies.iter().any(|network| network.contains(peer)));
    if !trusted {
        for name in SPOKEN_FOR_OTHERS {
            request.headers_mut().remove(name);
        }
    }
    if let Some(peer) = peer {
        let forwarded =
            request.headers().get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let address = origin(peer, forwarded, &state.config.trusted_proxies);
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// The last address of the chain that no trusted proxy has: each proxy adds whom it was asked by at the end, and what
/// stands before that can be made up.
fn origin<'a>(peer: IpAddr, forwarded: impl Iterator<Item = &'a str>, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let chain: Vec<IpAddr> = forwarded
        .flat_map(|header| header.split(','))
        .filter_map(|address| address.trim().parse().ok())
        .collect();
    let mut nearest = peer;
    for address in chain.into_iter().rev() {
        if !is_trusted(nearest) {
            break;
        }
        nearest = address;
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.3.1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("192.168.1.7", "192.168.1.7"));
        assert!(!holds("192.168.1.7", "192.168.1.8"));
        assert!(holds("0.0.0.0/0", "8.8.8.8"));
        assert!(holds("fd00::/8", "fdab::1"));
        assert!(!holds("fd00::/8", "::1"));
        assert!(holds("127.0.0.1", "::ffff:127.0.0.1"), "a dual-stack listener sees IPv4 peers like this");
    }

    #[test]
    fn an_address_is_believed_as_far_as_trusted_proxies_go() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let from = |peer: &str, chain: &str| {
            origin(peer.parse().unwrap(), std::iter::once(chain), &trusted).to_string()
        };
        assert_eq!(from("10.0.0.1", "6.6.6.6, 203.0.113.9"), "203.0.113.9", "the first may be made up");
        assert_eq!(from("10.0.0.1", "203.0.113.9, 10.0.0.2"), "203.0.113.9");
        assert_eq!(from("203.0.113.1", "6.6.6.6"), "203.0.113.1", "a stranger speaks for nobody");
        assert_eq!(from("10.0.0.1", ""), "10.0.0.1");
    }

    #[test]
    fn nonsense_is_no_network() {
        for text in ["", "everyone", "10.0.0.0/33", "10.0.0.0/", "::1/129"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
