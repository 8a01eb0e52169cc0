// The view of the Stellar SDK. `node verify.mjs <question>`: JSON on stdin, JSON on stdout.

import { readFileSync } from 'node:fs';
import {
  Account,
  Asset,
  Claimant,
  Contract,
  FeeBumpTransaction,
  Keypair,
  LiquidityPoolAsset,
  Memo,
  Networks,
  Operation,
  SorobanDataBuilder,
  StrKey,
  TransactionBuilder,
  nativeToScVal,
} from '@stellar/stellar-base';

const questions = { keys, secrets, requests, transactions };
const [question] = process.argv.slice(2);
const answer = questions[question](JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));

/** [hex]: the keys of these seeds. */
function keys(seeds) {
  return seeds.map((seed) => key(Keypair.fromRawEd25519Seed(Buffer.from(seed, 'hex'))));
}

/** [secret]: the keys of these seeds, which are written as wallets write them. */
function secrets(written) {
  return written.map((secret) => key(Keypair.fromSecret(secret)));
}

function key(pair) {
  return { privateKey: pair.secret(), address: pair.publicKey() };
}

function passphrase(testnet) {
  return testnet ? Networks.TESTNET : Networks.PUBLIC;
}

/** Specifications: the envelopes without signatures, as XDR in base64. */
function requests(list) {
  return list.map((spec) => {
    const builder = new TransactionBuilder(new Account(spec.source, spec.sequence), {
      fee: spec.fee,
      networkPassphrase: passphrase(spec.testnet),
      memo: memo(spec.memo),
    });
    for (const operation of operations(spec)) builder.addOperation(operation);
    if (spec.minTime !== null) builder.setTimebounds(spec.minTime, spec.maxTime);
    else builder.setTimeout(0);
    if (spec.conditions) {
      builder.setLedgerbounds(spec.conditions.minLedger, spec.conditions.maxLedger);
      builder.setMinAccountSequence(spec.conditions.minSequence);
      builder.setMinAccountSequenceAge(spec.conditions.age);
      builder.setMinAccountSequenceLedgerGap(spec.conditions.gap);
      builder.setExtraSigners([spec.to]);
    }
    if (spec.kind === 'invoke') {
      builder.setSorobanData(
        new SorobanDataBuilder().setResourceFee(spec.fee).setResources(100, 5, 5).build(),
      );
    }
    let transaction = builder.build();
    if (spec.bump) {
      const inner = TransactionBuilder.fromXDR(transaction.toXDR(), passphrase(spec.testnet));
      inner.sign(Keypair.fromRawEd25519Seed(Buffer.alloc(32, 9)));
      transaction = TransactionBuilder.buildFeeBumpTransaction(
        spec.source,
        String(2 * Number(spec.fee)),
        inner,
        passphrase(spec.testnet),
      );
    }
    return transaction.toXDR();
  });
}

function memo({ type, value }) {
  switch (type) {
    case 'text':
      return Memo.text(value);
    case 'id':
      return Memo.id(value);
    case 'hash':
      return Memo.hash(value);
    case 'return':
      return Memo.return(value);
    default:
      return Memo.none();
  }
}

