/** Prior knowledge beyond nonces: what each source of hints foresees, what it learns, and what it forgets. */
import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { CELL_VALUE, RECORD_TO, TX_EXACT, TX_READ_COUNT, TX_READS } from '../../src/layout.js';
import { wrote } from '../../src/mvmemory/chains.js';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { bytesToWords } from '../../src/primitives/words.js';
import { type Advice, encodeAdvice, HINT_SOURCES, type HintSource } from '../../src/scheduler/advice.js';
import { type LearntSets, MOST_RULES, MOST_SETS, NO_ARGUMENT, type Rule } from '../../src/scheduler/learnt.js';
import { learnFrom, worthLearning } from '../../src/scheduler/observe.js';
import { PresumedWriters } from '../../src/scheduler/presumed.js';
import { LISTED_BLOCKS, PriorKnowledge } from '../../src/scheduler/prior-knowledge.js';
import { Database } from '../../src/state/database.js';
import { finishHash, hashWords } from '../../src/state/hash.js';
import { decodeBlockAccessList } from '../../src/transition/block/access-list.js';
import { createBlock, createTransaction, type NewTransaction } from '../../src/transition/create.js';
import { BlockError } from '../../src/transition/errors.js';
import { recordTransactions } from '../../src/transition/transaction/index.js';
import type { AccessListEntry, Block, BlockAccessListEntry } from '../../src/transition/types.js';
import { busy, contract, place, send, sender, senders, wallet } from '../support/conflict-block.js';
import { EngineWords } from '../support/engine-words.js';
import { addressHex } from '../support/keys.js';
import { comparable } from '../support/sample-block.js';

const COINBASE = addressHex(0xfee);
const SWAP = '022c0d9f';

const words20 = (address: Hex): Uint32Array => {
  const words = new Uint32Array(5);
  bytesToWords(hexToBytes(address), words, 0);
  return words;
};
const slotWords = (slot: number): Uint32Array => Uint32Array.of(slot, 0, 0, 0, 0, 0, 0, 0);
const slotBytes = (slot: number): Uint8Array => hexToBytes(`0x${slot.toString(16).padStart(64, '0')}`);
const argument = (value: number | Hex): string =>
  (typeof value === 'number' ? value.toString(16) : value.slice(2)).padStart(64, '0');

/** Transaction of sender `n`, so that no nonce orders any of them. */
function call(n: number, to: Hex, data = '', fields: Partial<NewTransaction> = {}) {
  return createTransaction({ sender: sender(n), to, data: hexToBytes(`0x${data}`), gasLimit: 1_000_000n, ...fields });
}

function listing(n: number, ...entries: readonly (readonly [Hex, ...number[]])[]) {
  const accessList: AccessListEntry[] = entries.map(([address, ...slots]) => ({
    address: hexToBytes(address),
    slots: slots.map(slotBytes),
  }));
  return call(n, place(9), '', { accessList });
}

function blockOf(transactions: ReturnType<typeof call>[], fields: Partial<Block> = {}): Block {
  return createBlock({ fork: 'Prague', coinbase: COINBASE, transactions, mode: 'state-test', ...fields });
}

/** A block with its versions, as if it had been executed. */
class Played {
  readonly words: EngineWords;
  readonly records;

  constructor(
    readonly database: Database,
    readonly block: Block,
  ) {
    this.records = recordTransactions(block);
    this.words = EngineWords.create(block.transactions.length, database);
  }

  /** `transaction` writes the slot. */
  writes(transaction: number, address: Hex, slot: number): this {
    const { memory, table } = this.words;
    const key = Uint32Array.of(...words20(address), ...slotWords(slot));
    const cell = memory.newCell(transaction, 0, false, 8);
    this.words.heap.u32[cell + CELL_VALUE] = transaction + 1;
    memory.publish(table.slot(key, 0, 5), transaction, cell, { cell: 0 });
    return this;
  }

  /** The lane had to run `transaction` again, since it had read the slot from the database. */
  stale(transaction: number, address: Hex, slot: number): this {
    const { heap, arena, statuses, table } = this.words;
    const reads = arena.alloc(2);
    const key = Uint32Array.of(...words20(address), ...slotWords(slot));
    heap.i32[reads] = table.slot(key, 0, 5);
    heap.i32[reads + 1] = 1;
    const words = statuses.words(transaction);
    heap.i32[words + TX_EXACT] = 1;
    heap.i32[words + TX_READS] = reads;
    heap.i32[words + TX_READ_COUNT] = 1;
    return this;
  }

