// The view of bitcoinjs-lib, with the networks of coininfo and the curve of @noble.
// `node verify.mjs wallets|keys|ids|transactions`: JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import * as ecc from '@bitcoinerlab/secp256k1';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { BIP32Factory } from 'bip32';
import bip39 from 'bip39';
import { Transaction, payments, script } from 'bitcoinjs-lib';
import coininfo from 'coininfo';
import { ECPairFactory } from 'ecpair';

const bip32 = BIP32Factory(ecc);
const ECPair = ECPairFactory(ecc);
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (digits) => Uint8Array.from(Buffer.from(digits, 'hex'));
/** Ids are written backwards. */
const reversed = (array) => Uint8Array.from(array).reverse();

const questions = { wallets, keys, ids, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** Version bytes, prefixes and the coin type of a chain. */
function networkOf({ chain, testnet }) {
  const known = coininfo(testnet ? `${chain}-test` : chain).toBitcoinJS();
  // The library wants a prefix of SegWit addresses, also where there are no such addresses.
  const network = { ...known, bech32: known.bech32 ?? '' };
  // The cloud knows extended keys of Dogecoin with the version bytes of Bitcoin's.
  return chain === 'doge' && !testnet
    ? { ...network, bip32: coininfo('btc').toBitcoinJS().bip32 }
    : network;
}

/** [{entropy, chain, testnet, address, indexes}]: the wallets of BIP-39, BIP-32 and BIP-44, with
 * the keys at these indexes. */
function wallets(asked) {
  return asked.map((one) => {
    const network = networkOf(one);
    const mnemonic = bip39.entropyToMnemonic(one.entropy);
    const root = bip32.fromSeed(bip39.mnemonicToSeedSync(mnemonic), network);
    const account = root.derivePath(`m/44'/${network.versions.bip44}'/0'/0`);
    const keys = one.indexes.map((index) => {
      const { privateKey } = account.derive(index);
      return { index, ...key(network, one.address, privateKey, true) };
    });
    return { mnemonic, xpub: account.neutered().toBase58(), keys };
  });
}

/** [{secret, compressed, chain, testnet, address}]: these single keys. */
function keys(asked) {
  return asked.map((one) => key(networkOf(one), one.address, bytes(one.secret), one.compressed));
}

/** A key, its address of this kind, and the script of each kind of coin that it spends. */
function key(network, kind, secret, compressed) {
  const pair = ECPair.fromPrivateKey(secret, { network, compressed });
  const pubkey = Uint8Array.from(pair.publicKey);
  const p2pkh = payments.p2pkh({ pubkey, network });
  const p2pk = payments.p2pk({ pubkey, network });
  // A witness program commits to a compressed key only.
  const p2wpkh = compressed ? payments.p2wpkh({ pubkey, network }) : null;
  const nested = compressed ? payments.p2sh({ redeem: p2wpkh, network }) : null;
  const scripts = { p2pkh, p2pk, p2wpkh, 'p2sh-p2wpkh': nested };
  return {
    address: scripts[kind].address,
    privateKey: pair.toWIF(),
    publicKey: hex(pubkey),
    scripts: Object.fromEntries(
      Object.entries(scripts)
        .filter(([, payment]) => payment !== null)
        .map(([name, { output }]) => [name, hex(output)]),
    ),
  };
}

/** [{version, locktime, inputs, outputs}]: the ids of these transactions, which nobody signed. */
function ids(asked) {
  return asked.map(({ version, locktime, inputs, outputs }) => {
    const transaction = new Transaction();
    transaction.version = version >>> 0;
    transaction.locktime = locktime;
    for (const { txid, index, sequence } of inputs) {
      transaction.addInput(reversed(bytes(txid)), index, sequence);
    }
    for (const { script: output, satoshis } of outputs) {
      transaction.addOutput(bytes(output), BigInt(satoshis));
    }
    return transaction.getId();
  });
}

/** [{hex, coins: [{script, satoshis}]}]: every field, and who signed each input. Amounts are
 * decimal text. */
function transactions(signed) {
  return signed.map(({ hex: text, coins }) => {
    const transaction = Transaction.fromHex(text);
    return {
      id: transaction.getId(),
      version: transaction.version | 0,
      locktime: transaction.locktime,
      inputs: transaction.ins.map((input, at) => ({
        txid: hex(reversed(input.hash)),
        index: input.index,
        sequence: input.sequence,
        ...spent(transaction, at, coins[at]),
      })),
      outputs: transaction.outs.map(({ script: output, value }) => ({
        script: hex(output),
        satoshis: String(value),
      })),
      // The library encodes what it read once more.
      same: transaction.toHex() === text,
    };
  });
}

/** How the coin is spent, and the keys that can have made the signature. */
function spent(transaction, at, coin) {
  const { input, witness, ...found } = opened(transaction.ins[at], bytes(coin.script));
  const signature = hex(found.signature);
  const { hashType } = script.signature.decode(found.signature);
  const { kind, pubkey } = found;
  // The library wants strict DER; so does the curve.
  const point = secp256k1.Signature.fromBytes(found.signature.subarray(0, -1), 'der');
  const digest = kind === 'p2pkh' || kind === 'p2pk'
    ? transaction.hashForSignature(at, bytes(coin.script), hashType)
    : transaction.hashForWitnessV0(
      at, payments.p2pkh({ pubkey }).output, BigInt(coin.satoshis), hashType,
    );
  const named = (item) => (item === signature ? 'signature' : item);
  return {
    kind,
    hashType,
    highS: point.hasHighS(),
    scriptSig: pieces(input).map(named),
    witness: witness.map(hex).map(named),
    signers: candidates(point, digest, pubkey.length === 33),
  };
}

/** The signature and the key that the library finds in an input that spends this output. */
function opened({ script: input, witness }, output) {
  const reads = {
    p2pkh: () => payments.p2pkh({ output, input }),
    p2pk: () => payments.p2pk({ output, input }),
    p2wpkh: () => payments.p2wpkh({ output, witness }),
    'p2sh-p2wpkh': () => {
      const { redeem } = payments.p2sh({ output, input, witness });
      return payments.p2wpkh({ output: redeem.output, witness });
    },
  };
  const why = [];
  for (const [kind, read] of Object.entries(reads)) {
    try {
      const { pubkey, signature } = read();
      return { kind, pubkey, signature, input, witness };
    } catch (error) {
      why.push(`${kind}: ${error.message}`);
    }
  }
  throw new Error(`${hex(output)} is not spent: ${why.join('; ')}`);
}

/** What a script pushes, by the shortest pushes that there are. */
function pieces(input) {
  const chunks = script.decompile(input);
  const shortest = hex(script.compile(chunks)) === hex(input);
  return shortest ? chunks.map((chunk) => hex(chunk)) : [`longer pushes: ${hex(input)}`];
}

/** The public keys with which this is a signature of `digest`. */
function candidates(signature, digest, compressed) {
  return [0, 1].flatMap((bit) => {
    try {
      return [signature.addRecoveryBit(bit).recoverPublicKey(digest).toHex(compressed)];
    } catch {
      return [];
    }
  });
}
