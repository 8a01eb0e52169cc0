// The view of algosdk. `node verify.mjs wallets|requests|transactions`: JSON on stdin, JSON on
// stdout. The requests are made by the version of the kit that the cloud uses.

import { readFileSync } from 'node:fs';
import {
  Address,
  decodeSignedTransaction,
  encodeMsgpack,
  mnemonicFromSeed,
  mnemonicToSecretKey,
} from 'algosdk';
import old from 'algosdk-1';
import base32 from 'hi-base32';
import nacl from 'tweetnacl';

const questions = { wallets, requests, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [seed]: the 25 words, and the one key. */
function wallets(seeds) {
  return seeds.map((seed) => {
    const mnemonic = mnemonicFromSeed(bytes(seed));
    const { addr, sk } = mnemonicToSecretKey(mnemonic);
    const key = {
      index: 0,
      address: addr.toString(),
      privateKey: base32.encode(sk).replace(/=+$/, ''),
      publicKey: hex(addr.publicKey),
    };
    return { mnemonic, keys: [key] };
  });
}

/** [terms]: the JSON of the objects that the kit makes of them. Accounts are public keys. */
function requests(asked) {
  return asked.map((terms) => {
    const { action } = terms;
    const account = (key) => (key === null ? undefined : old.encodeAddress(bytes(key)));
    const common = {
      from: account(terms.sender),
      note: bytes(terms.note),
      rekeyTo: account(terms.rekeyTo),
      suggestedParams: {
        fee: Number(terms.fee),
        flatFee: true,
        firstRound: Number(terms.firstValid),
        lastRound: Number(terms.lastValid),
        genesisID: terms.genesisID,
        genesisHash: Buffer.from(terms.genesisHash, 'hex').toString('base64'),
      },
    };
    const asset = {
      total: BigInt(action.total ?? 0),
      decimals: action.decimals,
      defaultFrozen: action.defaultFrozen,
      unitName: action.unitName,
      assetName: action.name,
      assetURL: action.url,
      assetMetadataHash: bytes(action.metadataHash ?? ''),
      manager: account(action.manager ?? null),
      reserve: account(action.reserve ?? null),
      freeze: account(action.freeze ?? null),
      clawback: account(action.clawback ?? null),
      assetIndex: Number(action.asset),
      strictEmptyAddressChecking: false,
    };
    const transfer = {
      to: account(action.receiver ?? null),
      amount: BigInt(action.amount ?? 0),
      closeRemainderTo: account(action.closeTo ?? null),
      revocationTarget: account(action.revokedFrom ?? null),
      assetIndex: Number(action.asset),
    };
    const make = {
      pay: () => old.makePaymentTxnWithSuggestedParamsFromObject({ ...common, ...transfer }),
      axfer: () => old.makeAssetTransferTxnWithSuggestedParamsFromObject({ ...common, ...transfer }),
      create: () => old.makeAssetCreateTxnWithSuggestedParamsFromObject({ ...common, ...asset }),
      configure: () => old.makeAssetConfigTxnWithSuggestedParamsFromObject({ ...common, ...asset }),
      destroy: () => old.makeAssetDestroyTxnWithSuggestedParamsFromObject({ ...common, ...asset }),
    }[terms.make];
    const transaction = make();
    if (terms.lease !== '') transaction.addLease(bytes(terms.lease));
    if (terms.group !== '') transaction.group = Buffer.from(terms.group, 'hex');
    // Neither changes the total, which is what the cloud sends.
    transaction.fee = Number(terms.fee);
    transaction.flatFee = terms.flatFee;
    return JSON.stringify(transaction, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  });
}

/** [hex]: every field, the id, and who signed. Numbers are decimal text. */
function transactions(signed) {
  return signed.map((text) => {
    const encoded = bytes(text);
    const { txn, sig, sgnr } = decodeSignedTransaction(encoded);
    const signer = sgnr ?? txn.sender;
    const message = txn.bytesToSign();
    return {
      type: txn.type,
      sender: hex(txn.sender.publicKey),
      fee: String(txn.fee),
      firstValid: String(txn.firstValid),
      lastValid: String(txn.lastValid),
      genesisID: txn.genesisID ?? '',
      genesisHash: hex(txn.genesisHash),
      note: hex(txn.note),
      lease: hex(txn.lease),
      group: hex(txn.group),
      rekeyTo: key(txn.rekeyTo),
      action: action(txn),
      // The one who really did.
      signer: nacl.sign.detached.verify(message, sig, signer.publicKey) ? signer.toString() : null,
      signerIsNamed: sgnr !== undefined,
      id: txn.txID(),
      // The kit encodes what it read once more.
      same: hex(encodeMsgpack(decodeSignedTransaction(encoded))) === text,
    };
  });
}

function action({ payment, assetTransfer, assetConfig }) {
  if (payment) {
    return {
      receiver: hex(payment.receiver.publicKey),
      amount: String(payment.amount),
      closeTo: key(payment.closeRemainderTo),
    };
  }
  if (assetTransfer) {
    return {
      asset: String(assetTransfer.assetIndex),
      receiver: hex(assetTransfer.receiver.publicKey),
      amount: String(assetTransfer.amount),
      revokedFrom: key(assetTransfer.assetSender),
      closeTo: key(assetTransfer.closeRemainderTo),
    };
  }
  return {
    asset: String(assetConfig.assetIndex),
    total: String(assetConfig.total),
    decimals: assetConfig.decimals,
    defaultFrozen: assetConfig.defaultFrozen,
    unitName: assetConfig.unitName ?? '',
    name: assetConfig.assetName ?? '',
    url: assetConfig.assetURL ?? '',
    metadataHash: hex(assetConfig.assetMetadataHash),
    manager: key(assetConfig.manager),
    reserve: key(assetConfig.reserve),
    freeze: key(assetConfig.freeze),
    clawback: key(assetConfig.clawback),
  };
}

/** The public key of an account; the zero address is none. */
function key(account) {
  return account === undefined || account.equals(Address.zeroAddress())
    ? null
    : hex(account.publicKey);
}

function bytes(digits) {
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

function hex(array) {
  return Buffer.from(array ?? []).toString('hex');
}
