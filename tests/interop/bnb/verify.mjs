// The view of protobufjs, which reads amino between its prefixes, and of @noble and @scure, on
// BNB Beacon Chain, whose own SDK is no longer maintained. `node verify.mjs wallets|transactions`:
// JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { bech32 } from '@scure/base';
import protobuf from 'protobufjs';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Coin { string denom = 1; int64 amount = 2; }
  message Party { bytes address = 1; repeated Coin coins = 2; }
  message Send { repeated Party inputs = 1; repeated Party outputs = 2; }
  message Signature { bytes key = 1; bytes signature = 2; int64 number = 3; int64 sequence = 4; }
  message Transaction {
    bytes message = 1; bytes signature = 2; string memo = 3; int64 source = 4; bytes data = 5;
  }
`);
const type = (name) => root.lookupType(name);

const questions = { wallets, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** {prefix, keys: [hex]}: the addresses of these private keys. */
function wallets({ prefix, keys }) {
  return keys.map((privateKey) => {
    const publicKey = secp256k1.getPublicKey(hexToBytes(privateKey), true);
    return { privateKey, address: addressOf(prefix, publicKey) };
  });
}

/** {prefix, chainId, signed: [hex]}: every field, the id, and whether the key signed. */
function transactions({ prefix, chainId, signed }) {
  return signed.map((hex) => {
    const bytes = hexToBytes(hex);
    const reader = protobuf.Reader.create(bytes);
    const body = reader.bytes();
    const transaction = type('Transaction').decode(strip('f0625dee', body));
    const send = type('Send').decode(strip('2a2c87fa', transaction.message));
    const proof = type('Signature').decode(transaction.signature);
    const publicKey = strip('eb5ae98721', proof.key);
    const inputs = parties(prefix, send.inputs);
    const outputs = parties(prefix, send.outputs);
    const document = JSON.stringify(sorted({
      account_number: String(proof.number),
      chain_id: chainId,
      data: null,
      memo: transaction.memo,
      msgs: [{ inputs: numbered(inputs), outputs: numbered(outputs) }],
      sequence: String(proof.sequence),
      source: '0',
    }));
    return {
      inputs,
      outputs,
      memo: transaction.memo,
      accountNumber: String(proof.number),
      sequence: String(proof.sequence),
      source: String(transaction.source),
      data: bytesToHex(Uint8Array.from(transaction.data)),
      from: addressOf(prefix, publicKey),
      byKey: secp256k1.verify(proof.signature, new TextEncoder().encode(document), publicKey, {
        lowS: true,
      }),
      id: bytesToHex(sha256(bytes)).toUpperCase(),
      whole: reader.pos === bytes.length,
      // Every message, written once more.
      same: [[transaction, body.subarray(4)], [send, transaction.message.subarray(4)],
        [proof, transaction.signature]].every(([message, from]) => (
        bytesToHex(message.constructor.encode(message).finish()) === bytesToHex(from)
      )),
    };
  });
}

function parties(prefix, list) {
  return list.map(({ address, coins }) => ({
    address: bech32.encode(prefix, bech32.toWords(address)),
    coins: coins.map(({ denom, amount }) => ({ denom, amount: String(amount) })),
  }));
}

/** Amounts are numbers in the document; those of the tests are exact in JavaScript. */
function numbered(list) {
  return list.map(({ address, coins }) => ({
    address,
    coins: coins.map(({ denom, amount }) => ({ denom, amount: Number(amount) })),
  }));
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

function addressOf(prefix, publicKey) {
  return bech32.encode(prefix, bech32.toWords(ripemd160(sha256(publicKey))));
}

function strip(prefix, bytes) {
  const found = bytesToHex(bytes.subarray(0, prefix.length / 2));
  if (found !== prefix) throw new Error(`${found} in place of ${prefix}`);
  return bytes.subarray(prefix.length / 2);
}
