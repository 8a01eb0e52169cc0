//! The contract calls that can be told in words: those of VIP-180 tokens (VTHO among them), which
//! are those of ERC-20, of VIP-181 tokens, which are those of ERC-721, and of VIP-210 tokens,
//! which are those of ERC-1155.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;

/// The functions, as the standards declare them.
mod abi {
    #![allow(missing_docs, unreachable_pub)]

    alloy_sol_types::sol! {
        // VIP-180. VIP-181 has the last two under the same selectors, with a token id in place
        // of the amount.
        function transfer(address to, uint256 amount);
        function transferFrom(address from, address to, uint256 amountOrId);
        function approve(address spender, uint256 amountOrId);
        // Common beside the standard: OpenZeppelin's.
        function increaseAllowance(address spender, uint256 amount);
        // VIP-181; the first is in VIP-210 too.
        function setApprovalForAll(address operator, bool approved);
        function safeTransferFrom(address from, address to, uint256 id);
    }

    pub mod with_data {
        alloy_sol_types::sol! {
            function safeTransferFrom(address from, address to, uint256 id, bytes data);
        }
    }

    pub mod vip210 {
        alloy_sol_types::sol! {
            function safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes data);
            function safeBatchTransferFrom(address from, address to, uint256[] ids, uint256[] amounts, bytes data);
        }
    }
}

/// What call data says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `transfer` of VIP-180.
    Transfer { to: Address, amount: U256 },
    /// `transferFrom` of VIP-180 or VIP-181.
    TransferFrom {
        from: Address,
        to: Address,
        amount_or_id: U256,
    },
    /// `approve` of VIP-180 or VIP-181.
    Approve {
        spender: Address,
        amount_or_id: U256,
    },
    /// `increaseAllowance`.
    IncreaseApproval { spender: Address, amount: U256 },
    /// `safeTransferFrom` of VIP-181.
    SafeTransferFrom {
        from: Address,
        to: Address,
        id: U256,
    },
    /// `safeTransferFrom` or `safeBatchTransferFrom` of VIP-210: ids and how many of each.
    MultiTokenTransfer {
        from: Address,
        to: Address,
        items: Vec<(U256, U256)>,
    },
    /// `setApprovalForAll` of VIP-181 and VIP-210.
    SetApprovalForAll { operator: Address, approved: bool },
    /// The selector is known, but what follows are not its arguments and nothing else.
    Irregular { method: &'static str },
    /// The selector is not known.
    Unknown { selector: [u8; 4] },
    /// Too short for a selector.
    Raw,
}

impl Call {
    /// Reads call data. What it finds is in the data beyond doubt: the arguments encode to these
    /// very bytes.
    pub(crate) fn decode(data: &[u8]) -> Self {
        let Some(&selector) = data.first_chunk::<4>() else {
            return Self::Raw;
        };
        match selector {
            abi::transferCall::SELECTOR => read(data, |call: abi::transferCall| Self::Transfer {
                to: call.to,
                amount: call.amount,
            }),
            abi::transferFromCall::SELECTOR => {
                read(data, |call: abi::transferFromCall| Self::TransferFrom {
                    from: call.from,
                    to: call.to,
                    amount_or_id: call.amountOrId,
                })
            }
            abi::approveCall::SELECTOR => read(data, |call: abi::approveCall| Self::Approve {
                spender: call.spender,
                amount_or_id: call.amountOrId,
            }),
            abi::increaseAllowanceCall::SELECTOR => {
                read(data, |call: abi::increaseAllowanceCall| {
                    Self::IncreaseApproval {
                        spender: call.spender,
                        amount: call.amount,
                    }
                })
            }
            abi::setApprovalForAllCall::SELECTOR => {
                read(data, |call: abi::setApprovalForAllCall| {
                    Self::SetApprovalForAll {
                        operator: call.operator,
                        approved: call.approved,
                    }
                })
            }
            abi::safeTransferFromCall::SELECTOR => read(data, |call: abi::safeTransferFromCall| {
                Self::SafeTransferFrom {
                    from: call.from,
                    to: call.to,
                    id: call.id,
                }
            }),
            abi::with_data::safeTransferFromCall::SELECTOR => {
                read(data, |call: abi::with_data::safeTransferFromCall| {
                    Self::SafeTransferFrom {
                        from: call.from,
                        to: call.to,
                        id: call.id,
                    }
                })
            }
            abi::vip210::safeTransferFromCall::SELECTOR => {
                read(data, |call: abi::vip210::safeTransferFromCall| {
                    Self::MultiTokenTransfer {
                        from: call.from,
                        to: call.to,
                        items: vec![(call.id, call.amount)],
                    }
                })
            }
            abi::vip210::safeBatchTransferFromCall::SELECTOR => {
                read(data, |call: abi::vip210::safeBatchTransferFromCall| {
                    if call.ids.len() != call.amounts.len() {
                        return Self::Irregular {
                            method: abi::vip210::safeBatchTransferFromCall::SIGNATURE,
                        };
                    }
                    Self::MultiTokenTransfer {
                        from: call.from,
                        to: call.to,
                        items: call.ids.into_iter().zip(call.amounts).collect(),
                    }
                })
            }
            selector => Self::Unknown { selector },
        }
    }
}