  finished(aborts: number) {
    const { heap, statuses, table } = this.words;
    const { database, records } = this;
    heap.refresh();
    return { heap, transactions: statuses.words(0), database, table, records, aborts };
  }
}

/** Hints as an executor with more than one thread would make them. */
function hintsFor(knowledge: PriorKnowledge, database: Database, block: Block, advice: Partial<Advice> = {}): number[] {
  const known = {
    records: recordTransactions(block),
    database,
    coinbase: block.environment.coinbase,
    accessList: block.accessList ?? null,
    number: 1,
  };
  return [...knowledge.hints(known, advice, 2)];
}

const only = (...sources: HintSource[]): Partial<Advice> => ({
  hintSources: Object.fromEntries(HINT_SOURCES.map((source) => [source, sources.includes(source) ? 'on' : 'off'])),
});

const POOL_CODE = '0 SLOAD 1 ADD 0 SSTORE';
const accounts = (code = POOL_CODE) => ({
  ...senders(40),
  [place(0)]: contract(code),
  [place(1)]: contract(code),
  [place(2)]: contract(`${code} STOP`),
  [place(9)]: wallet(),
});
const databaseOf = (code = POOL_CODE): Database => Database.from(Object.entries(accounts(code)) as never);

/** Swaps of senders 0 to 7 in a pool, of which all wrote slot 8 and half were stale. */
function swapped(database: Database, pool: Hex): Played {
  const played = new Played(database, blockOf(Array.from({ length: 8 }, (_, n) => call(n, pool, SWAP + argument(n)))));
  for (let n = 0; n < 8; n++) played.writes(n, pool, 8);
  for (let n = 1; n < 8; n += 2) played.stale(n, pool, 8);
  return played;
}

function learn(knowledge: PriorKnowledge, played: Played, aborts = 4): void {
  knowledge.learn(played.finished(aborts), {});
}

describe('scheduler/prior-knowledge: access lists of transactions (EIP-2930)', () => {
  const database = databaseOf();

  it('orders those that list the same slot of the same account', () => {
    const block = blockOf([
      listing(0, [place(0), 1, 2]),
      listing(1, [place(1), 1]),
      listing(2, [place(1), 7], [place(0), 2]),
      listing(3, [place(0)]),
      call(4, place(0)),
      listing(5, [place(0), 1], [place(1), 7, 1]),
    ]);
    const knowledge = new PriorKnowledge();
    expect(hintsFor(knowledge, database, block, only('accessLists'))).to.deep.equal([-1, -1, 0, -1, -1, 2]);
    expect(hintsFor(knowledge, database, block, only())).to.deep.equal([-1, -1, -1, -1, -1, -1]);
  });

  it('no longer believes in slots that turned out not to be written', () => {
    const block = blockOf([listing(0, [place(0), 1, 2]), listing(1, [place(0), 1, 2]), listing(2, [place(0), 2])]);
    const knowledge = new PriorKnowledge();
    expect(hintsFor(knowledge, database, block)).to.deep.equal([-1, 0, 1]);
    // Slot 1 is written by one of those that list it, slot 2 by nobody.
    learn(knowledge, new Played(database, block).writes(0, place(0), 1), 0);
    expect(hintsFor(knowledge, database, block)).to.deep.equal([-1, 0, -1]);
  });
});

describe('scheduler/prior-knowledge: when access lists are read', () => {
  it('leaves them aside after some blocks, until a block without them takes many aborts', () => {
    const database = databaseOf();
    const block = blockOf([0, 1, 2, 3].map((n) => listing(n, [place(0), 1])));
    const written = () =>
      [0, 1, 2, 3].reduce((played, n) => played.writes(n, place(0), 1), new Played(database, block));
    const knowledge = new PriorKnowledge();
    const next = (aborts: number): number[] => {
      const hints = hintsFor(knowledge, database, block);
      learn(knowledge, written(), aborts);
      return hints;
    };
    for (let i = 0; i < LISTED_BLOCKS; i++) expect(next(4), `block ${i}`).to.deep.equal([-1, 0, 1, 2]);
    for (let i = 0; i < 3; i++) expect(next(0)).to.deep.equal([-1, -1, -1, -1]);
    expect(next(4)).to.deep.equal([-1, -1, -1, -1]);
    expect(next(0)).to.deep.equal([-1, 0, 1, 2]);
  });
});