function operations({ kind, to, other, amount, code, number, hash }) {
  const asset = new Asset(code, other);
  const native = Asset.native();
  const pool = new LiquidityPoolAsset(native, asset, 30);
  switch (kind) {
    case 'payment':
      return [Operation.payment({ destination: to, asset: native, amount })];
    case 'asset':
      return [Operation.payment({ destination: to, asset, amount })];
    case 'create':
      return [Operation.createAccount({ destination: to, startingBalance: amount })];
    case 'pathReceive':
      return [
        Operation.pathPaymentStrictReceive({
          sendAsset: native,
          sendMax: amount,
          destination: to,
          destAsset: asset,
          destAmount: amount,
          path: [asset],
        }),
      ];
    case 'pathSend':
      return [
        Operation.pathPaymentStrictSend({
          sendAsset: asset,
          sendAmount: amount,
          destination: to,
          destAsset: native,
          destMin: amount,
          path: [],
        }),
      ];
    case 'trust':
      return [Operation.changeTrust({ asset, limit: amount })];
    case 'pool':
      return [
        Operation.changeTrust({ asset: pool, limit: amount }),
        Operation.liquidityPoolDeposit({
          liquidityPoolId: hash,
          maxAmountA: amount,
          maxAmountB: amount,
          minPrice: '0.5',
          maxPrice: '2',
        }),
        Operation.liquidityPoolWithdraw({
          liquidityPoolId: hash,
          amount,
          minAmountA: amount,
          minAmountB: amount,
        }),
      ];
    case 'data':
      return [
        Operation.manageData({ name: code, value: Buffer.from(hash, 'hex') }),
        Operation.manageData({ name: code, value: null }),
      ];
    case 'options':
      return [
        Operation.setOptions({
          homeDomain: 'example.org',
          masterWeight: 1,
          lowThreshold: 1,
          medThreshold: 2,
          highThreshold: 3,
          setFlags: 1,
          clearFlags: 2,
          inflationDest: to,
          signer: { ed25519PublicKey: other, weight: 1 },
        }),
      ];
    case 'flags':
      return [
        Operation.allowTrust({ trustor: to, assetCode: code, authorize: true }),
        Operation.setTrustLineFlags({ trustor: to, asset, flags: { authorized: true } }),
      ];
    case 'offers':
      return [
        Operation.manageSellOffer({ selling: native, buying: asset, amount, price: '1.25' }),
        Operation.manageBuyOffer({
          selling: asset,
          buying: native,
          buyAmount: amount,
          price: '0.3',
          offerId: number,
        }),
        Operation.createPassiveSellOffer({ selling: asset, buying: native, amount, price: '2' }),
      ];
    case 'claimable':
      return [
        Operation.createClaimableBalance({
          asset,
          amount,
          claimants: [
            new Claimant(to, Claimant.predicateUnconditional()),
            new Claimant(
              other,
              Claimant.predicateNot(Claimant.predicateBeforeAbsoluteTime(number)),
            ),
          ],
        }),
        Operation.claimClaimableBalance({ balanceId: `00000000${hash}` }),
        Operation.clawbackClaimableBalance({ balanceId: `00000000${hash}` }),
      ];
    case 'sponsor':
      return [
        Operation.beginSponsoringFutureReserves({ sponsoredId: to }),
        Operation.endSponsoringFutureReserves({ source: to }),
        Operation.revokeAccountSponsorship({ account: to }),
        Operation.revokeTrustlineSponsorship({ account: to, asset }),
      ];
    case 'merge':
      return [Operation.accountMerge({ destination: to })];
    case 'bump':
      return [Operation.bumpSequence({ bumpTo: number }), Operation.inflation()];
    case 'clawback':
      return [Operation.clawback({ asset, amount, from: to })];
    case 'invoke':
      return [
        new Contract(StrKey.encodeContract(Buffer.from(hash, 'hex'))).call(
          'transfer',
          nativeToScVal(to, { type: 'address' }),
          nativeToScVal(number, { type: 'i128' }),
        ),
      ];
    default:
      throw new Error(`no operation ${kind}`);
  }
}

/** [{asked, signed, testnet, address}]: whether only a right signature was added. */
function transactions(list) {
  return list.map(({ asked, signed, testnet, address }) => {
    const before = TransactionBuilder.fromXDR(asked, passphrase(testnet));
    const after = TransactionBuilder.fromXDR(signed, passphrase(testnet));
    const pair = Keypair.fromPublicKey(address);
    const added = after.signatures.slice(before.signatures.length);
    const inner = after instanceof FeeBumpTransaction ? after.innerTransaction : after;
    const [operation] = inner.operations;
    return {
      id: after.hash().toString('hex'),
      sameHash: after.hash().equals(before.hash()),
      added: added.length,
      signed: added.every(
        (one) =>
          pair.verify(after.hash(), one.signature()) && one.hint().equals(pair.signatureHint()),
      ),
      kept: before.signatures.every((one, i) => one.toXDR().equals(after.signatures[i].toXDR())),
      type: operation.type,
      destination: operation.destination ?? null,
      amount: operation.amount ?? null,
    };
  });
}
