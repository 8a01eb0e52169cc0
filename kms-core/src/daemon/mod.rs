//! The poll loop, and one transaction's way through it.

mod prepared;

pub use self::prepared::Prepared;
