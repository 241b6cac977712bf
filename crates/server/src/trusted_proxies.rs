//! The addresses of trusted proxies: single ones and ranges (RFC 4632, RFC 4291 §2.3).
//!
//! What could be read in two ways is refused, since it decides whose headers are believed.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// An address, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// What is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// Neither an address nor a range.
    #[error("an address looks like 10.0.0.7 or fd00::7, and a range like 10.0.0.0/8 or fd00::/8")]
    Malformed,
    /// Behind the prefix there is more.
    #[error("there are bits behind the prefix; the range may be meant to be {0}")]
    Untidy(Network),
    /// A range that everybody is in.
    #[error("everybody is in this range, and not everybody is a trusted proxy")]
    Everybody,
    /// An IPv4 address in IPv6's clothes.
    #[error("write it as the IPv4 address that it is")]
    Mapped,
}

impl std::fmt::Display for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Malformed)?;
        if address.to_canonical() != address {
            return Err(NetworkError::Mapped);
        }
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(bits), length).filter(|prefix| *prefix <= bits);
        let prefix = prefix.ok_or(NetworkError::Malformed)?;
        if prefix == 0 {
            return Err(NetworkError::Everybody);
        }
        let network = Self { address: masked(address, prefix), prefix };
        if network.address == address { Ok(network) } else { Err(NetworkError::Untidy(network)) }
    }
}

impl Network {
    /// Whether the address is in it. An IPv4 address is the same in IPv6's clothes.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.prefix) == self.address
    }
}

/// Digits alone: the standard library would take `+8`.
fn length(text: &str) -> Option<u32> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// The first bits of an address.
fn masked(address: IpAddr, prefix: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}
