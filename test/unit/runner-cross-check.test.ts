/** What a fixture says twice must be the same both times: RLP and the JSON beside it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { checkStated } from '../../runners/blockchain/cross-check.js';
import { packageOf } from '../../runners/cli/package.js';
import type { BlockCase, StateCase, StatedBlock } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { decodeStated } from '../../runners/fixtures/decode-stated.js';
import { Field } from '../../runners/fixtures/fields.js';
import { checkStatedFields } from '../../runners/state/cross-check.js';
import { CaseFailure } from '../../runners/verdict/result.js';
import { bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { decodeBlock } from '../../src/transition/block/block.js';
import { decodeTransaction, recoverAuthorization } from '../../src/transition/transaction/index.js';
import type { Receipt } from '../../src/transition/types.js';
import { stateFile } from '../support/selftest-fixtures.js';

const CORPUS = join(packageOf(import.meta.url).root, 'corpus/fixtures');

type Json = Record<string, unknown>;

/** Names of what differs. */
function failureOf(check: () => void): CaseFailure | null {
  try {
    check();
  } catch (error) {
    if (error instanceof CaseFailure) return error;
    throw error;
  }
  return null;
}

function differences(check: () => void): string[] {
  return failureOf(check)?.outcome.differences.map(({ what }) => what) ?? [];
}

