// The view of Emurgo's Cardano serialization library, and the part of a Rosetta node.
// `node verify.mjs wallets|addresses|payloads|transactions`: JSON on stdin, JSON on
// stdout.

import { readFileSync } from 'node:fs';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as cardano from '@emurgo/cardano-serialization-lib-nodejs';
import { number, open, payloads as rosettaPayloads } from './rosetta.mjs';

const questions = { wallets, addresses, payloads, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

function hardened(step) {
  return 0x80000000 + step;
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

/** The text that people write: for Byron addresses Base58, where the library has Bech32. */
function usual(text) {
  const byron = cardano.ByronAddress.from_address(cardano.Address.from_bech32(text));
  return byron?.to_base58() ?? text;
}

/** [{operations, ttl}]: what a Rosetta node answers to /construction/payloads. */
function payloads(asked) {
  return asked.map(({ operations, ttl }) => rosettaPayloads(operations, ttl));
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
