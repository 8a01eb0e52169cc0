//! The contract calls that can be told in words: those of the token standards.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;

/// The functions, as the standards declare them.
mod abi {
    #![allow(missing_docs, unreachable_pub)]

    alloy_sol_types::sol! {
        // ERC-20. ERC-721 has the last two under the same selectors, with a token id in place of
        // the amount.
        function transfer(address to, uint256 amount);
        function transferFrom(address from, address to, uint256 amountOrId);
        function approve(address spender, uint256 amountOrId);
        // Common beside the standard: OpenZeppelin's name and an older one.
        function increaseAllowance(address spender, uint256 amount);
        function increaseApproval(address spender, uint256 amount);
        // ERC-721 and ERC-1155.
        function setApprovalForAll(address operator, bool approved);
    }

    pub mod erc721 {
        alloy_sol_types::sol! {
            function safeTransferFrom(address from, address to, uint256 id);
        }
    }

    pub mod erc721_with_data {
        alloy_sol_types::sol! {
            function safeTransferFrom(address from, address to, uint256 id, bytes data);
        }
    }

    pub mod erc1155 {
        alloy_sol_types::sol! {
            function safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes data);
            function safeBatchTransferFrom(address from, address to, uint256[] ids, uint256[] amounts, bytes data);
        }
    }
}

/// What call data says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `transfer` of ERC-20.
    Transfer { to: Address, amount: U256 },
    /// `transferFrom` of ERC-20 or ERC-721.
    TransferFrom {
        from: Address,
        to: Address,
        amount_or_id: U256,
    },
    /// `approve` of ERC-20 or ERC-721.
    Approve {
        spender: Address,
        amount_or_id: U256,
    },
    /// `increaseAllowance` or `increaseApproval`.
    IncreaseApproval { spender: Address, amount: U256 },
    /// `safeTransferFrom` of ERC-721.
    SafeTransferFrom {
        from: Address,
        to: Address,
        id: U256,
    },
    /// `safeTransferFrom` or `safeBatchTransferFrom` of ERC-1155: ids and how many of each.
    MultiTokenTransfer {
        from: Address,
        to: Address,
        items: Vec<(U256, U256)>,
    },
    /// `setApprovalForAll` of ERC-721 and ERC-1155.
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
            abi::transferCall::SELECTOR => read(data, |call: abi::transferCall| {
                Some(Self::Transfer {
                    to: call.to,
                    amount: call.amount,
                })
            }),
            abi::transferFromCall::SELECTOR => read(data, |call: abi::transferFromCall| {
                Some(Self::TransferFrom {
                    from: call.from,
                    to: call.to,
                    amount_or_id: call.amountOrId,
                })
            }),
            abi::approveCall::SELECTOR => read(data, |call: abi::approveCall| {
                Some(Self::Approve {
                    spender: call.spender,
                    amount_or_id: call.amountOrId,
                })
            }),
            abi::increaseAllowanceCall::SELECTOR => {
                read(data, |call: abi::increaseAllowanceCall| {
                    Some(Self::IncreaseApproval {
                        spender: call.spender,
                        amount: call.amount,
                    })
                })
            }
            abi::increaseApprovalCall::SELECTOR => read(data, |call: abi::increaseApprovalCall| {
                Some(Self::IncreaseApproval {
                    spender: call.spender,
                    amount: call.amount,
                })
            }),
            abi::setApprovalForAllCall::SELECTOR => {
                read(data, |call: abi::setApprovalForAllCall| {
                    Some(Self::SetApprovalForAll {
                        operator: call.operator,
                        approved: call.approved,
                    })
                })
            }
            abi::erc721::safeTransferFromCall::SELECTOR => {
                read(data, |call: abi::erc721::safeTransferFromCall| {
                    Some(Self::SafeTransferFrom {
                        from: call.from,
                        to: call.to,
                        id: call.id,
                    })
                })
            }
            abi::erc721_with_data::safeTransferFromCall::SELECTOR => {
                read(data, |call: abi::erc721_with_data::safeTransferFromCall| {
                    Some(Self::SafeTransferFrom {
                        from: call.from,
                        to: call.to,
                        id: call.id,
                    })
                })
            }
            abi::erc1155::safeTransferFromCall::SELECTOR => {
                read(data, |call: abi::erc1155::safeTransferFromCall| {
                    Some(Self::MultiTokenTransfer {
                        from: call.from,
                        to: call.to,
                        items: vec![(call.id, call.amount)],
                    })
                })
            }
            abi::erc1155::safeBatchTransferFromCall::SELECTOR => {
                read(data, |call: abi::erc1155::safeBatchTransferFromCall| {
                    (call.ids.len() == call.amounts.len()).then(|| Self::MultiTokenTransfer {
                        from: call.from,
                        to: call.to,
                        items: call.ids.into_iter().zip(call.amounts).collect(),
                    })
                })
            }
            selector => Self::Unknown { selector },
        }
    }
}

