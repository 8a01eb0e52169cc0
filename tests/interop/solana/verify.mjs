// The view of @solana/web3.js, and of a Solana VM. `node verify.mjs wallets|blockhash|messages|
// transactions`: JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import { entropyToMnemonic, mnemonicToSeedSync } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { getBase58Codec, getTransactionDecoder, lamports } from '@solana/kit';
import {
  ACCOUNT_SIZE, AccountLayout, AccountState, MINT_SIZE, MintLayout, TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID, createAssociatedTokenAccountIdempotentInstruction,
  createAssociatedTokenAccountInstruction, createInitializeMint2Instruction,
  createInitializeMintInstruction, createMintToInstruction, createTransferCheckedInstruction,
  createTransferInstruction, getAssociatedTokenAddressSync,
} from '@solana/spl-token';
import {
  ComputeBudgetProgram, Keypair, PublicKey, SystemProgram, Transaction,
} from '@solana/web3.js';
import { FailedTransactionMetadata, LiteSVM } from 'litesvm';
import { HDKey } from 'micro-key-producer/slip10.js';

// What the cloud puts in place of the block hash.
const PLACEHOLDER = '7WyEshBZcZwEbJsvSeGgCkSNMxxxFAym3x7Cuj6UjAUE';
const SOL = 1_000_000_000n;

const base58 = getBase58Codec();
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const hash = (text) => hex(base58.encode(text));

