//! The address of whoever calls.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};

use crate::state::AppState;

/// The caller's address: the connection's, or the last one of `X-Forwarded-For` that is no trusted proxy, where the
/// connection comes from one.
pub(crate) fn client_address(state: &AppState, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip().to_canonical());
    let is_trusted =
        |address: &IpAddr| state.config.trusted_proxies.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let values = request.headers().get_all("x-forwarded-for").iter().rev();
    let parts = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
    let mut last = peer;
    for part in parts {
        // What cannot be read was written by somebody who is not trusted.
        let Ok(address) = part.trim().parse::<IpAddr>() else { return last };
        last = address.to_canonical();
        if !is_trusted(&last) {
            return last;
        }
    }
    last
}
