//! Which IP addresses are public.
//!
//! Source: IANA's registries of special-purpose addresses for IPv4 and IPv6.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of IP addresses, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// IPv4 blocks that are not public.
const IPV4: [([u8; 4], u8); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// IPv6 blocks that are not public.
const IPV6: [([u16; 8], u8); 12] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 127),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
    // IPv4-compatible addresses, of the old days.
    ([0, 0, 0, 0, 0, 0, 0, 0], 96),
];

/// IPv6 blocks that hold an IPv4 address, and how many 16-bit groups come before it.
const EMBEDDED: [([u16; 8], u8, usize); 4] = [
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, 6),
    // Translated addresses of RFC 2765, which some systems still route to IPv4.
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, 6),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, 6),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, 1),
];

/// Whether an address is one of the public internet.
///
/// ```
/// use leadscore_connect::ssrf::is_public;
/// assert!(is_public("93.184.215.14".parse().unwrap()));
/// assert!(!is_public("169.254.169.254".parse().unwrap()));
/// assert!(!is_public("64:ff9b::7f00:1".parse().unwrap()));
/// ```
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !IPV4.iter().any(|&(address, prefix)| contains_v4(address.into(), prefix, ip)),
        IpAddr::V6(ip) => {
            for (address, prefix, at) in EMBEDDED {
                if contains_v6(address.into(), prefix, ip) {
                    let [a, b] = ip.segments()[at].to_be_bytes();
                    let [c, d] = ip.segments()[at + 1].to_be_bytes();
                    return is_public(Ipv4Addr::new(a, b, c, d).into());
                }
            }
            !IPV6.iter().any(|&(address, prefix)| contains_v6(address.into(), prefix, ip))
        }
    }
}

impl Network {
    /// Whether an address is in it; an IPv4 address in the form of IPv6 is the same address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(ip)) => contains_v4(own, self.prefix, ip),
            (IpAddr::V6(own), IpAddr::V6(ip)) => contains_v6(own, self.prefix, ip),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    /// Reads `ADDRESS/PREFIX`, or an address alone.
    fn from_str(text: &str) -> Result<Network, String> {
        let wrong = || format!("`{text}` is no network such as 10.0.0.0/8");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), |prefix| prefix.parse().map_err(|_| wrong()))?;
        if prefix > most { Err(wrong()) } else { Ok(Network { address, prefix }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn contains_v4(network: Ipv4Addr, prefix: u8, ip: Ipv4Addr) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    u32::from(network) & mask == u32::from(ip) & mask
}

fn contains_v6(network: Ipv6Addr, prefix: u8, ip: Ipv6Addr) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    u128::from(network) & mask == u128::from(ip) & mask
}