/// The call data of an ERC-20 `transfer`.
pub(crate) fn encode_transfer(to: Address, amount: U256) -> Vec<u8> {
    abi::transferCall { to, amount }.abi_encode()
}

fn read<C: SolCall>(data: &[u8], tell: impl FnOnce(C) -> Option<Call>) -> Call {
    C::abi_decode_validate(data)
        .ok()
        .filter(|call| call.abi_encode() == data)
        .and_then(tell)
        .unwrap_or(Call::Irregular {
            method: C::SIGNATURE,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: Address = Address::repeat_byte(0xaa);
    const B: Address = Address::repeat_byte(0xbb);

    /// The selectors as the standards' users know them.
    #[test]
    fn selectors_are_those_of_the_standards() {
        assert_eq!(abi::transferCall::SELECTOR, [0xa9, 0x05, 0x9c, 0xbb]);
        assert_eq!(abi::transferFromCall::SELECTOR, [0x23, 0xb8, 0x72, 0xdd]);
        assert_eq!(abi::approveCall::SELECTOR, [0x09, 0x5e, 0xa7, 0xb3]);
        assert_eq!(
            abi::increaseAllowanceCall::SELECTOR,
            [0x39, 0x50, 0x93, 0x51]
        );
        assert_eq!(
            abi::increaseApprovalCall::SELECTOR,
            [0xd7, 0x3d, 0xd6, 0x23]
        );
        assert_eq!(
            abi::setApprovalForAllCall::SELECTOR,
            [0xa2, 0x2c, 0xb4, 0x65]
        );
        assert_eq!(
            abi::erc721::safeTransferFromCall::SELECTOR,
            [0x42, 0x84, 0x2e, 0x0e]
        );
        assert_eq!(
            abi::erc721_with_data::safeTransferFromCall::SELECTOR,
            [0xb8, 0x8d, 0x4f, 0xde]
        );
        assert_eq!(
            abi::erc1155::safeTransferFromCall::SELECTOR,
            [0xf2, 0x42, 0x43, 0x2a]
        );
        assert_eq!(
            abi::erc1155::safeBatchTransferFromCall::SELECTOR,
            [0x2e, 0xb2, 0xc2, 0xd6]
        );
    }

    #[test]
    fn a_batch_of_unequal_lists_is_irregular() {
        let call = |amounts: &[u64]| {
            let data = abi::erc1155::safeBatchTransferFromCall {
                from: A,
                to: B,
                ids: vec![U256::from(1), U256::from(2)],
                amounts: amounts.iter().copied().map(U256::from).collect(),
                data: alloy_primitives::Bytes::from_static(b"x"),
            }
            .abi_encode();
            Call::decode(&data)
        };
        assert_eq!(
            call(&[10, 20]),
            Call::MultiTokenTransfer {
                from: A,
                to: B,
                items: vec![
                    (U256::from(1), U256::from(10)),
                    (U256::from(2), U256::from(20))
                ],
            }
        );
        assert!(matches!(call(&[10]), Call::Irregular { .. }));
    }

    #[test]
    fn more_or_less_than_the_arguments_is_irregular() {
        let data = encode_transfer(A, U256::from(5));
        assert_eq!(
            Call::decode(&data),
            Call::Transfer {
                to: A,
                amount: U256::from(5)
            }
        );
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
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(Call::decode(&[]), Call::Raw);
        assert_eq!(Call::decode(b"abc"), Call::Raw);
        assert_eq!(Call::decode(b"abcd"), Call::Unknown { selector: *b"abcd" });
    }

    proptest! {
        #[test]
        fn no_arguments_panic(which in 0_usize..10, arguments: Vec<u8>) {
            let selectors = [
                abi::transferCall::SELECTOR,
                abi::transferFromCall::SELECTOR,
                abi::approveCall::SELECTOR,
                abi::increaseAllowanceCall::SELECTOR,
                abi::increaseApprovalCall::SELECTOR,
                abi::setApprovalForAllCall::SELECTOR,
                abi::erc721::safeTransferFromCall::SELECTOR,
                abi::erc721_with_data::safeTransferFromCall::SELECTOR,
                abi::erc1155::safeTransferFromCall::SELECTOR,
                abi::erc1155::safeBatchTransferFromCall::SELECTOR,
            ];
            let _ = Call::decode(&[&selectors[which][..], &arguments].concat());
        }
    }
}
