//! The judge of Celo's own transactions, which alloy does not know. It cuts the list into its
//! members and puts the signed part together again without asking what the members mean.

use alloy_primitives::{B256, Signature, U256, keccak256};
use alloy_rlp::{Decodable, Encodable as _, Header, PayloadView};

/// What a raw transaction says.
pub(super) struct Decoded {
    pub(super) chain_id: u64,
    pub(super) digest: B256,
    pub(super) signature: Signature,
}

/// The members of a transaction before Celo's L2 without its signature; v, r, s follow.
const LEGACY_MEMBERS: usize = 9;
/// The members of a transaction of CIP-64 without its signature.
const CIP64_MEMBERS: usize = 10;
const CIP64_TYPE: u8 = 0x7b;

/// Takes a transaction of Celo's own apart; nothing for one of another kind.
pub(super) fn decode(raw: &[u8]) -> Result<Option<Decoded>, String> {
    let (is_cip64, mut list) = match raw {
        [CIP64_TYPE, list @ ..] => (true, list),
        list => (false, list),
    };
    let expected = if is_cip64 {
        CIP64_MEMBERS
    } else {
        LEGACY_MEMBERS
    };
    let Ok(PayloadView::List(members)) = Header::decode_raw(&mut list) else {
        return if is_cip64 {
            Err("no transaction of this family: type 0x7b without a list".to_owned())
        } else {
            Ok(None)
        };
    };
    let Some((signed, [v, r, s])) = members.split_at_checked(expected) else {
        return if is_cip64 {
            Err(format!("{} members are too few or too many", members.len()))
        } else {
            Ok(None)
        };
    };
    if !list.is_empty() {
        return Err(format!("{} bytes follow the transaction", list.len()));
    }
    let (v, r, s) = (number(v)?, number(r)?, number(s)?);
    let mut payload = signed.concat();
    let (chain_id, odd) = if is_cip64 {
        let chain_id = signed.first().copied().unwrap_or_default();
        (number(chain_id)?, v)
    } else {
        let chain_id = v.saturating_sub(U256::from(35)).wrapping_shr(1);
        chain_id.encode(&mut payload);
        payload.extend([alloy_rlp::EMPTY_STRING_CODE; 2]);
        (chain_id, v.wrapping_sub(U256::from(35)) & U256::ONE)
    };
    if odd > U256::ONE || (!is_cip64 && v < U256::from(37)) {
        return Err("a signature without chain id can be replayed on every chain".to_owned());
    }
    let mut bytes = Vec::new();
    if is_cip64 {
        bytes.push(CIP64_TYPE);
    }
    let header = Header {
        list: true,
        payload_length: payload.len(),
    };
    header.encode(&mut bytes);
    bytes.extend(payload);
    Ok(Some(Decoded {
        chain_id: u64::try_from(chain_id).map_err(|_| "the chain id is too large")?,
        digest: keccak256(bytes),
        signature: Signature::new(r, s, odd == U256::ONE),
    }))
}

fn number(mut member: &[u8]) -> Result<U256, String> {
    U256::decode(&mut member).map_err(|error| format!("a member is no number: {error}"))
}