describe('scheduler/prior-knowledge: block access lists (EIP-7928)', () => {
  const database = databaseOf();
  const entry = (address: Hex, fields: Partial<BlockAccessListEntry>): BlockAccessListEntry => ({
    address: hexToBytes(address),
    storageChanges: [],
    storageReads: [],
    balanceChanges: [],
    nonceChanges: [],
    codeChanges: [],
    ...fields,
  });
  const slot = (...indices: number[]) => ({
    slot: 1n,
    changes: indices.map((blockAccessIndex) => ({ blockAccessIndex, newValue: 1n })),
  });
  const balances = (...indices: number[]) => indices.map((blockAccessIndex) => ({ blockAccessIndex, postBalance: 1n }));
  const transactions = Array.from({ length: 6 }, (_, n) => call(n, place(n % 2), '01'));
  const hints = (accessList: BlockAccessListEntry[], sources?: Partial<Advice>): number[] =>
    hintsFor(new PriorKnowledge(), database, blockOf(transactions, { accessList }), sources);

  it('orders those that write a slot, without the steps before and after the transactions', () => {
    const list = [entry(place(0), { storageChanges: [slot(0, 1, 4, 6, 7), slot(2, 3)] })];
    expect(hints(list)).to.deep.equal([-1, -1, 1, 0, -1, 3]);
    expect(hints(list, only('chains', 'accessLists', 'learnt'))).to.deep.equal([-1, -1, -1, -1, -1, -1]);
  });

  it('takes balance, nonce and code of an account as one, and leaves out the beneficiary', () => {
    const code = [{ blockAccessIndex: 5, newCode: new Uint8Array(1) }];
    const nonces = [{ blockAccessIndex: 3, newNonce: 2n }];
    const list = [
      entry(place(0), { balanceChanges: balances(1, 6), codeChanges: code, nonceChanges: nonces }),
      entry(COINBASE, { balanceChanges: balances(1, 2, 3, 4, 5, 6) }),
    ];
    expect(hints(list)).to.deep.equal([-1, -1, 0, -1, 2, 4]);
  });

  it('lets plain payments to one account run beside one another', () => {
    const block = blockOf(
      [0, 1, 2].map((n) => call(n, place(9), '', { value: 1n })),
      { accessList: [entry(place(9), { balanceChanges: balances(1, 2, 3) })] },
    );
    expect(hintsFor(new PriorKnowledge(), database, block)).to.deep.equal([-1, -1, -1]);
  });

  it('are read from RLP, slots and values padded or not', () => {
    const slotKey = slotBytes(1);
    const encoded = RLP.encode([
      [
        hexToBytes(place(0)),
        [
          [
            slotKey,
            [
              [1, 5],
              [3, slotBytes(6)],
            ],
          ],
          [2, [[2, 7]]],
        ],
        [3, slotBytes(4)],
        [[1, 1000]],
        [[2, 9]],
        [[4, hexToBytes('0x6001')]],
      ],
      [hexToBytes(place(1)), [], [], [], [], []],
    ] as never);
    const list = decodeBlockAccessList(encoded);
    expect(list).to.deep.equal([
      {
        address: hexToBytes(place(0)),
        storageChanges: [
          {
            slot: 1n,
            changes: [
              { blockAccessIndex: 1, newValue: 5n },
              { blockAccessIndex: 3, newValue: 6n },
            ],
          },
          { slot: 2n, changes: [{ blockAccessIndex: 2, newValue: 7n }] },
        ],
        storageReads: [3n, 4n],
        balanceChanges: [{ blockAccessIndex: 1, postBalance: 1000n }],
        nonceChanges: [{ blockAccessIndex: 2, newNonce: 9n }],
        codeChanges: [{ blockAccessIndex: 4, newCode: hexToBytes('0x6001') }],
      },
      entry(place(1), {}),
    ]);
    expect(hints(list)).to.deep.equal([-1, 0, 0, 1, -1, -1]);
    expect(() => decodeBlockAccessList(encoded.subarray(0, -1))).to.throw(BlockError);
    expect(() => decodeBlockAccessList(RLP.encode([[hexToBytes(place(0)), []]]))).to.throw(BlockError, '2 items');
    expect(() => decodeBlockAccessList(RLP.encode([[new Uint8Array(19), [], [], [], [], []]]))).to.throw(BlockError);
  });

  it('makes nothing of indices that no block has', () => {
    const list = [
      entry(place(0), { storageChanges: [slot(-1, 0.5, Number.NaN, 2, Number.POSITIVE_INFINITY, 900, 5, 3, 3)] }),
      entry('0x' as Hex, { balanceChanges: balances(1, 2) }),
    ];
    expect(hints(list)).to.deep.equal([-1, -1, -1, -1, 1, -1]);
  });
});

