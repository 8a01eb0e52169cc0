// The view of VeChain's SDK. `node verify.mjs wallets|transactions`: JSON on stdin, JSON on
// stdout.

import { readFileSync } from 'node:fs';
import { Address, HDKey, Hex, HexUInt, Mnemonic, Transaction } from '@vechain/sdk-core';

const questions = { wallets, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [{entropy, path, indexes}]: the wallets of BIP-39 and BIP-32, with the keys at these indexes. */
function wallets(asked) {
  return asked.map(({ entropy, path, indexes }) => {
    const bytes = Hex.of(entropy).bytes;
    const words = Mnemonic.of((bytes.length * 3) / 4, () => bytes);
    const account = HDKey.fromMnemonic(words, path);
    const keys = indexes.map((index) => {
      const child = account.deriveChild(index);
      return {
        index,
        address: Address.ofPublicKey(child.publicKey).toString().toLowerCase(),
        privateKey: HexUInt.of(child.privateKey).toString(),
      };
    });
    return { mnemonic: words.join(' '), xpub: account.publicExtendedKey, keys };
  });
}

/** [hex]: every field, the id, and who signed. Numbers are decimal text. */
function transactions(signed) {
  return signed.map((hex) => {
    const transaction = Transaction.decode(Hex.of(hex).bytes, true);
    const { body } = transaction;
    const clauses = body.clauses.map(({ to, value, data }) => ({
      to: to?.toLowerCase() ?? null,
      value: String(BigInt(value)),
      data,
    }));
    return {
      chainTag: body.chainTag,
      blockRef: body.blockRef,
      expiration: body.expiration,
      clauses,
      gasPriceCoef: body.gasPriceCoef,
      gas: String(BigInt(body.gas)),
      dependsOn: body.dependsOn ?? null,
      nonce: String(BigInt(body.nonce)),
      delegated: transaction.isDelegated,
      from: transaction.origin.toString().toLowerCase(),
      id: transaction.id.toString(),
      intrinsicGas: Number(Transaction.intrinsicGas(body.clauses).wei),
      // The SDK encodes what it read once more.
      same: HexUInt.of(transaction.encoded).toString() === hex,
    };
  });
}
