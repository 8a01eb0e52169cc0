// The view of tronweb. `node verify.mjs wallets|build|transactions`: JSON on stdin, JSON on
// stdout.

import { readFileSync } from 'node:fs';
import { TronWeb, utils } from 'tronweb';

const { ethersHDNodeWallet: HDNodeWallet, Mnemonic } = utils.ethersUtils;
const { txJsonToPb, txPbToRawDataHex, txPbToTxID, txCheck } = utils.transaction;

const questions = { wallets, build, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [{entropy, path, indexes}]: the wallets of BIP-39 and BIP-32, with the keys at these indexes. */
function wallets(asked) {
  return asked.map(({ entropy, path, indexes }) => {
    const mnemonic = Mnemonic.fromEntropy(`0x${entropy}`);
    const account = HDNodeWallet.fromMnemonic(mnemonic, path);
    const keys = indexes.map((index) => {
      const { address, privateKey } = TronWeb.fromMnemonic(mnemonic.phrase, `${path}/${index}`);
      const hexAddress = TronWeb.address.toHex(address).toLowerCase();
      return { index, address, privateKey: privateKey.slice(2), hexAddress };
    });
    return { mnemonic: mnemonic.phrase, xpub: account.neuter().extendedKey, keys };
  });
}

/** [{visible, raw_data}]: what a full node makes of them. */
function build(asked) {
  return asked.map((transaction) => {
    const message = txJsonToPb(transaction);
    return {
      raw_data_hex: txPbToRawDataHex(message).toLowerCase(),
      txID: txPbToTxID(message).slice(2),
    };
  });
}

/** [json]: who signed. */
function transactions(signed) {
  return signed.map((json) => {
    const transaction = JSON.parse(json);
    const { txID, signature } = transaction;
    if (!txCheck(transaction)) throw new Error(`${txID} is not the transaction's id`);
    const signers = signature.map((one) => utils.crypto.ecRecover(txID, one));
    return signers.map((address) => TronWeb.address.fromHex(address));
  });
}
