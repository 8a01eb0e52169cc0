// The view of xrpl.js. `node verify.mjs <question>`: JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import {
  classicAddressToXAddress,
  decode,
  deriveAddress,
  encode,
  hashes,
  validate,
  verifySignature,
  Wallet,
} from 'xrpl';

const questions = { seeds, wallets, x_addresses, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [{entropy, algorithm}]: the wallets of these 16 bytes. */
function seeds(asked) {
  return asked.map(({ entropy, algorithm }) =>
    wallet(Wallet.fromEntropy(Buffer.from(entropy, 'hex'), { algorithm })),
  );
}

/** [seed]: the wallets of these seeds, which say themselves of which kind they are. */
function wallets(asked) {
  return asked.map((seed) => wallet(Wallet.fromSeed(seed)));
}

function wallet({ seed, classicAddress, publicKey }) {
  return { privateKey: seed, address: classicAddress, publicKey };
}

/** [{address, tag, test}]: account and tag in one. */
function x_addresses(asked) {
  return asked.map(({ address, tag, test }) => classicAddressToXAddress(address, tag, test));
}

/** [hex]: every field, the id, and who signed. */
function transactions(signed) {
  return signed.map((hex) => {
    const { SigningPubKey, TxnSignature, ...fields } = decode(hex);
    let invalid = null;
    try {
      validate({ SigningPubKey, TxnSignature, ...fields });
    } catch (error) {
      invalid = error.message;
    }
    return {
      fields,
      invalid,
      publicKey: SigningPubKey,
      signer: deriveAddress(SigningPubKey),
      signed: verifySignature(hex),
      id: hashes.hashSignedTx(hex),
      // The library encodes what it read once more.
      same: encode({ SigningPubKey, TxnSignature, ...fields }) === hex,
    };
  });
}
