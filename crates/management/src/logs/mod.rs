//! The log: what happened, searched and read (Auth0: Logs). Nothing here changes anything.

mod get;
mod list;
mod search;

pub use self::get::get;
pub use self::list::{LogListing, list};
