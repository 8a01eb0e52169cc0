// The view of ethers. `node verify.mjs wallets|transactions`: JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import {
  HDNodeWallet, Mnemonic, Transaction, decodeRlp, encodeRlp, keccak256, recoverAddress, toBigInt,
} from 'ethers';

const questions = { wallets, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [{entropy, path, indexes}]: the wallets of BIP-39 and BIP-32, with the keys at these indexes. */
function wallets(asked) {
  return asked.map(({ entropy, path, indexes }) => {
    const mnemonic = Mnemonic.fromEntropy(`0x${entropy}`);
    const account = HDNodeWallet.fromMnemonic(mnemonic, path);
    const keys = indexes.map((index) => {
      const { address, privateKey } = account.deriveChild(index);
      return { index, address: address.toLowerCase(), privateKey };
    });
    return { mnemonic: mnemonic.phrase, xpub: account.neuter().extendedKey, keys };
  });
}

/** [hex]: every field, the id, and who signed. Numbers are decimal text. */
function transactions(signed) {
  return signed.map((hex) => celo(hex) ?? decoded(hex));
}

function decoded(hex) {
  const transaction = Transaction.from(hex);
  return {
    type: transaction.type,
    chainId: String(transaction.chainId),
    nonce: String(transaction.nonce),
    gas: String(transaction.gasLimit),
    ...(transaction.type === 2
      ? {
          maxFeePerGas: String(transaction.maxFeePerGas),
          maxPriorityFeePerGas: String(transaction.maxPriorityFeePerGas),
        }
      : { gasPrice: String(transaction.gasPrice) }),
    to: transaction.to?.toLowerCase() ?? null,
    value: String(transaction.value),
    data: transaction.data,
    accessList: (transaction.accessList ?? []).map(({ address, storageKeys }) => ({
      address: address.toLowerCase(),
      storageKeys,
    })),
    from: transaction.from.toLowerCase(),
    id: transaction.hash,
    // ethers encodes what it read once more.
    same: transaction.serialized === hex,
  };
}

/** The two layouts that only Celo has and ethers does not know, over its RLP and its recovery. */
function celo(hex) {
  if (hex.startsWith('0x7b')) {
    const fields = decodeRlp(`0x${hex.slice(4)}`);
    const [chainId, nonce, priority, fee, gas, to, value, data, list, feeCurrency, odd, r, s] = fields;
    const unsigned = encodeRlp(fields.slice(0, 10));
    return {
      type: 0x7b,
      chainId: number(chainId),
      nonce: number(nonce),
      gas: number(gas),
      maxFeePerGas: number(fee),
      maxPriorityFeePerGas: number(priority),
      to: address(to),
      value: number(value),
      data,
      accessList: list.map(([entry, storageKeys]) => ({ address: entry, storageKeys })),
      feeCurrency: address(feeCurrency),
      from: recovered(`0x7b${unsigned.slice(2)}`, r, s, Number(number(odd))),
      id: keccak256(hex),
      same: fields.length === 13 && encodeRlp(fields) === `0x${hex.slice(4)}`,
    };
  }
  const fields = /^0x[c-f]/.test(hex) ? decodeRlp(hex) : [];
  if (fields.length !== 12) return null;
  const [nonce, gasPrice, gas, feeCurrency, recipient, gatewayFee, to, value, data, v, r, s] = fields;
  const chainId = (toBigInt(v) - 35n) / 2n;
  const unsigned = [...fields.slice(0, 9), minimal(chainId), '0x', '0x'];
  return {
    type: 0,
    chainId: String(chainId),
    nonce: number(nonce),
    gas: number(gas),
    gasPrice: number(gasPrice),
    to: address(to),
    value: number(value),
    data,
    accessList: [],
    feeCurrency: address(feeCurrency),
    gatewayFeeRecipient: address(recipient),
    gatewayFee: number(gatewayFee),
    from: recovered(encodeRlp(unsigned), r, s, Number((toBigInt(v) - 35n) % 2n)),
    id: keccak256(hex),
    same: encodeRlp(fields) === hex,
  };
}

function recovered(unsigned, r, s, yParity) {
  const padded = (word) => `0x${word.slice(2).padStart(64, '0')}`;
  const signature = { r: padded(r), s: padded(s), yParity };
  return recoverAddress(keccak256(unsigned), signature).toLowerCase();
}

/** An RLP integer has no leading zero byte. */
function number(bytes) {
  if (bytes.startsWith('0x00')) throw new Error(`${bytes} is not minimal`);
  return bytes === '0x' ? '0' : String(toBigInt(bytes));
}

function minimal(value) {
  const digits = value.toString(16);
  return `0x${digits.length % 2 ? '0' : ''}${digits}`;
}

function address(bytes) {
  if (bytes === '0x') return null;
  if (bytes.length !== 42) throw new Error(`${bytes} is no address`);
  return bytes;
}
