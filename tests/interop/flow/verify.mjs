// The view of Flow's SDK, of Cadence's parser and of @noble/curves. `node verify.mjs <question>`:
// JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { HDKey } from '@scure/bip32';
import { entropyToMnemonic, mnemonicToSeedSync } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';

// Their builds for Node.js are CommonJS.
const require = createRequire(import.meta.url);
const { CadenceParser } = require('@onflow/cadence-parser');
const {
  encodeTransactionEnvelope,
  encodeTransactionPayload,
  encodeTxIdFromVoucher,
} = require('@onflow/sdk');

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const text = (base64) => Buffer.from(base64, 'base64').toString('utf8');

// The parser greets.
console.debug = console.error;

const questions = { wallets, transactions, scripts };
const [question] = process.argv.slice(2);
const answer = await questions[question](JSON.parse(readFileSync(0, 'utf8')));
// The parser never ends by itself.
process.stdout.write(JSON.stringify(answer), () => process.exit(0));

/** [{entropy, path, indexes}]: the wallets of BIP-39 and BIP-32, with the keys at these indexes. */
function wallets(asked) {
  return asked.map(({ entropy, path, indexes }) => {
    const mnemonic = entropyToMnemonic(bytes(entropy), wordlist);
    const account = HDKey.fromMasterSeed(mnemonicToSeedSync(mnemonic)).derive(path);
    const keys = indexes.map((index) => {
      const { privateKey } = account.deriveChild(index);
      return {
        index,
        address: hex(secp256k1.getPublicKey(privateKey, false)).slice(2),
        // As a number: without leading zeros.
        privateKey: BigInt(`0x${hex(privateKey)}`).toString(16),
      };
    });
    return { mnemonic, xpub: account.publicExtendedKey, keys };
  });
}

/**
 * [{sent, messages, publicKey}]: what an access node was sent, what the platform was asked to
 * sign, and whose signature it should carry.
 */
function transactions(asked) {
  return asked.map(({ sent, messages, publicKey }) => {
    const proposal = sent.proposal_key;
    const signature = ({ address, key_index, signature }) => ({
      address,
      keyId: Number(key_index),
      sig: hex(Buffer.from(signature, 'base64')),
    });
    const payload = {
      cadence: text(sent.script),
      arguments: sent.arguments.map((argument) => JSON.parse(text(argument))),
      refBlock: sent.reference_block_id,
      computeLimit: Number(sent.gas_limit),
      proposalKey: {
        address: proposal.address,
        keyId: Number(proposal.key_index),
        sequenceNum: Number(proposal.sequence_number),
      },
      payer: sent.payer,
      authorizers: sent.authorizers,
    };
    const payloadSigs = sent.payload_signatures.map(signature);
    const envelopeSigs = sent.envelope_signatures.map(signature);
    // The library encodes what it read once more.
    const message = encodeTransactionPayload(payload);
    const envelope = encodeTransactionEnvelope({ ...payload, payloadSigs });
    const own = payloadSigs.filter(({ address }) => sent.authorizers.includes(address));
    const digest = sha3_256(bytes(message));
    return {
      ...payload,
      payloadKeys: payloadSigs.map(({ address, keyId }) => [address, keyId]),
      envelopeKeys: envelopeSigs.map(({ address, keyId }) => [address, keyId]),
      platformSignatures: [
        payloadSigs.find(({ address }) => !sent.authorizers.includes(address))?.sig,
        envelopeSigs[0]?.sig,
      ],
      id: encodeTxIdFromVoucher({ ...payload, payloadSigs, envelopeSigs }),
      sameMessages: messages[0] === message && messages[1] === envelope,
      signed: own.map(({ sig }) =>
        secp256k1.verify(bytes(sig), digest, bytes(`04${publicKey}`), {
          prehash: false,
          lowS: false,
        }),
      ),
    };
  });
}

/** [Cadence source]: the kinds and names of what it declares, or why it is no Cadence 1.0. */
async function scripts(asked) {
  const file = 'node_modules/@onflow/cadence-parser/dist/cadence-parser.wasm';
  const parser = await CadenceParser.create(readFileSync(new URL(file, import.meta.url)));
  return asked.map((source) => {
    const { program, error } = parser.parse(source);
    if (error) return { error };
    const [transaction] = program.Declarations.filter(
      ({ Type }) => Type === 'TransactionDeclaration',
    );
    const parameters = transaction?.ParameterList?.Parameters ?? [];
    return { parameters: parameters.map(({ Identifier }) => Identifier.Identifier) };
  });
}
