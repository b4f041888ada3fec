//! The guard of every address that a user supplies: nothing in a network of one's own is reached by it.
//!
//! An address is checked when it is registered ([`Guard::check`]) and again when it is used: [`Guard::client`] gives an HTTP
//! client that resolves each name itself, refuses it if any of its addresses is not public, and connects to exactly the
//! addresses that were checked, so that a name which changes its address in between (DNS rebinding) gains nothing. It
//! follows no redirect and uses no proxy of the environment.

mod range;
mod resolve;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};

pub use range::{Network, is_public};
use resolve::CheckedResolver;
#[cfg(feature = "webhook")]
pub(crate) use resolve::refusal;
pub use resolve::{Addresses, ResolveNames, SystemResolver};

/// Which addresses may be reached.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[Network]>,
    allowed_hosts: Arc<[String]>,
    allows_http: bool,
    low_ports: Arc<[u16]>,
    resolver: Arc<dyn ResolveNames>,
}

/// Why an address may not be used.
///
/// Whoever supplied it is told [`NotAllowed::PUBLIC_MESSAGE`] and nothing else: the reason tells what a network looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAllowed {
    /// It cannot be read as an address.
    #[error("it is no address: {0}")]
    Unreadable(String),
    /// Its scheme is not https.
    #[error("its scheme is `{0}`; wants https")]
    Scheme(String),
    /// It has a user name or a password.
    #[error("it has a user name or a password")]
    Credentials,
    /// It has a fragment.
    #[error("it has a fragment")]
    Fragment,
    /// It is longer than 2,048 bytes.
    #[error("it is longer than 2,048 bytes")]
    TooLong,
    /// It has no host.
    #[error("it has no host")]
    NoHost,
    /// Its port is one of another service.
    #[error("its port is {0}")]
    Port(u16),
    /// Its host is a name of one's own network.
    #[error("its host `{0}` is a name of a network of one's own")]
    LocalName(String),
    /// Its host is, or has, an address that is not public.
    #[error("its host has the address {0}, which is not public")]
    LocalAddress(IpAddr),
}

impl NotAllowed {
    /// What whoever supplied the address is told.
    pub const PUBLIC_MESSAGE: &'static str = "url is not allowed";
}

/// How long a name is looked up when an address is registered.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest address, in bytes.
const MAX_BYTES: usize = 2_048;
/// Endings of names that are resolved in one's own network alone.
const LOCAL_ENDINGS: [&str; 6] = ["localhost", "local", "internal", "localdomain", "home.arpa", "intranet"];

impl Default for Guard {
    fn default() -> Self {
        Guard::new()
    }
}

impl Guard {
    /// Only https, only public addresses, ports 443, 8443 and from 1024.
    pub fn new() -> Guard {
        Guard {
            allowed: Arc::new([]),
            allowed_hosts: Arc::new([]),
            allows_http: false,
            low_ports: Arc::new([443]),
            resolver: Arc::new(SystemResolver),
        }
    }

    /// The same with networks that may be reached although they are not public, such as `127.0.0.1/32` in tests.
    #[must_use]
    pub fn allow(mut self, networks: impl IntoIterator<Item = Network>) -> Guard {
        self.allowed = networks.into_iter().collect();
        self
    }

    /// The same with hosts that may be reached whatever their addresses are, such as `hooks.corp.internal`.
    #[must_use]
    pub fn allow_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Guard {
        self.allowed_hosts = hosts.into_iter().map(|host| bare(&host).to_ascii_lowercase()).collect();
        self
    }

    /// The same with http as well; port 80 is then allowed too.
    #[must_use]
    pub fn allow_http(mut self) -> Guard {
        self.allows_http = true;
        self.low_ports = Arc::new([443, 80]);
        self
    }

