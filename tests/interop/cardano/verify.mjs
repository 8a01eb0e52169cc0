// The view of Emurgo's Cardano serialization library, and the part of a Rosetta node.
// `node verify.mjs wallets|addresses|payloads|transactions`: JSON on stdin, JSON on
// stdout.

import { readFileSync } from 'node:fs';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as cardano from '@emurgo/cardano-serialization-lib-nodejs';

const questions = { wallets, addresses, payloads, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

function hardened(step) {
  return 0x80000000 + step;
}

function number(text) {
  return cardano.BigNum.from_str(text);
}

function network(testnet) {
  return testnet ? 0 : 1;
}

/** An address without a stake part. */
function enterprise(testnet, publicKey) {
  const credential = cardano.Credential.from_keyhash(publicKey.hash());
  return cardano.EnterpriseAddress.new(network(testnet), credential).to_address().to_bech32();
}

/** [{entropy, testnet, indexes}]: Icarus wallets with the path of the program. */
function wallets(asked) {
  return asked.map(({ entropy, testnet, indexes }) => {
    const bytes = Buffer.from(entropy, 'hex');
    const account = [1852, 1815, 0, 0].reduce(
      (node, step) => node.derive(hardened(step)),
      cardano.Bip32PrivateKey.from_bip39_entropy(bytes, new Uint8Array()),
    );
    const keys = indexes.map((index) => {
      const key = account.derive(index).to_raw_key();
      return {
        index,
        address: enterprise(testnet, key.to_public()),
        privateKey: Buffer.from(key.as_bytes()).toString('hex'),
      };
    });
    const xpub = Buffer.from(account.to_public().as_bytes()).toString('hex');
    return { mnemonic: entropyToMnemonic(bytes, wordlist), xpub, keys };
  });
}

/** [{kind, seed, testnet}]: addresses of every kind that can be paid to. */
function addresses(asked) {
  return asked.map(({ kind, seed, testnet }) => {
    const bytes = Buffer.from(seed, 'hex');
    const id = network(testnet);
    const key = cardano.Credential.from_keyhash(cardano.Ed25519KeyHash.from_bytes(bytes));
    const script = cardano.Credential.from_scripthash(cardano.ScriptHash.from_bytes(bytes));
    const pointer = cardano.Pointer.new_pointer(number('2498243'), number('27'), number('3'));
    switch (kind) {
      case 'key':
        return cardano.EnterpriseAddress.new(id, key).to_address().to_bech32();
      case 'script':
        return cardano.EnterpriseAddress.new(id, script).to_address().to_bech32();
      case 'base':
        return cardano.BaseAddress.new(id, key, key).to_address().to_bech32();
      case 'base-script':
        return cardano.BaseAddress.new(id, script, script).to_address().to_bech32();
      case 'pointer':
        return cardano.PointerAddress.new(id, key, pointer).to_address().to_bech32();
      case 'byron': {
        const root = cardano.Bip32PrivateKey.from_bip39_entropy(bytes, new Uint8Array());
        const magic = testnet
          ? cardano.NetworkInfo.testnet_preprod().protocol_magic()
          : cardano.NetworkInfo.mainnet().protocol_magic();
        return cardano.ByronAddress.icarus_from_key(root.to_public(), magic).to_base58();
      }
    }
  });
}

function address(text) {
  return cardano.ByronAddress.is_valid(text)
    ? cardano.ByronAddress.from_base58(text).to_address()
    : cardano.Address.from_bech32(text);
}

/** The text that people write: for Byron addresses Base58, where the library has Bech32. */
function usual(text) {
  const byron = cardano.ByronAddress.from_address(cardano.Address.from_bech32(text));
  return byron?.to_base58() ?? text;
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

/** CBOR of a list of a text and an empty map. */
function envelope(content) {
  const bytes = Buffer.from(content);
  const head = Buffer.from([0x82, 0x79, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([head, bytes, Buffer.from([0xa0])]).toString('hex');
}

function open(text) {
  const bytes = Buffer.from(text, 'hex');
  if (bytes[0] !== 0x82 || bytes[1] !== 0x79 || bytes.at(-1) !== 0xa0) {
    throw new Error(`no envelope of this node: ${text}`);
  }
  return bytes.subarray(4, -1).toString();
}

/** [{operations, ttl}]: what a Rosetta node answers to /construction/payloads. */
function payloads(asked) {
  return asked.map(({ operations, ttl }) => {
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
        const to = address(operation.account.address);
        outputs.add(cardano.TransactionOutput.new(to, value(operation)));
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
  });
}

/** [{txData, testnet}]: every field, and whose signatures are right. Numbers are decimal text. */
function transactions(signed) {
  return signed.map(({ txData, testnet }) => {
    const transaction = cardano.FixedTransaction.from_hex(open(txData));
    const hash = transaction.transaction_hash();
    const { inputs, outputs, fee, ttl, ...others } = JSON.parse(transaction.body().to_json());
    const { vkeys, ...otherWitnesses } = JSON.parse(transaction.witness_set().to_json());
    const list = transaction.witness_set().vkeys();
    const signers = [];
    for (let at = 0; at < list.len(); at += 1) {
      const key = list.get(at).vkey().public_key();
      if (!key.verify(hash.to_bytes(), list.get(at).signature())) {
        throw new Error(`a wrong signature of ${vkeys[at].vkey}`);
      }
      signers.push(enterprise(testnet, key));
    }
    return {
      id: hash.to_hex(),
      inputs: inputs.map(({ transaction_id, index }) => `${transaction_id}:${index}`).sort(),
      outputs: outputs.map(({ address: to, amount, plutus_data, script_ref }) => ({
        address: usual(to),
        lovelace: amount.coin,
        tokens: amount.multiasset ?? {},
        more: plutus_data ?? script_ref ?? null,
      })),
      fee,
      ttl,
      more: Object.values({ ...others, ...otherWitnesses }).filter((one) => one !== null),
      valid: transaction.is_valid(),
      auxiliary: transaction.auxiliary_data() === undefined,
      signers: signers.sort(),
    };
  });
}
