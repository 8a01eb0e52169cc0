// The view of libauth. `node verify.mjs <question>`: JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import {
  binToHex,
  createVirtualMachineBCH,
  decodeTransaction,
  deriveHdPath,
  deriveHdPathRelative,
  deriveHdPrivateNodeFromBip39Mnemonic,
  deriveHdPublicNode,
  encodeBip39Mnemonic,
  encodeHdPublicKey,
  encodeLockingBytecodeP2pkh,
  encodeTransaction,
  hash160,
  hashTransaction,
  hexToBin,
  lockingBytecodeToCashAddress,
  secp256k1,
  encodePrivateKeyWif,
} from '@bitauth/libauth';

/** What nobody may do to a transaction on its way. */
const changes = {
  payment: ({ transaction }) => {
    transaction.outputs[0].valueSatoshis += 1n;
  },
  recipient: ({ transaction }) => {
    transaction.outputs[0].lockingBytecode[5] ^= 1;
  },
  sequence: ({ transaction }) => {
    transaction.inputs[0].sequenceNumber ^= 1;
  },
  locktime: ({ transaction }) => {
    transaction.locktime ^= 1;
  },
  version: ({ transaction }) => {
    transaction.version ^= 3;
  },
  outpoint: ({ transaction }) => {
    transaction.inputs[0].outpointIndex ^= 1;
  },
  signature: ({ transaction }) => {
    for (const { unlockingBytecode } of transaction.inputs) unlockingBytecode[40] ^= 1;
  },
  amount: ({ sourceOutputs }) => {
    for (const coin of sourceOutputs) coin.valueSatoshis += 1n;
  },
};

const questions = { wallets, keys, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [{entropy, testnet, indexes}]: the wallets of BIP-39 and BIP-32, with the keys at these indexes. */
function wallets(asked) {
  return asked.map(({ entropy, testnet, indexes }) => {
    const { phrase } = encodeBip39Mnemonic(hexToBin(entropy));
    const root = deriveHdPrivateNodeFromBip39Mnemonic(phrase);
    const account = deriveHdPath(root, "m/44'/145'/0'/0");
    const network = testnet ? 'testnet' : 'mainnet';
    const { hdPublicKey } = encodeHdPublicKey({ network, node: deriveHdPublicNode(account) });
    const keysOf = indexes.map((index) => {
      const { privateKey } = deriveHdPathRelative(account, String(index));
      return { index, ...key(privateKey, testnet, true) };
    });
    return { mnemonic: phrase, xpub: hdPublicKey, keys: keysOf };
  });
}

/** [{secret, testnet, compressed}]: these single keys. */
function keys(asked) {
  return asked.map(({ secret, testnet, compressed }) => key(hexToBin(secret), testnet, compressed));
}

/** Address, key in wallet import format and script. */
function key(secret, testnet, compressed) {
  const derive = compressed
    ? secp256k1.derivePublicKeyCompressed
    : secp256k1.derivePublicKeyUncompressed;
  const network = testnet ? 'testnet' : 'mainnet';
  const form = compressed ? network : `${network}Uncompressed`;
  const bytecode = encodeLockingBytecodeP2pkh(hash160(derive(secret)));
  const prefix = testnet ? 'bchtest' : 'bitcoincash';
  return {
    address: lockingBytecodeToCashAddress({ bytecode, prefix }).address,
    privateKey: encodePrivateKeyWif(secret, form),
    script: binToHex(bytecode),
  };
}

/**
 * [{hex, coins: [{script, satoshis}]}]: every field, what the virtual machine says to the whole
 * (null, or why not) and which of its inputs it takes when something is changed.
 */
function transactions(signed) {
  const vm = createVirtualMachineBCH(true);
  return signed.map(({ hex, coins }) => {
    const transaction = decodeTransaction(hexToBin(hex));
    if (typeof transaction === 'string') throw new Error(transaction);
    const sourceOutputs = coins.map(({ script, satoshis }) => ({
      lockingBytecode: hexToBin(script),
      valueSatoshis: BigInt(satoshis),
    }));
    return {
      id: hashTransaction(hexToBin(hex)),
      version: transaction.version,
      locktime: transaction.locktime,
      inputs: transaction.inputs.map((input) => ({
        hash: binToHex(input.outpointTransactionHash),
        index: input.outpointIndex,
        sequence: input.sequenceNumber,
      })),
      outputs: transaction.outputs.map(({ lockingBytecode, valueSatoshis }) => ({
        script: binToHex(lockingBytecode),
        satoshis: String(valueSatoshis),
      })),
      same: binToHex(encodeTransaction(transaction)) === hex,
      accepted: accepted(vm, transaction, sourceOutputs),
      tampered: Object.fromEntries(
        Object.entries(changes).map(([name, change]) => {
          const changed = structuredClone({ transaction, sourceOutputs });
          change(changed);
          return [name, accepted(vm, changed.transaction, changed.sourceOutputs)];
        }),
      ),
    };
  });
}

/** For each input, whether the virtual machine takes it. */
function accepted(vm, transaction, sourceOutputs) {
  return transaction.inputs.map((_, inputIndex) => {
    const state = vm.evaluate({ inputIndex, sourceOutputs, transaction });
    return vm.stateSuccess(state) === true;
  });
}