describe("a block's RLP against the JSON beside it", () => {
  /** Blocks of the corpus by test and place, with the fixture's JSON. */
  const tests = new Map<string, Json>();
  before(() => {
    for (const file of ['blobs', 'consensus', 'delegation', 'invalid', 'execution']) {
      const content = JSON.parse(gunzipSync(readFileSync(join(CORPUS, `${file}.json.gz`))).toString()) as Json;
      for (const [name, test] of Object.entries(content)) tests.set(name, test as Json);
    }
  });

  const blockOf = (test: Json): BlockCase => {
    const [one] = decodeFile('s', 'BlockchainTests/y.json', JSON.stringify({ y: test })).cases;
    if (one instanceof Error) throw one;
    if (one?.kind !== 'blockchain') throw new Error('no blockchain case');
    return one.blocks[0] as BlockCase;
  };
  const found = (test: Json): string[] => {
    const { rlp, stated } = blockOf(test);
    return stated === null ? ['nothing stated'] : differences(() => checkStated(rlp, stated, 0));
  };
  /** The test with one text in its first block changed to another of the same form. */
  const changed = (test: Json, ...path: (string | number)[]): Json => {
    const copy = structuredClone(test);
    let at = (copy.blocks as Json[])[0] as Json;
    for (const key of path.slice(0, -1)) at = at[key] as Json;
    const key = path.at(-1) as string;
    at[key] = `${(at[key] as string).slice(0, -1)}${(at[key] as string).endsWith('1') ? '2' : '1'}`;
    return copy;
  };
  const firstBlock = (test: Json): Json => (test.blocks as Json[])[0] as Json;
  const withPart = (part: string): Json => {
    for (const test of tests.values()) {
      const list = firstBlock(test)[part];
      if (firstBlock(test).blockHeader !== undefined && Array.isArray(list) && list.length > 0) return test;
    }
    throw new Error(`no block with ${part} in the corpus`);
  };

  it('is the same in every block of the corpus', () => {
    let stated = 0;
    for (const [name, test] of tests) {
      const [said] = found(test);
      if (said === 'nothing stated') continue;
      stated++;
      expect(said, name).to.equal(undefined);
    }
    expect(stated).to.be.greaterThan(20);
  });

  it('differs where any field of the header, a transaction or a withdrawal does', () => {
    const test = withPart('transactions');
    for (const name of Object.keys(firstBlock(test).blockHeader as Json)) {
      expect(found(changed(test, 'blockHeader', name)), name).to.deep.equal([`blockHeader.${name}`]);
    }
    for (const name of ['nonce', 'gasLimit', 'to', 'value', 'v', 'r', 's']) {
      expect(found(changed(test, 'transactions', 0, name)), name).to.deep.equal([`transactions[0].${name}`]);
    }
    const withdrawals = withPart('withdrawals');
    for (const name of ['index', 'validatorIndex', 'address', 'amount']) {
      expect(found(changed(withdrawals, 'withdrawals', 0, name)), name).to.deep.equal([`withdrawals[0].${name}`]);
    }
  });

  it('differs where a hash, a sender or a chain that follows from the RLP does', () => {
    const test = withPart('transactions');
    const block = firstBlock(test);
    const [transaction] = block.transactions as [Json];
    const { rlp } = blockOf(test);
    const [bytes] = decodeBlock(rlp).transactions as [Uint8Array];
    const { sender } = decodeTransaction(bytes, { fork: 'Prague', chainId: 1n });
    const said = (change: Json): string[] => {
      const blocks = [{ ...block, transactions: [{ ...transaction, ...change }, ...others] }];
      const { stated } = blockOf({ ...test, blocks });
      return stated === null
        ? ['nothing stated']
        : differences(() => checkStated(rlp, stated, 0, { transactions: [{ sender }], receipts: null }));
    };
    const others = (block.transactions as Json[]).slice(1);
    expect(said({ hash: bytesToHex(keccak256(bytes)), sender: bytesToHex(sender) })).to.deep.equal([]);
    expect(said({ hash: `0x${'12'.repeat(32)}` })).to.deep.equal(['transactions[0].hash']);
    expect(said({ sender: `0x${'12'.repeat(20)}` })).to.deep.equal(['transactions[0].sender']);
    const chain = said({ chainId: '0x02' });
    expect(chain).to.deep.equal(['transactions[0].chainId']);
  });

  it('differs where a receipt says otherwise, in what it says', () => {
    const test = withPart('transactions');
    const { rlp } = blockOf(test);
    const [address, topic] = [`0x${'12'.repeat(20)}`, `0x${'34'.repeat(32)}`];
    const log = { address, topics: [topic], data: '0x56' };
    const actual: Receipt = {
      type: 0,
      status: 1,
      stateRoot: null,
      cumulativeGasUsed: 21_000n,
      logsBloom: new Uint8Array(256),
      logs: [{ address: hexToBytes(address), topics: [hexToBytes(topic)], data: Uint8Array.of(0x56) }],
    };
    const said = (receipts: Json[], found: Receipt[] | null = [actual]): string[] => {
      const { stated } = blockOf({ ...test, blocks: [{ ...firstBlock(test), receipts }] });
      if (stated === null) return ['nothing stated'];
      return differences(() => checkStated(rlp, stated, 0, { transactions: [], receipts: found }));
    };
    expect(said([{ status: true, cumulativeGasUsed: '0x5208', logs: [log] }])).to.deep.equal([]);
    expect(said([{}])).to.deep.equal([]);
    expect(said([{ status: false }]), 'which the receipts root holds').to.deep.equal([]);
    expect(said([{ cumulativeGasUsed: '0xdead' }])).to.deep.equal(['receipts[0].cumulativeGasUsed']);
    for (const logs of [[], [{ ...log, data: '0x' }], [{ ...log, topics: [] }]]) {
      expect(said([{ logs }])).to.deep.equal(['receipts[0].logs']);
      expect(said([{ cumulativeGasUsed: '0x5208', logs }])).to.deep.equal(['receipts[0].logs']);
    }
    expect(said([])).to.deep.equal(['receipts: number of entries']);
    expect(said([], null)).to.deep.equal([]);
  });

  it('tells the first transaction whose receipt differs', () => {
    const test = withPart('transactions');
    const { rlp } = blockOf(test);
    const stated = (...gas: string[]): StatedBlock => {
      const receipts = gas.map((cumulativeGasUsed) => ({ cumulativeGasUsed }));
      return blockOf({ ...test, blocks: [{ ...firstBlock(test), receipts }] }).stated as StatedBlock;
    };
    const receipt = { type: 0, status: 1, stateRoot: null, logsBloom: new Uint8Array(256), logs: [] } as const;
    const receipts = [1n, 2n, 3n].map((cumulativeGasUsed): Receipt => ({ ...receipt, cumulativeGasUsed }));
    const first = (...gas: string[]): number | null | undefined =>
      failureOf(() => checkStated(rlp, stated(...gas), 0, { transactions: [], receipts }))?.outcome.transaction;
    expect(first('0x1', '0x9', '0x9')).to.equal(1);
    expect(first('0x1', '0x2')).to.equal(null);
    expect(first('0x1', '0x2', '0x3')).to.equal(undefined);
  });

  it('has the chain of a typed transaction among its fields, and that of a legacy one besides', () => {
    const transactions = [{ chainId: '0x5' }, { type: '0x1', chainId: '0x5' }, {}];
    const block = Field.root({ source: 's', file: 'f', test: 't' }, { blockHeader: {}, transactions });
    expect(
      decodeStated(block)?.transactions?.map(({ type, chainId, fields }) => [type, chainId, fields]),
    ).to.deep.equal([
      [0, 5n, []],
      [1, null, [{ name: 'chainId', value: Uint8Array.of(5) }]],
      [0, null, []],
    ]);
  });

  it('takes the chain of a legacy transaction from v, where that tells one, and the hash of an uncle', () => {
    const legacy = RLP.encode([[], [['0x', '0x', '0x', '0x', '0x', '0x', '0x26', '0x', '0x']], [['0x01']]]);
    const transaction = { type: 0, fields: [], hash: null, sender: null, chainId: 1n };
    const stated = { header: [], hash: null, transactions: null, ommers: null, withdrawals: null, receipts: null };
    const said = (part: Partial<StatedBlock>, rlp = legacy): string[] =>
      differences(() => checkStated(rlp, { ...stated, ...part }, 0)).filter((what) => !what.endsWith('of fields'));
    expect(said({ transactions: [transaction] })).to.deep.equal([]);
    expect(said({ transactions: [{ ...transaction, chainId: 2n }] })).to.deep.equal(['transactions[0].chainId']);
    const unbound = RLP.encode([[], [['0x', '0x', '0x', '0x', '0x', '0x', '0x1b', '0x', '0x']], []]);
    expect(said({ transactions: [transaction] }, unbound)).to.deep.equal([]);
    const ofChain0 = RLP.encode([[], [['0x', '0x', '0x', '0x', '0x', '0x', '0x23', '0x', '0x']], []]);
    expect(said({ transactions: [transaction] }, ofChain0)).to.deep.equal(['transactions[0].chainId']);
    const hash = keccak256(RLP.encode(['0x01']));
    expect(said({ ommers: [{ fields: [], hash }] })).to.deep.equal([]);
    expect(said({ ommers: [{ fields: [], hash: hash.slice().reverse() }] })).to.deep.equal(['uncleHeaders[0].hash']);
  });

  it('differs where an entry is missing, is of another type, or where the RLP cannot be read', () => {
    const test = withPart('transactions');
    const { rlp, stated } = blockOf(test);
    if (stated === null || stated.transactions === null) throw new Error('no transactions stated');
    const [first, ...others] = stated.transactions;
    const said = (transactions: typeof stated.transactions): string[] =>
      differences(() => checkStated(rlp, { ...stated, transactions }, 0));
    expect(said(others)[0]).to.equal('transactions: number of entries');
    expect(first && said([{ ...first, type: first.type + 1 }, ...others])).to.deep.equal(['transactions[0].type']);
    expect(differences(() => checkStated(rlp.subarray(1), stated, 0))).to.deep.equal(['block']);
    const shorter = { ...stated, header: stated.header.slice(0, -1) };
    expect(differences(() => checkStated(rlp, shorter, 0))).to.deep.equal(['blockHeader: number of fields']);
    expect(differences(() => checkStated(Uint8Array.of(0xc1, 0x80), stated, 0))[0]).to.equal('blockHeader');
  });

  it('passes over zeros in front of a value that is too long for its field: JSON cannot spell them', () => {
    const long = Uint8Array.of(0xc7, 0xc3, 0x82, 0x00, 0x07, 0xc0, 0xc0, 0xc0);
    const header = [{ name: 'address', value: Uint8Array.of(7) }];
    const stated = { header, hash: null, transactions: null, ommers: null, withdrawals: null, receipts: null };
    expect(differences(() => checkStated(long, stated, 0))).to.deep.equal([]);
    const other = { ...stated, header: [{ name: 'address', value: Uint8Array.of(8) }] };
    expect(differences(() => checkStated(long, other, 0))).to.deep.equal(['blockHeader.address']);
  });
});