    /// The same with a resolver of names of your own.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn ResolveNames>) -> Guard {
        self.resolver = resolver;
        self
    }

    /// Reads an address and checks all that can be known without asking for the addresses of its name.
    ///
    /// ```
    /// use leadscore_connect::ssrf::Guard;
    /// let guard = Guard::new();
    /// assert!(guard.check("https://hooks.example.com/leads").is_ok());
    /// for address in ["https://2130706433/", "https://[::ffff:10.0.0.1]/", "https://metadata.google.internal/", "http://example.com/"] {
    ///     assert!(guard.check(address).is_err(), "{address}");
    /// }
    /// ```
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, address: &str) -> Result<Url, NotAllowed> {
        if address.len() > MAX_BYTES {
            return Err(NotAllowed::TooLong);
        }
        let url = Url::parse(address).map_err(|error| NotAllowed::Unreadable(error.to_string()))?;
        match url.scheme() {
            "https" => {}
            "http" if self.allows_http => {}
            scheme => return Err(NotAllowed::Scheme(scheme.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAllowed::Credentials);
        }
        if url.fragment().is_some() {
            return Err(NotAllowed::Fragment);
        }
        // Percent signs have no place in a host; a zone such as `%eth0` is refused by the parser.
        match url.host().ok_or(NotAllowed::NoHost)? {
            Host::Ipv4(ip) => self.check_ip(ip.into())?,
            Host::Ipv6(ip) => self.check_ip(ip.into())?,
            Host::Domain(name) => self.check_name(name)?,
        }
        match url.port_or_known_default() {
            Some(port) if port >= 1_024 || self.low_ports.contains(&port) => Ok(url),
            Some(port) => Err(NotAllowed::Port(port)),
            None => Err(NotAllowed::NoHost),
        }
    }

    /// The same as [`Guard::check`], and the addresses of its name as they are now. A name that cannot be resolved, or not
    /// within five seconds, is allowed: it may be set up later, and a client of [`Guard::client`] asks again.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn check_resolved(&self, address: &str) -> Result<Url, NotAllowed> {
        let url = self.check(address)?;
        if let Some(Host::Domain(name)) = url.host()
            && let Ok(Ok(found)) = tokio::time::timeout(LOOKUP_TIMEOUT, self.resolver.resolve(name)).await
        {
            self.check_found(name, &found)?;
        }
        Ok(url)
    }

    /// An HTTP client that reaches nothing else, with its timeouts.
    ///
    /// Addresses must be checked with [`Guard::check`] as well, for a client does not ask for the address of what is one.
    ///
    /// # Errors
    /// That of the HTTP library where it cannot set itself up.
    pub fn client(&self, connect: Duration, total: Duration) -> Result<reqwest::Client, reqwest::Error> {
        reqwest::Client::builder()
            .dns_resolver(Arc::new(CheckedResolver(self.clone())))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(connect)
            .timeout(total)
            .build()
    }

    fn check_ip(&self, ip: IpAddr) -> Result<(), NotAllowed> {
        if is_public(ip) || self.allowed.iter().any(|network| network.contains(ip)) {
            return Ok(());
        }
        Err(NotAllowed::LocalAddress(ip))
    }

    /// Checks the addresses that a name was found to have.
    fn check_found(&self, name: &str, found: &[IpAddr]) -> Result<(), NotAllowed> {
        if self.is_allowed_host(name) { Ok(()) } else { found.iter().try_for_each(|ip| self.check_ip(*ip)) }
    }

    fn is_allowed_host(&self, name: &str) -> bool {
        self.allowed_hosts.iter().any(|host| host.eq_ignore_ascii_case(bare(name)))
    }

    fn check_name(&self, name: &str) -> Result<(), NotAllowed> {
        let bare = bare(name);
        if bare.is_empty() {
            return Err(NotAllowed::NoHost);
        }
        if self.is_allowed_host(bare) {
            return Ok(());
        }
        let is_local = LOCAL_ENDINGS.iter().any(|ending| {
            bare.eq_ignore_ascii_case(ending)
                || bare.len() > ending.len()
                    && bare.as_bytes()[bare.len() - ending.len() - 1] == b'.'
                    && bare[bare.len() - ending.len()..].eq_ignore_ascii_case(ending)
        });
        // A name without a dot is one of a network of one's own.
        if (is_local || !bare.contains('.')) && self.allowed.is_empty() {
            return Err(NotAllowed::LocalName(name.to_owned()));
        }
        Ok(())
    }
}

/// A name without the full stop that may end it.
fn bare(name: &str) -> &str {
    name.trim_end_matches('.')
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("allowed", &self.allowed)
            .field("allowed_hosts", &self.allowed_hosts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
