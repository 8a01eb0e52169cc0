//! Ways that a payment can take through the ledger (`PathSet`).

use std::fmt;

use super::{CodecError, Currency, binary::Reader};
use crate::account::AccountId;

/// One way: at least one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path(pub(super) Vec<Step>);

/// A step. One of the three is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    pub(super) account: Option<AccountId>,
    pub(super) currency: Option<Currency>,
    pub(super) issuer: Option<AccountId>,
}

const END: u8 = 0x00;
const NEXT: u8 = 0xff;
const ACCOUNT: u8 = 0x01;
const CURRENCY: u8 = 0x10;
const ISSUER: u8 = 0x20;

impl Path {
    /// Writes the ways, which are at least one.
    pub(super) fn write_all(paths: &[Self], bytes: &mut Vec<u8>) {
        for (position, path) in paths.iter().enumerate() {
            if position != 0 {
                bytes.push(NEXT);
            }
            for step in &path.0 {
                step.write(bytes);
            }
        }
        bytes.push(END);
    }

    pub(super) fn read_all(reader: &mut Reader<'_>) -> Result<Vec<Self>, CodecError> {
        let mut paths = Vec::new();
        let mut steps = Vec::new();
        loop {
            match reader.array()? {
                [END | NEXT] if steps.is_empty() => return Err(CodecError::Empty),
                [END] => {
                    paths.push(Self(steps));
                    return Ok(paths);
                }
                [NEXT] => paths.push(Self(std::mem::take(&mut steps))),
                [kind] => steps.push(Step::read(kind, reader)?),
            }
        }
    }
}

impl Step {
    fn write(&self, bytes: &mut Vec<u8>) {
        let bit = |there: bool, bit| if there { bit } else { 0 };
        bytes.push(
            bit(self.account.is_some(), ACCOUNT)
                | bit(self.currency.is_some(), CURRENCY)
                | bit(self.issuer.is_some(), ISSUER),
        );
        bytes.extend(self.account.iter().flat_map(|account| account.0));
        bytes.extend(self.currency.iter().flat_map(|currency| currency.0));
        bytes.extend(self.issuer.iter().flat_map(|issuer| issuer.0));
    }

    fn read(kind: u8, reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        if kind & !(ACCOUNT | CURRENCY | ISSUER) != 0 {
            return Err(CodecError::NotCanonical);
        }
        let mut part = |bit| match kind & bit {
            0 => Ok(None),
            _ => reader.array().map(Some),
        };
        Ok(Self {
            account: part(ACCOUNT)?.map(AccountId),
            currency: part(CURRENCY)?.map(Currency),
            issuer: part(ISSUER)?.map(AccountId),
        })
    }
}

/// The steps, as `USD of r…` or `through r…`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { ", " })?;
            if let Some(account) = &step.account {
                write!(f, "through {account}")?;
            }
            if let Some(currency) = &step.currency {
                write!(f, "{currency}")?;
            }
            if let Some(issuer) = &step.issuer {
                write!(f, " of {issuer}")?;
            }
        }
        Ok(())
    }
}