describe('txbytes against the fields of a state test', () => {
  it('differ where any field does', async () => {
    const [one] = decodeFile('s', 'GeneralStateTests/y.json', JSON.stringify(await stateFile())).cases;
    const { fields, txbytes } = one as StateCase;
    const transaction = decodeTransaction(txbytes as Uint8Array, { fork: 'Cancun', chainId: 1n });
    const said = (change: Partial<StateCase['fields']>): string[] =>
      differences(() => checkStatedFields({ ...fields, ...change }, transaction));
    const address = new Uint8Array(20).fill(9);
    expect(said({})).to.deep.equal([]);
    expect(said({ nonce: 3n })).to.deep.equal(['transaction.nonce']);
    expect(said({ gasLimit: 3n, gasPrice: 4n })).to.deep.equal(['transaction.gasLimit', 'transaction.gasPrice']);
    expect(said({ maxFeePerGas: 4n, maxPriorityFeePerGas: 5n })).to.have.length(2);
    expect(said({ to: null })).to.deep.equal(['transaction.to']);
    expect(said({ to: address, sender: address })).to.deep.equal(['transaction.to', 'transaction.sender']);
    expect(said({ value: 1n, data: Uint8Array.of(1) })).to.deep.equal(['transaction.value', 'transaction.data']);
    expect(said({ accessList: [{ address, slots: [] }] })).to.deep.equal(['transaction.accessLists']);
    expect(said({ accessList: [], blobVersionedHashes: [], authorizationList: [], sender: null })).to.deep.equal([]);
    expect(said({ maxFeePerBlobGas: 1n, blobVersionedHashes: [new Uint8Array(32)] })).to.have.length(2);
    const tuple = { chainId: 1n, address, nonce: 0n, yParity: 0n, r: 1n, s: 1n };
    expect(said({ authorizationList: [tuple] })).to.deep.equal(['transaction.authorizationList']);
    const { chainId, nonce } = tuple;
    const authority = recoverAuthorization({ ...tuple, s: 2n }).authority;
    const delegating = { ...transaction, authorizations: [{ chainId, address, nonce, authority }] };
    const signed = (change: object): string[] =>
      differences(() =>
        checkStatedFields({ ...fields, authorizationList: [{ ...tuple, s: 2n, ...change }] }, delegating),
      );
    expect(signed({})).to.deep.equal([]);
    for (const change of [{ s: 3n }, { r: 2n }, { yParity: 1n }, { yParity: 2n }]) {
      expect(signed(change)).to.deep.equal(['transaction.authorizationList']);
    }
  });
});
