//! The Compute Budget program: how much a transaction may compute, and what it bids for it.

use super::Description;
use crate::{message::Instruction, pubkey::Pubkey, reader::Reader};

pub(super) const PROGRAM: Pubkey = Pubkey::known("ComputeBudget111111111111111111111111111111");

/// The network's limit for a transaction.
const MOST_UNITS: u64 = 1_400_000;
/// What an instruction may compute at most when the transaction does not say.
const UNITS_PER_INSTRUCTION: u64 = 200_000;
/// A price counts millionths of a lamport.
const MICRO: u128 = 1_000_000;

/// What a transaction bids beyond the base fee.
#[derive(Debug, Default)]
pub(crate) struct ComputeBudget {
    unit_limit: Option<u32>,
    micro_lamports_per_unit: u64,
    /// Instructions of other programs.
    others: u64,
}

impl ComputeBudget {
    pub(crate) fn of(instructions: &[Instruction]) -> Self {
        let mut budget = Self::default();
        for instruction in instructions {
            if instruction.program != PROGRAM {
                budget.others = budget.others.saturating_add(1);
                continue;
            }
            match read(&instruction.data) {
                Some(Setting::UnitLimit(units)) => budget.unit_limit = Some(units),
                Some(Setting::UnitPrice(price)) => budget.micro_lamports_per_unit = price,
                _ => {}
            }
        }
        budget
    }

    /// The most lamports of the priority fee.
    pub(crate) fn priority_fee(&self) -> u64 {
        let units = match self.unit_limit {
            Some(units) => u64::from(units),
            None => self.others.saturating_mul(UNITS_PER_INSTRUCTION),
        };
        let units = u128::from(units.min(MOST_UNITS));
        let micro = units.saturating_mul(u128::from(self.micro_lamports_per_unit));
        u64::try_from(micro.div_ceil(MICRO)).unwrap_or(u64::MAX)
    }
}

enum Setting {
    HeapBytes(u32),
    UnitLimit(u32),
    UnitPrice(u64),
    LoadedBytes(u32),
}

fn read(data: &[u8]) -> Option<Setting> {
    let mut data = Reader::new(data);
    let setting = match data.u8()? {
        1 => Setting::HeapBytes(data.u32()?),
        2 => Setting::UnitLimit(data.u32()?),
        3 => Setting::UnitPrice(data.u64()?),
        4 => Setting::LoadedBytes(data.u32()?),
        _ => return None,
    };
    data.is_empty().then_some(setting)
}

/// Nothing when the instruction is none of this program's.
pub(super) fn describe(data: &[u8]) -> Option<Description> {
    let description = Description::default();
    Some(match read(data)? {
        Setting::HeapBytes(bytes) => description.detail("heap bytes", bytes),
        Setting::UnitLimit(units) => description.detail("compute units at most", units),
        Setting::UnitPrice(price) => {
            description.detail("price of a compute unit", format!("{price} micro-lamports"))
        }
        Setting::LoadedBytes(bytes) => description.detail("bytes loaded at most", bytes),
    })
}