const questions = { wallets, blockhash, messages, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [{entropy, indexes}]: the wallets of BIP-39 and SLIP-10, with the keys at these indexes. */
function wallets(asked) {
  return asked.map(({ entropy, indexes }) => {
    const mnemonic = entropyToMnemonic(Buffer.from(entropy, 'hex'), wordlist);
    const root = HDKey.fromMasterSeed(mnemonicToSeedSync(mnemonic));
    const keys = indexes.map((index) => {
      const { privateKey } = root.derive(`m/44'/501'/0'/0'/${index}'`);
      const pair = Keypair.fromSeed(privateKey);
      const address = pair.publicKey.toBase58();
      return { index, address, privateKey: base58.decode(pair.secretKey) };
    });
    return { mnemonic, keys };
  });
}

/** The block hash of every new VM, and what stands in its place until then. */
function blockhash() {
  const latest = new LiteSVM().latestBlockhash();
  return { latest, latestHex: hash(latest), placeholderHex: hash(PLACEHOLDER) };
}

/** [case]: the message of each, and the key of the token that it creates. */
function messages(cases) {
  return cases.map((one) => {
    const { instructions, mint } = parts(one);
    const transaction = new Transaction({ feePayer: key(one.payer), recentBlockhash: PLACEHOLDER });
    transaction.add(...instructions);
    return {
      txData: hex(transaction.compileMessage().serialize()),
      mintPK: one.kind !== 'mint' ? null
        : one.hexKey ? hex(mint.secretKey) : base58.decode(mint.secretKey),
    };
  });
}

/** [{case, wire}]: who signed it, what it says, and what it does in a VM that holds what it
 * spends. */
function transactions(asked) {
  return asked.map(({ case: one, wire }) => {
    const bytes = Buffer.from(wire, 'base64');
    const read = Transaction.from(bytes);
    const vm = new LiteSVM();
    const look = fund(vm, one);
    const transaction = getTransactionDecoder().decode(bytes);
    // The first byte of the first signature, behind their count.
    const changed = Uint8Array.from(bytes, (byte, at) => (at === 1 ? byte ^ 1 : byte));
    const refused = run(vm, getTransactionDecoder().decode(changed));
    const payer = () => vm.getBalance(one.payer);
    const before = payer();
    const error = run(vm, transaction);
    const paid = String(before - payer());
    return {
      message: hex(read.serializeMessage()),
      same: read.serialize().equals(bytes),
      valid: read.verifySignatures(),
      signers: read.signatures.map(({ publicKey }) => publicKey.toBase58()),
      refused,
      error,
      paid,
      ...look(),
      again: run(vm, transaction),
    };
  });
}

function run(vm, transaction) {
  const done = vm.sendTransaction(transaction);
  return done instanceof FailedTransactionMetadata ? `${done.toString()}`.slice(0, 500) : null;
}

/** The instructions of a case, and the keys of its token. */
function parts(one) {
  const { kind, payer, from, to } = one;
  if (kind === 'transfer') {
    const transfer = { fromPubkey: key(from), toPubkey: key(to), lamports: BigInt(one.amount) };
    return { instructions: [...budget(one), SystemProgram.transfer(transfer)] };
  }
  const mint = Keypair.fromSeed(Buffer.from(one.mintSeed, 'hex'));
  const program = one.token2022 ? TOKEN_2022_PROGRAM_ID : TOKEN_PROGRAM_ID;
  const account = (owner) => getAssociatedTokenAddressSync(
    mint.publicKey, key(owner), true, program,
  );
  const amount = BigInt(one.amount);
  if (kind === 'mint') {
    const initialize = one.hexKey ? createInitializeMintInstruction : createInitializeMint2Instruction;
    const instructions = [
      SystemProgram.createAccount({
        fromPubkey: key(payer),
        newAccountPubkey: mint.publicKey,
        space: MINT_SIZE,
        lamports: one.rent,
        programId: program,
      }),
      initialize(mint.publicKey, one.decimals, key(from), null, program),
      createAssociatedTokenAccountInstruction(
        key(payer), account(to), key(to), mint.publicKey, program,
      ),
      createMintToInstruction(mint.publicKey, account(to), key(from), amount, [], program),
    ];
    return { instructions, mint, program, account };
  }
  const create = one.checked
    ? createAssociatedTokenAccountIdempotentInstruction
    : createAssociatedTokenAccountInstruction;
  const instructions = [
    ...budget(one),
    create(key(payer), account(to), key(to), mint.publicKey, program),
    one.checked
      ? createTransferCheckedInstruction(
        account(from), mint.publicKey, account(to), key(from), amount, one.decimals, [], program,
      )
      : createTransferInstruction(account(from), account(to), key(from), amount, [], program),
  ];
  return { instructions, mint, program, account };
}

function budget({ unitPrice, unitLimit }) {
  return unitPrice === undefined ? [] : [
    ComputeBudgetProgram.setComputeUnitLimit({ units: unitLimit }),
    ComputeBudgetProgram.setComputeUnitPrice({ microLamports: BigInt(unitPrice) }),
  ];
}

/** Gives the accounts of a case what it spends. The result looks at what became of it. */
function fund(vm, one) {
  for (const address of new Set([one.payer, one.from])) {
    vm.airdrop(address, lamports(100n * SOL));
  }
  if (one.kind === 'transfer') {
    return () => ({ received: String(vm.getBalance(one.to)) });
  }
  const { mint, program, account } = parts(one);
  if (one.kind === 'token') {
    const data = Buffer.alloc(MINT_SIZE);
    MintLayout.encode({
      mintAuthorityOption: 0, mintAuthority: PublicKey.default, supply: BigInt(one.amount),
      decimals: one.decimals, isInitialized: true, freezeAuthorityOption: 0,
      freezeAuthority: PublicKey.default,
    }, data);
    put(vm, mint.publicKey, data, program);
    const holding = Buffer.alloc(ACCOUNT_SIZE);
    AccountLayout.encode({
      mint: mint.publicKey, owner: key(one.from), amount: BigInt(one.amount), delegateOption: 0,
      delegate: PublicKey.default, delegatedAmount: 0n, state: AccountState.Initialized,
      isNativeOption: 0, isNative: 0n, closeAuthorityOption: 0, closeAuthority: PublicKey.default,
    }, holding);
    put(vm, account(one.from), holding, program);
  }
  return () => {
    const state = vm.getAccount(account(one.to).toBase58());
    const token = vm.getAccount(mint.publicKey.toBase58());
    if (!state.exists || !token.exists) return { received: null };
    const held = AccountLayout.decode(state.data.subarray(0, ACCOUNT_SIZE));
    const made = MintLayout.decode(token.data);
    return {
      received: String(held.amount),
      owner: held.owner.toBase58(),
      decimals: made.decimals,
      supply: String(made.supply),
      authority: made.mintAuthorityOption === 0 ? null : made.mintAuthority.toBase58(),
    };
  };
}

function put(vm, address, data, program) {
  vm.setAccount({
    address: address.toBase58(),
    data: new Uint8Array(data),
    executable: false,
    lamports: lamports(vm.minimumBalanceForRentExemption(BigInt(data.length))),
    programAddress: program.toBase58(),
    space: BigInt(data.length),
  });
}

function key(address) {
  return new PublicKey(address);
}