fn read<C: SolCall>(data: &[u8], tell: impl FnOnce(C) -> Call) -> Call {
    C::abi_decode_validate(data)
        .ok()
        .filter(|call| call.abi_encode() == data)
        .map_or(
            Call::Irregular {
                method: C::SIGNATURE,
            },
            tell,
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SELECTORS: [[u8; 4]; 9] = [
        abi::transferCall::SELECTOR,
        abi::transferFromCall::SELECTOR,
        abi::approveCall::SELECTOR,
        abi::increaseAllowanceCall::SELECTOR,
        abi::setApprovalForAllCall::SELECTOR,
        abi::safeTransferFromCall::SELECTOR,
        abi::with_data::safeTransferFromCall::SELECTOR,
        abi::vip210::safeTransferFromCall::SELECTOR,
        abi::vip210::safeBatchTransferFromCall::SELECTOR,
    ];

    /// The selectors as the standards' users know them.
    #[test]
    fn selectors_are_those_of_the_standards() {
        assert_eq!(
            SELECTORS.map(hex::encode),
            [
                "a9059cbb", "23b872dd", "095ea7b3", "39509351", "a22cb465", "42842e0e", "b88d4fde",
                "f242432a", "2eb2c2d6",
            ]
        );
    }

    #[test]
    fn more_or_less_than_the_arguments_is_irregular() {
        let (to, amount) = (Address::repeat_byte(0xaa), U256::from(5));
        let data = abi::transferCall { to, amount }.abi_encode();
        assert_eq!(Call::decode(&data), Call::Transfer { to, amount });
        let irregular = Call::Irregular {
            method: "transfer(address,uint256)",
        };
        assert_eq!(Call::decode(&data[..67]), irregular);
        assert_eq!(Call::decode(&[&data[..], &[0]].concat()), irregular);
        // A bit above the 20 bytes of the address.
        let mut dirty = data;
        dirty[4] = 1;
        assert_eq!(Call::decode(&dirty), irregular);
    }

    #[test]
    fn a_batch_of_unequal_lists_is_irregular() {
        let call = |amounts: &[u64]| {
            let data = abi::vip210::safeBatchTransferFromCall {
                from: Address::repeat_byte(0xaa),
                to: Address::repeat_byte(0xbb),
                ids: vec![U256::from(1), U256::from(2)],
                amounts: amounts.iter().copied().map(U256::from).collect(),
                data: alloy_primitives::Bytes::new(),
            }
            .abi_encode();
            Call::decode(&data)
        };
        let Call::MultiTokenTransfer { items, .. } = call(&[10, 20]) else {
            panic!("not told");
        };
        let expected = [(1, 10), (2, 20)].map(|(id, n)| (U256::from(id), U256::from(n)));
        assert_eq!(items, expected);
        assert!(matches!(call(&[10]), Call::Irregular { .. }));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(Call::decode(b"abc"), Call::Raw);
        assert_eq!(Call::decode(b"abcd"), Call::Unknown { selector: *b"abcd" });
    }

    proptest! {
        #[test]
        fn no_arguments_panic(which in 0_usize..9, arguments: Vec<u8>) {
            let call = Call::decode(&[&SELECTORS[which][..], &arguments].concat());
            let told = !matches!(call, Call::Raw | Call::Unknown { .. });
            prop_assert!(told);
        }
    }
}
