// The view of MultiversX's SDK. `node verify.mjs wallets|data|transactions`: JSON on stdin, JSON
// on stdout.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import bip39 from 'bip39';
import { derivePath } from 'ed25519-hd-key';

// The SDK is CommonJS, and names its exports in a way that `import` does not see.
const {
  Address, Mnemonic, Token, TokenTransfer, Transaction, TransactionComputer,
  TransactionsFactoryConfig, TransferTransactionsFactory, UserSecretKey, UserVerifier,
} = createRequire(import.meta.url)('@multiversx/sdk-core');

const questions = { wallets, data, transactions };
const [question] = process.argv.slice(2);
const answer = await questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [{entropy, coinType, indexes}]: the wallets of BIP-39 and SLIP-10, with the keys at these
 * indexes. The SDK itself knows no coin type but its own, 508. */
function wallets(asked) {
  return asked.map(({ entropy, coinType, indexes }) => {
    const mnemonic = Mnemonic.fromEntropy(Buffer.from(entropy, 'hex'));
    const seed = bip39.mnemonicToSeedSync(mnemonic.toString()).toString('hex');
    const keys = indexes.map((index) => {
      const key = coinType === 508
        ? mnemonic.deriveKey(index)
        : new UserSecretKey(derivePath(`m/44'/${coinType}'/0'/0'/${index}'`, seed).key);
      const address = key.generatePublicKey().toAddress('erd').toBech32();
      return { index, address, privateKey: key.hex() };
    });
    return { mnemonic: mnemonic.toString(), keys };
  });
}

/** [{sender, receiver, tokens: [{identifier, nonce, amount}]}]: the receiver and the data of a
 * transfer of these tokens. */
async function data(asked) {
  const config = new TransactionsFactoryConfig({ chainID: 'T' });
  const factory = new TransferTransactionsFactory({ config });
  return Promise.all(asked.map(async ({ sender, receiver, tokens }) => {
    const tokenTransfers = tokens.map(({ identifier, nonce, amount }) => {
      const token = new Token({ identifier, nonce: BigInt(nonce) });
      return new TokenTransfer({ token, amount: BigInt(amount) });
    });
    const transaction = await factory.createTransactionForTransfer(
      Address.newFromBech32(sender),
      { receiver: Address.newFromBech32(receiver), tokenTransfers },
    );
    return {
      receiver: transaction.receiver.toBech32(),
      data: Buffer.from(transaction.data).toString(),
    };
  }));
}

/** [JSON text]: every field, the id, and whether the sender signed. */
async function transactions(signed) {
  const computer = new TransactionComputer();
  return Promise.all(signed.map(async (text) => {
    const transaction = Transaction.newFromPlainObject(JSON.parse(text));
    const message = computer.computeBytesForSigning(transaction);
    const verifier = UserVerifier.fromAddress(transaction.sender);
    return {
      nonce: String(transaction.nonce),
      value: String(transaction.value),
      receiver: transaction.receiver.toBech32(),
      sender: transaction.sender.toBech32(),
      gasPrice: String(transaction.gasPrice),
      gasLimit: String(transaction.gasLimit),
      data: Buffer.from(transaction.data).toString(),
      chainID: transaction.chainID,
      version: transaction.version,
      options: transaction.options,
      bySender: await verifier.verify(message, transaction.signature),
      id: computer.computeTransactionHash(transaction),
      // The SDK writes what it read once more.
      same: JSON.stringify(transaction.toPlainObject()) === text,
    };
  }));
}
