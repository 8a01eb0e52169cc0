// A private network (regtest) of one full node. `node node.mjs bcoin|bcash` writes
// `Listening on <address>`, answers JSON-RPC there, and ends when its standard input does.

import { createRequire } from 'node:module';

const [name] = process.argv.slice(2);

// The native code of these packages does not compile with the Node.js of today. All of it has a
// counterpart in JavaScript, but for the database on disk, which nobody needs here.
process.env.NODE_BACKEND = 'js';
const outer = createRequire(import.meta.url);
const inner = createRequire(outer.resolve(name));
const disk = inner.resolve('bdb/lib/level');
inner.cache[disk] = { id: disk, filename: disk, loaded: true, exports: inner('bdb/lib/memdb') };

const { Address, FullNode, KeyRing, Script, TX } = outer(name);

const node = new FullNode({
  network: 'regtest',
  memory: true,
  listen: false,
  httpHost: '127.0.0.1',
  httpPort: 0,
  noAuth: true,
  logLevel: 'none',
  requireStandard: true,
});
if (name === 'bcash') {
  addSchnorr(outer('bcash/lib/script/common'), inner('bcrypto/lib/secp256k1'));
}
// Everybody can spend what is paid to this script, OP_TRUE, by its hash.
const everybody = Address.fromScripthash(Script.fromRaw(Buffer.from('51', 'hex')).hash160());

node.rpc.add('mine', mine);
node.rpc.add('scripts', scripts);
node.rpc.add('submit', submit);
await node.ensure();
await node.open();
process.stdin.on('end', () => process.exit()).resume();
const { address, port } = node.http.http.address();
console.log(`Listening on ${address}:${port}`);

/** [count]: mines blocks, whose rewards are everybody's; gives their hashes. */
async function mine([count]) {
  const params = [count, everybody.toString('regtest')];
  const { result, error } = await node.rpc.call({ method: 'generatetoaddress', params });
  if (error) {
    throw new Error(error.message);
  }
  return result;
}

/**
 * [private key]: every script that the key alone can spend, and those that have an address, by the
 * address on the test network. Keys of the test network and of this one are the same.
 */
async function scripts([secret]) {
  const ring = KeyRing.fromSecret(secret, 'testnet');
  const hash = ring.getKeyHash();
  const scripts = { p2pkh: Script.fromPubkeyhash(hash), p2pk: Script.fromPubkey(ring.publicKey) };
  if (name === 'bcoin') {
    scripts.p2wpkh = Script.fromProgram(0, hash);
    scripts.p2shP2wpkh = Script.fromScripthash(scripts.p2wpkh.hash160());
  }
  const found = { scripts: {}, addresses: {} };
  for (const [kind, script] of Object.entries(scripts)) {
    found.scripts[kind] = script.toRaw().toString('hex');
    found.addresses[kind] = Address.fromScript(script).toString('testnet');
  }
  return found;
}

/**
 * [transaction]: puts it into the mempool; gives its id. The node's own `sendrawtransaction` does
 * not say when it takes none.
 */
async function submit([hex]) {
  const transaction = TX.fromRaw(hex, 'hex');
  const missing = await node.mempool.addTX(transaction);
  if (missing) {
    throw new Error('bad-txns-inputs-missing');
  }
  return transaction.txid();
}

/**
 * bcash is from before 2019-05-15, when Bitcoin Cash began to take Schnorr signatures for those of
 * 64 bytes. The library that it checks ECDSA by knows them, so this asks for them where a signature
 * has that length. What is signed stays for bcash to say.
 */
function addSchnorr(common, secp256k1) {
  const isSchnorr = (signature) => signature.length === 64;
  for (const check of ['isSignatureEncoding', 'isLowDER']) {
    const usual = common[check];
    common[check] = (signature) => isSchnorr(signature) || usual(signature);
  }
  const usual = secp256k1.verifyDER.bind(secp256k1);
  secp256k1.verifyDER = (message, signature, key) =>
    isSchnorr(signature)
      ? secp256k1.schnorrVerify(message, signature, key)
      : usual(message, signature, key);
}
