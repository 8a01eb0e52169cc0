// A private network of one node: the emulator of Scalus, which has the rules of Cardano's ledger
// and its state, and a Rosetta node in front of it. `node node.mjs mainnet|preprod` writes
// `Listening on <address>`, answers JSON-RPC there, and ends when its standard input does.

import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import scalus from 'scalus';
import * as rosetta from '../../interop/cardano/rosetta.mjs';

const [network] = process.argv.slice(2);
const calls = { genesis, payloads, combine, submit, coins, slot };
let ledger;

const server = createServer(async (request, response) => {
  const { id, method, params } = await json(request);
  const answer = { jsonrpc: '2.0', id };
  try {
    answer.result = calls[method](...params) ?? null;
  } catch (error) {
    answer.error = { code: -32000, message: String(error.message ?? error) };
  }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
});
server.listen(0, '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`Listening on ${address}:${port}`);
});
process.stdin.on('end', () => process.exit()).resume();

/**
 * Begins with these coins, each as the operation that paid it. Coin n is output n of transaction
 * 0. The slot is 0.
 */
function genesis(outputs) {
  const entries = outputs.map((operation, index) => [
    Buffer.from([0x82, 0x58, 32, ...Buffer.alloc(32), index]),
    rosetta.output(operation).to_bytes(),
  ]);
  if (entries.length > 23) {
    throw new Error('more coins than one byte of CBOR counts');
  }
  const state = Buffer.concat([Buffer.from([0xa0 + entries.length]), ...entries.flat()]);
  ledger = new scalus.Emulator(state, scalus.SlotConfig[network]);
  ledger.setSlot(0);
}

function payloads(operations, ttl) {
  return rosetta.payloads(operations, ttl);
}

function combine(unsigned, signatures) {
  return rosetta.combine(unsigned, signatures);
}

/** Takes a signed transaction as the Rosetta node wraps it; gives its id. */
function submit(signed) {
  const outcome = ledger.submitTx(Buffer.from(rosetta.open(signed), 'hex'));
  if (!outcome.isSuccess) {
    throw new Error(outcome.error);
  }
  return outcome.txHash;
}

/** Goes to this slot. */
function slot(number) {
  ledger.setSlot(number);
}

/** The coins of an address: by transaction and index, the lovelace, and tokens by policy and name. */
function coins(address) {
  return Object.fromEntries(ledger.getUtxosForAddress(address).map(rosetta.coin));
}