describe('scheduler/prior-knowledge: what was learnt', () => {
  it('orders calls of the same code and selector that wrote one slot before, in any contract of that code', () => {
    const database = databaseOf();
    const knowledge = new PriorKnowledge();
    learn(knowledge, swapped(database, place(0)));
    const next = blockOf([
      call(10, place(0), SWAP),
      call(11, place(1), SWAP),
      call(12, place(0), '11111111'),
      call(13, place(0)),
      call(14, place(2), SWAP),
      call(15, place(2), SWAP),
      call(16, place(0), SWAP),
      call(17, place(1), SWAP),
      call(18, place(9), SWAP),
    ]);
    const expected = [-1, -1, -1, -1, -1, -1, 0, 1, -1];
    expect(hintsFor(knowledge, database, next)).to.deep.equal(expected);
    expect(hintsFor(knowledge, database, next, only('chains', 'accessLists'))).to.deep.equal(expected.map(() => -1));
  });

  it('looks for a call among no more than a few whose hashes collide', () => {
    // Contracts that would all stand in one place of the table of calls, however often that has grown.
    const selector = new Uint32Array(hexToBytes(`0x${SWAP}`).buffer)[0] as number;
    const key = new Uint32Array(5);
    const pools: Hex[] = [];
    for (let n = 1; pools.length < 100; n++) {
      key[0] = n;
      if ((finishHash(hashWords(key, 0, 5, selector)) & 1023) === 0) pools.push(addressHex(n));
    }
    const database = Database.from(pools.map((pool) => [pool, contract(POOL_CODE)] as never));
    const knowledge = new PriorKnowledge();
    learn(knowledge, swapped(database, pools[0] as Hex));
    const called = [...pools, pools[0] as Hex, pools[99] as Hex];
    const next = blockOf(called.map((pool, n) => call(n, pool, SWAP)));
    expect(hintsFor(knowledge, database, next).slice(100)).to.deep.equal([0, -1]);
  });

  it('makes no edge where other code stands at the address', () => {
    const knowledge = new PriorKnowledge();
    learn(knowledge, swapped(databaseOf(), place(0)));
    const next = blockOf([call(10, place(0), SWAP), call(11, place(0), SWAP)]);
    expect(hintsFor(knowledge, databaseOf(), next)).to.deep.equal([-1, 0]);
    expect(hintsFor(knowledge, databaseOf('1 SLOAD 2 ADD 1 SSTORE'), next)).to.deep.equal([-1, -1]);
  });

  it('learns the argument on which it depends, and nothing from amounts', () => {
    const database = databaseOf();
    const knowledge = new PriorKnowledge();
    const busy = addressHex(0xabcdef01);
    const to = (n: number): Hex => (n % 3 === 0 ? busy : addressHex(0xd0000 + n));
    const transfer = (n: number, holder: Hex) => call(n, place(0), `a9059cbb${argument(holder)}${argument(5)}`);
    const played = new Played(database, blockOf(Array.from({ length: 24 }, (_, n) => transfer(n, to(n)))));
    for (let n = 0; n < 24; n++) played.writes(n, place(0), n % 3 === 0 ? 0x7777 : 0x8000 + n);
    for (const n of [3, 6, 12, 21]) played.stale(n, place(0), 0x7777);
    learn(knowledge, played);
    const [set] = [...knowledge.learnt.all()];
    expect(set?.rules).to.have.length(1);
    expect(set?.rules[0]).to.include({ argument: 0, account: null });
    const next = blockOf([transfer(10, busy), transfer(11, to(1)), transfer(12, busy), transfer(13, to(1))]);
    expect(hintsFor(knowledge, database, next)).to.deep.equal([-1, -1, 0, -1]);
  });

  it('learns what is written behind the called contract, for that contract alone', () => {
    const database = databaseOf();
    const knowledge = new PriorKnowledge();
    // A router at place 0, a pool at place 2.
    const played = new Played(database, blockOf(Array.from({ length: 8 }, (_, n) => call(n, place(0), SWAP))));
    for (let n = 0; n < 8; n++) played.writes(n, place(2), 8);
    for (let n = 1; n < 5; n++) played.stale(n, place(2), 8);
    learn(knowledge, played);
    const next = blockOf([call(10, place(0), SWAP), call(11, place(1), SWAP), call(12, place(0), SWAP)]);
    expect(hintsFor(knowledge, database, next)).to.deep.equal([-1, -1, 0]);
  });

  it('learns nothing where few were run again, or where nothing tells who writes', () => {
    expect(worthLearning(3, 10)).to.equal(false);
    expect(worthLearning(4, 512)).to.equal(true);
    expect(worthLearning(4, 513)).to.equal(false);
    const database = databaseOf();
    const knowledge = new PriorKnowledge();
    learn(knowledge, swapped(database, place(0)), 3);
    expect(knowledge.learnt.size, 'few aborts').to.equal(0);
    // One of eight writes the slot.
    const played = new Played(database, blockOf(Array.from({ length: 16 }, (_, n) => call(n, place(0), SWAP))));
    played.writes(0, place(0), 8).writes(8, place(0), 8).stale(8, place(0), 8);
    expect(learnFrom(played.finished(4), knowledge.learnt)).to.equal(0);
    expect(knowledge.learnt.size, 'imprecise').to.equal(0);
    // Readers only.
    const read = new Played(database, blockOf(Array.from({ length: 8 }, (_, n) => call(n, place(0), SWAP))));
    read.writes(0, place(0), 8).stale(3, place(0), 8);
    expect(learnFrom(read.finished(4), knowledge.learnt)).to.equal(0);
  });

  it('gives a rule up that does not come true', () => {
    const database = databaseOf();
    const knowledge = new PriorKnowledge();
    learn(knowledge, swapped(database, place(0)));
    const next = blockOf([call(10, place(0), SWAP), call(11, place(0), SWAP)]);
    // Nobody writes anything.
    for (let block = 0; block < 2; block++) {
      expect(hintsFor(knowledge, database, next)).to.deep.equal([-1, 0]);
      learn(knowledge, new Played(database, next), 0);
    }
    expect(hintsFor(knowledge, database, next)).to.deep.equal([-1, -1]);
    expect(knowledge.learnt.size).to.equal(0);
  });

  it('keeps a rule that comes true', () => {
    const database = databaseOf();
    const knowledge = new PriorKnowledge();
    learn(knowledge, swapped(database, place(0)));
    const next = blockOf([call(10, place(0), SWAP), call(11, place(0), SWAP)]);
    for (let block = 0; block < 20; block++) {
      expect(hintsFor(knowledge, database, next)).to.deep.equal([-1, 0]);
      learn(knowledge, new Played(database, next).writes(0, place(0), 8).writes(1, place(0), 8), 0);
    }
  });

  it('remembers a bounded number of sets and rules, those that were called last', () => {
    const database = databaseOf();
    const { learnt } = new PriorKnowledge();
    const rule = (slot: number): Rule => ({
      argument: NO_ARGUMENT,
      value: new Uint8Array(0),
      called: null,
      account: null,
      slot: slotWords(slot),
    });
    const many = 3 * MOST_SETS;
    const selector = (n: number): string => (0x10000000 + n).toString(16);
    const block = blockOf(Array.from({ length: many }, (_, n) => call(n, place(0), selector(n))));
    const records = recordTransactions(block);
    const at = (n: number): number => records.places[n] as number;
    const known = (sets: LearntSets, n: number) =>
      sets.find(
        database,
        records.u32,
        at(n) + RECORD_TO,
        records.u32[at(n) + (records.u32[at(n) + 104] as number)] as number,
      );
    for (let n = 0; n < many; n++) {
      expect(learnt.learn(database, records, at(n), rule(n))).to.equal(true);
      expect(learnt.learn(database, records, at(n), rule(n)), 'known already').to.equal(false);
      // The first one is called all the time.
      expect(known(learnt, 0)).not.to.equal(null);
    }
    expect(learnt.size).to.equal(MOST_SETS);
    expect(known(learnt, 1)).to.equal(null);
    expect(known(learnt, many - 1)).not.to.equal(null);
    for (let slot = 0; slot < 5 * MOST_RULES; slot++) learnt.learn(database, records, at(0), rule(slot));
    expect(known(learnt, 0)?.rules).to.have.length(MOST_RULES);
  });

  it('says no more than it must where hashes of slots collide', () => {
    const presumed = new PresumedWriters();
    const address = words20(place(0));
    const numbers = new Set<number>();
    for (let slot = 0; slot < 5000; slot++) numbers.add(presumed.number(address, 0, slotWords(slot), 0));
    numbers.delete(-1);
    expect(numbers.size).to.equal(presumed.count);
    expect(presumed.count).to.be.within(4900, 5000);
    let lost = 0;
    for (const number of numbers) {
      const key = presumed.keyAt(number);
      const again = presumed.number(
        presumed.keyWords.slice(key, key + 5),
        0,
        presumed.keyWords.slice(key + 5, key + 13),
        0,
      );
      if (again !== number) lost++;
    }
    expect(lost).to.be.below(50);
    for (let slot = 0; slot < 100_000; slot++) presumed.number(address, 0, slotWords(slot), 0);
    expect(presumed.count, 'bounded').to.equal(65_536);
    presumed.clear();
    expect(presumed.count).to.equal(0);
    expect(presumed.number(address, 0, slotWords(1), 0)).to.equal(0);
    expect(presumed.keyWords.length, 'room given back').to.be.below(10_000);
  });

  it('reads off a chain who wrote', () => {
    const played = new Played(databaseOf(), blockOf([0, 1, 2, 3, 4].map((n) => call(n, place(0)))));
    for (const n of [0, 2, 4]) played.writes(n, place(0), 1);
    const { heap, table } = played.words;
    const key = Uint32Array.of(...words20(place(0)), ...slotWords(1));
    const row = table.slotIfKnown(key, 0, 5);
    expect([0, 1, 2, 3, 4].map((n) => wrote(heap, row, n, 9))).to.deep.equal([true, false, true, false, true]);
    expect(wrote(heap, row, 0, 1)).to.equal(null);
    expect(table.slotIfKnown(Uint32Array.of(...words20(place(0)), ...slotWords(2)), 0, 5)).to.equal(0);
  });
});

