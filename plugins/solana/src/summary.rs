//! What a transaction does, for people.

use kms_core::prelude::{Fee, Network, Summary};

use crate::{
    frozen::Frozen,
    message::Instruction,
    program::{ComputeBudget, TokenAccounts, describe, lamports},
    pubkey::Pubkey,
};

/// What the network takes for each signature.
const LAMPORTS_PER_SIGNATURE: u64 = 5000;

/// Programs whose instructions carry further signatures, each of which is paid for; the first
/// byte of the data counts them.
const SIGNATURE_PROGRAMS: [Pubkey; 3] = [
    Pubkey::known("Ed25519SigVerify111111111111111111111111111"),
    Pubkey::known("KeccakSecp256k11111111111111111111111111111"),
    Pubkey::known("Secp256r1SigVerify1111111111111111111111111"),
];

pub(crate) fn summarize(network: Network, frozen: &Frozen) -> Summary {
    let message = &frozen.message;
    let mut summary = Summary {
        chain: "SOL".to_owned(),
        network,
        action: String::new(),
        from: message
            .signers()
            .iter()
            .take(1)
            .map(Pubkey::to_string)
            .collect(),
        transfers: Vec::new(),
        fee: Some(Fee {
            amount: lamports(fee(frozen)),
            ceiling: true,
        }),
        nonce: None,
        details: Vec::new(),
        warnings: Vec::new(),
    };
    let token_accounts = TokenAccounts::of(&message.instructions);
    let mut actions = Vec::new();
    for instruction in &message.instructions {
        let description = describe(instruction, &token_accounts);
        if !description.action.is_empty() {
            actions.push(description.action);
        }
        if let Some(from) = description.from.map(|from| from.to_string())
            && !summary.from.contains(&from)
        {
            summary.from.push(from);
        }
        summary.transfers.extend(description.transfers);
        summary.details.extend(description.details);
        for warning in description.warnings {
            if !summary.warnings.contains(&warning) {
                summary.warnings.push(warning);
            }
        }
    }
    summary.action = match actions.as_slice() {
        [] => "nothing".to_owned(),
        actions => actions.join(", "),
    };
    let others: Vec<_> = message
        .signers()
        .iter()
        .skip(1)
        .map(Pubkey::to_string)
        .collect();
    if !others.is_empty() {
        summary
            .details
            .push(("also signed by".to_owned(), others.join(", ")));
    }
    summary.details.push((
        "last valid block height".to_owned(),
        frozen.last_valid_block_height.to_string(),
    ));
    summary
}

/// The most lamports that the network takes.
fn fee(frozen: &Frozen) -> u64 {
    let message = &frozen.message;
    let further = |instruction: &Instruction| {
        let count = instruction.data.first().copied().unwrap_or(0);
        let counts = SIGNATURE_PROGRAMS.contains(&instruction.program);
        if counts { u64::from(count) } else { 0 }
    };
    // At most 128 + 255 for each of some hundred instructions.
    let further: u64 = message.instructions.iter().map(further).sum();
    let signatures = further.saturating_add(message.required_signatures().into());
    let priority = ComputeBudget::of(&message.instructions).priority_fee();
    signatures
        .saturating_mul(LAMPORTS_PER_SIGNATURE)
        .saturating_add(priority)
}
