// The part of a Rosetta node that makes transactions (Construction API), with Emurgo's library.

import * as cardano from '@emurgo/cardano-serialization-lib-nodejs';

export function number(text) {
  return cardano.BigNum.from_str(text);
}

function address(text) {
  return cardano.ByronAddress.is_valid(text)
    ? cardano.ByronAddress.from_base58(text).to_address()
    : cardano.Address.from_bech32(text);
}

function value(operation) {
  const coin = number(operation.amount.value);
  const bundles = operation.metadata.tokenBundle ?? [];
  if (bundles.length === 0) {
    return cardano.Value.new(coin);
  }
  const multiasset = cardano.MultiAsset.new();
  for (const { policyId, tokens } of bundles) {
    const assets = cardano.Assets.new();
    for (const { value: amount, currency } of tokens) {
      assets.insert(cardano.AssetName.new(Buffer.from(currency.symbol, 'hex')), number(amount));
    }
    multiasset.insert(cardano.ScriptHash.from_hex(policyId), assets);
  }
  return cardano.Value.new_with_assets(coin, multiasset);
}

/** What an operation pays. */
export function output(operation) {
  return cardano.TransactionOutput.new(address(operation.account.address), value(operation));
}

/** CBOR of a list of a text and an empty map. */
function envelope(content) {
  const bytes = Buffer.from(content);
  const head = Buffer.from([0x82, 0x79, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([head, bytes, Buffer.from([0xa0])]).toString('hex');
}

export function open(text) {
  const bytes = Buffer.from(text, 'hex');
  if (bytes[0] !== 0x82 || bytes[1] !== 0x79 || bytes.at(-1) !== 0xa0) {
    throw new Error(`no envelope of this node: ${text}`);
  }
  return bytes.subarray(4, -1).toString();
}

/** The answer to /construction/payloads. */
export function payloads(operations, ttl) {
  const inputs = cardano.TransactionInputs.new();
  const outputs = cardano.TransactionOutputs.new();
  const owners = new Set();
  let fee = 0n;
  for (const operation of operations) {
    fee -= BigInt(operation.amount.value);
    if (operation.type === 'input') {
      const [id, index] = operation.coin_change.coin_identifier.identifier.split(':');
      const hash = cardano.TransactionHash.from_hex(id);
      inputs.add(cardano.TransactionInput.new(hash, Number(index)));
      owners.add(operation.account.address);
    } else {
      outputs.add(output(operation));
    }
  }
  const body = cardano.TransactionBody.new_tx_body(inputs, outputs, number(String(fee)));
  body.set_ttl(number(ttl));
  const unsigned = cardano.FixedTransaction.new_from_body_bytes(body.to_bytes());
  return {
    unsigned_transaction: envelope(body.to_hex()),
    payloads: [...owners].map((owner) => ({
      account_identifier: { address: owner },
      signature_type: 'ed25519',
      hex_bytes: unsigned.transaction_hash().to_hex(),
    })),
  };
}

/** The answer to /construction/combine. */
export function combine(unsigned, signatures) {
  const body = Buffer.from(open(unsigned), 'hex');
  const transaction = cardano.FixedTransaction.new_from_body_bytes(body);
  for (const { public_key: key, hex_bytes: signature } of signatures) {
    const witness = cardano.Vkeywitness.new(
      cardano.Vkey.new(cardano.PublicKey.from_hex(key.hex_bytes)),
      cardano.Ed25519Signature.from_hex(signature),
    );
    transaction.add_vkey_witness(witness);
  }
  return { signed_transaction: envelope(transaction.to_hex()) };
}

/** A coin, from CBOR of a map of the input that would spend it and the output that made it. */
export function coin(entry) {
  // The same as a list of the two.
  const list = Buffer.from(entry);
  list[0] = 0x82;
  const coin = cardano.TransactionUnspentOutput.from_bytes(list);
  const input = coin.input();
  const { coin: lovelace, multiasset } = JSON.parse(coin.output().amount().to_json());
  const id = `${input.transaction_id().to_hex()}:${input.index()}`;
  return [id, { lovelace, tokens: multiasset ?? {} }];
}