describe('executor/parallel with what it has learnt', () => {
  it('runs fewer transactions twice in the blocks after the first', async function () {
    this.timeout(20_000);
    const world = {
      ...senders(40),
      [place(0)]: contract(`${busy()} ${POOL_CODE}`),
      [place(1)]: contract(`${busy()} ${POOL_CODE}`),
    };
    const database = Database.from(Object.entries(world) as never);
    // Blocks that differ, in the same two contracts.
    const blocks = Array.from({ length: 4 }, (_, k) =>
      createBlock({
        fork: 'Prague',
        coinbase: COINBASE,
        mode: 'state-test',
        transactions: Array.from({ length: 20 }, (_, n) =>
          send(sender((k + n) % 40), place(n % 2), {
            data: hexToBytes(`0x${SWAP}${argument(n)}`),
            gasLimit: 1_000_000n,
          }),
        ),
      }),
    );
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const expected = [];
    for (const block of blocks) expected.push(comparable(await serial.execute(database, block)));
    const aborts: Record<string, number> = { on: 0, off: 0 };
    for (const learnt of ['on', 'off'] as const) {
      const executor = await ParallelExecutor.create({
        vm: 'wasm',
        threads: 4,
        advice: { headStart: 'off', hintSources: { learnt } },
      });
      for (let round = 0; round < 4; round++) {
        for (const [k, block] of blocks.entries()) {
          const result = await executor.execute(database, block);
          expect(comparable(result)).to.deep.equal(expected[k]);
          if (round > 0) aborts[learnt] = (aborts[learnt] as number) + result.stats.aborts;
        }
      }
      await executor.close();
    }
    await serial.close();
    expect(aborts.off).to.be.above(10);
    expect(2 * (aborts.on as number)).to.be.below(aborts.off as number);
  });

  it('refuses sources and settings that do not exist', () => {
    const unknown = (hintSources: object): Partial<Advice> => ({ hintSources }) as Partial<Advice>;
    expect(() => encodeAdvice(unknown({ rumours: 'on' }))).to.throw(RangeError, 'rumours');
    expect(() => encodeAdvice(unknown({ learnt: 'perhaps' }))).to.throw(RangeError, 'perhaps');
    expect(encodeAdvice({ hintSources: { learnt: 'off', chains: 'false' } }).word).to.equal(0);
  });
});
