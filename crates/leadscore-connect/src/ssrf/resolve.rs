//! Names are resolved here, so that what is checked is what is connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Guard;
#[cfg(any(test, feature = "webhook"))]
use super::NotAllowed;

/// The addresses of a name, when they have come.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of names.
pub trait ResolveNames: Send + Sync {
    /// All addresses of a name.
    fn resolve(&self, name: &str) -> Addresses;
}

/// Names as the operating system resolves them.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl ResolveNames for SystemResolver {
    fn resolve(&self, name: &str) -> Addresses {
        let name = name.to_owned();
        Box::pin(async move {
            Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// Gives out the addresses of a name only if every one of them is allowed.
pub(super) struct CheckedResolver(pub(super) Guard);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            guard.check_name(name.as_str())?;
            let found = guard.resolver.resolve(name.as_str()).await?;
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            guard.check_found(name.as_str(), &found)?;
            // The port is that of the address asked for.
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// The refusal behind a failed request, if it was one.
#[cfg(any(test, feature = "webhook"))]
pub(crate) fn refusal(error: &reqwest::Error) -> Option<&NotAllowed> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<NotAllowed>() {
            return Some(refusal);
        }
        cause = error.source();
    }
    None
}
