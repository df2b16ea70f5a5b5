/** The database against a plain model, and what a block's state collects into a diff. */
import { expect } from 'chai';
import { CELL_TAG, CONTROL_END, KIND_RESET, LOCATION_BASE } from '../../src/layout.js';
import { EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { ADDRESS_WORDS, readWords, U256_WORDS, writeWords } from '../../src/primitives/words.js';
import type { AccountState } from '../../src/state/account.js';
import { BlockState, FIRST_STEP } from '../../src/state/block-state.js';
import { CodeReader } from '../../src/state/codes.js';
import { collectDiff, leavesAfter } from '../../src/state/collect.js';
import { Database, DatabaseValueError, slotHash } from '../../src/state/database.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { LocationTable } from '../../src/state/locations.js';
import { stateRoot } from '../../src/state/root.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE, BASICS_WORDS } from '../../src/state/view.js';
import { collision } from '../support/collision.js';
import { exactViews } from '../support/exact-views.js';
import { Random } from '../support/hammer.js';
import { addressHex, addressWords, slotHex, slotWords } from '../support/keys.js';

type Model = Map<Hex, AccountState>;

function account(
  balance: bigint,
  storage: readonly (readonly [number | bigint, bigint])[] = [],
  code: Uint8Array = EMPTY_BYTES,
): AccountState {
  return { nonce: 1n, balance, code, storage: new Map(storage.map(([slot, value]) => [slotHex(slot), value])) };
}

function expectModel(database: Database, model: Model): void {
  const sorted = (entries: Iterable<readonly [Hex, AccountState]>): unknown =>
    [...entries]
      .map(([key, { storage, ...rest }]) => [key, rest, [...storage].sort()])
      .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  expect(sorted(database.accounts())).to.deep.equal(sorted(model));
  expect(database.stateRoot()).to.deep.equal(Database.from(model).stateRoot());
}

/** A block in order over `database`, driven by hand. */
class Steps {
  readonly heap = SharedHeap.create(CONTROL_END, 1024);
  readonly arena = new Arena(this.heap, 256);
  readonly table = new LocationTable(this.heap, this.arena);
  readonly codes = new CodeReader(this.heap);
  readonly state = new BlockState(this.heap, this.arena, this.table, this.codes);

  constructor(readonly database: Database) {
    this.codes.open(database);
    this.table.create(database, 16);
    this.state.step = FIRST_STEP;
  }

  basics(address: number, nonce: bigint, balance: bigint | null): void {
    const words = new Uint32Array(ADDRESS_WORDS + BASICS_WORDS);
    words.set(addressWords(address));
    if (balance !== null) {
      words[ADDRESS_WORDS + BASICS_EXISTS] = 1;
      writeWords(nonce, words, ADDRESS_WORDS + BASICS_NONCE, 2);
      writeWords(balance, words, ADDRESS_WORDS + BASICS_BALANCE, U256_WORDS);
    }
    this.state.sink.basics(words, 0, ADDRESS_WORDS);
  }

  write(address: number, slot: number, value: bigint): void {
    const words = new Uint32Array(ADDRESS_WORDS + 2 * U256_WORDS);
    words.set(slotWords(address, slot));
    writeWords(value, words, ADDRESS_WORDS + U256_WORDS, U256_WORDS);
    this.state.sink.storage(words, 0, ADDRESS_WORDS, ADDRESS_WORDS + U256_WORDS);
  }

  read(address: number, slot: number): bigint {
    const out = new Uint32Array(U256_WORDS);
    this.state.storage(slotWords(address, slot), 0, ADDRESS_WORDS, out, 0);
    return readWords(out, 0, U256_WORDS);
  }

  diff(): ReturnType<typeof collectDiff> {
    return collectDiff(this);
  }
}

describe('state/database', () => {
  it('tells accounts apart whose hashes are equal, and slots', () => {
    const database = Database.create();
    const [one, other] = collision((value) => database.accountHash(addressWords(value), 0));
    const of = database.accountHash(addressWords(one), 0);
    const [first, second] = collision((value) => slotHash(of, slotWords(0, value), ADDRESS_WORDS));
    const model: Model = new Map([[addressHex(one), account(7n, [[first, 70n]])]]);
    database.load(model);
    expect(database.account(addressHex(other))).to.equal(null);
    expect(database.storage(addressHex(one), slotHex(second))).to.equal(0n);
    // The slots of both accounts collide with one another as well.
    for (const [address, balance] of [
      [one, 8n],
      [other, 9n],
    ] as const) {
      const state = account(balance, [
        [first, 10n * balance],
        [second, 10n * balance + 1n],
      ]);
      database.load([[addressHex(address), state]]);
      model.set(addressHex(address), state);
    }
    expect(database.account(addressHex(one))?.balance).to.equal(8n);
    expect(database.account(addressHex(other))?.balance).to.equal(9n);
    expect(database.storage(addressHex(one), slotHex(second))).to.equal(81n);
    expect(database.storage(addressHex(other), slotHex(first))).to.equal(90n);
    expectModel(database, model);
  });

  it('hashes accounts and slots to signed 32-bit numbers, for which V8 allocates nothing', () => {
    const database = Database.create();
    let negative = 0;
    for (let i = 0n; i < 64n; i++) {
      const of = database.accountHash(addressWords(i), 0);
      for (const hash of [of, slotHash(of, slotWords(0, i), ADDRESS_WORDS)]) {
        expect(hash).to.equal(hash | 0);
        if (hash < 0) negative++;
      }
    }
    expect(negative, 'all 32 bits are used').to.be.within(32, 96);
  });

  describe('with a seed', () => {
    const ACCOUNT = 0xc0;
    const BUCKETS = 0xfff;

    /** Most of the slots whose low words are `keys` that one bucket of a table would get. */
    function fullest(database: Database, keys: readonly Uint32Array[]): number {
      const account = database.accountHash(addressWords(ACCOUNT), 0);
      const counts = new Map<number, number>();
      for (const key of keys) {
        const bucket = slotHash(account, key, 0) & BUCKETS;
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
      return Math.max(...counts.values());
    }

    it('scatters slots that were chosen against the seed that everybody knows', () => {
      const open = Database.create({ seed: 1 });
      const account = open.accountHash(addressWords(ACCOUNT), 0);
      const keys: Uint32Array[] = [];
      for (let word = 1; keys.length < 50; word++) {
        const key = Uint32Array.of(word, 0, 0, 0, 0, 0, 0, 0);
        if ((slotHash(account, key, 0) & BUCKETS) === 0) keys.push(key);
      }
      expect(fullest(open, keys)).to.equal(50);
      expect(fullest(Database.create({ seed: 2 }), keys)).to.be.lessThan(5);
    });

    it('scatters slots whose words of one lane were chosen so that a lane that begins with a constant ends alike', () => {
      const keys = Array.from({ length: 50 }, (_, i) => {
        let lane = 0x3c6ef372;
        for (const word of [i, 0, 0]) {
          lane = Math.imul(lane ^ word, 0x1b873593);
          lane ^= lane >>> 14;
        }
        return Uint32Array.of(0, i, 0, 0, 0, 0, 0, lane);
      });
      for (const seed of [1, 2, 3]) expect(fullest(Database.create({ seed }), keys), `${seed}`).to.be.lessThan(5);
    });

    it('refuses a seed that is no whole number: all of those would be the same one', () => {
      for (const seed of [Number.NaN, 0.5, '0xabc', 1n]) {
        expect(() => Database.create({ seed: seed as number }), String(seed)).to.throw(RangeError, 'seed');
      }
      for (const seed of [-1, 2 ** 32 - 1, 2 ** 40]) Database.create({ seed });
    });

    it('holds the same, whatever the seed is', () => {
      const accounts: [Hex, AccountState][] = Array.from({ length: 300 }, (_, i) => [
        addressHex(i + 1),
        { nonce: 1n, balance: BigInt(i), code: EMPTY_BYTES, storage: new Map([[slotHex(i), 7n]]) },
      ]);
      const roots = [undefined, 0, 1, 2 ** 32 - 1].map((seed) =>
        Database.from(accounts, seed === undefined ? {} : { seed }).stateRoot(),
      );
      for (const root of roots) expect(root).to.deep.equal(roots[0]);
    });
  });

  it('answers accounts, slots and codes, and their absence', () => {
    const code = hexToBytes('0x6001');
    const database = Database.from([[addressHex(1), account(5n, [[2, 7n]], code)]]);
    expect(database.account(addressHex(1))).to.include({ nonce: 1n, balance: 5n });
    expect(database.storage(addressHex(1), slotHex(2))).to.equal(7n);
    expect(database.storage(addressHex(1), slotHex(3))).to.equal(0n);
    expect(database.code(addressHex(1))).to.deep.equal(code);
    expect(database.account(addressHex(2))).to.equal(null);
    expect(database.storage(addressHex(2), slotHex(2))).to.equal(0n);
    expect(database.code(addressHex(2))).to.deep.equal(EMPTY_BYTES);
  });

  it('replaces an account that is loaded again, its storage included', () => {
    const database = Database.from([
      [
        addressHex(1),
        account(5n, [
          [2, 7n],
          [3, 8n],
        ]),
      ],
    ]);
    const again = account(6n, [[3, 9n]]);
    database.load([[addressHex(1), again]]);
    expectModel(database, new Map([[addressHex(1), again]]));
  });

  it('holds 10,000 accounts and slots through table growth', () => {
    const model: Model = new Map(
      Array.from({ length: 10_000 }, (_, i) => [addressHex(i * 7919), account(BigInt(i), [[i % 3, BigInt(i + 1)]])]),
    );
    const database = Database.from(model);
    expect([...database.accounts()]).to.have.length(10_000);
    for (const [address, { balance, storage }] of model) {
      expect(database.account(address)?.balance).to.equal(balance);
      for (const [slot, value] of storage) expect(database.storage(address, slot)).to.equal(value);
    }
    const { epoch } = database;
    database.clear();
    expect(database.epoch).to.be.above(epoch);
    expectModel(database, new Map());
  }).timeout(8000);

  for (const [name, change] of Object.entries({
    nonce: { nonce: 2n ** 64n },
    balance: { balance: 2n ** 256n },
    'slot value': { storage: new Map([[slotHex(1), -1n]]) },
    'slot 0x01': { storage: new Map([['0x01' as Hex, 1n]]) },
  })) {
    it(`refuses a value that does not fit: ${name}`, () => {
      const load = (): Database => Database.from([[addressHex(1), { ...account(1n), ...change }]]);
      expect(load).to.throw(DatabaseValueError).with.property('field', name);
    });
  }

  for (const [name, change] of Object.entries({
    nonce: { nonce: 2 },
    balance: { balance: '0x2' },
    code: { code: '0x6001' },
    'slot value': { storage: new Map([[slotHex(1), 1]]) },
  })) {
    it(`refuses a value of another type, as callers without types may give: ${name}`, () => {
      const wrong = { ...account(1n), ...change } as unknown as AccountState;
      expect(() => Database.from([[addressHex(1), wrong]]))
        .to.throw(DatabaseValueError, /(?:bigint|Uint8Array) expected, not (?:number|string)/)
        .with.property('field', name);
    });
  }

  it('refuses an address that is no string', () => {
    for (const address of [null, 1, new Uint8Array(20)] as unknown as Hex[])
      expect(() => Database.create().account(address)).to.throw(TypeError, 'a hex string expected, not ');
  });

  it('refuses an address that is not 20 bytes long', () => {
    expect(() => Database.create().account('0x1234'))
      .to.throw(DatabaseValueError)
      .with.property('field', 'address');
  });

  it('refuses a slot that is not 32 bytes long, whichever was asked for before', () => {
    const database = Database.from([[addressHex(1), account(1n, [[5, 7n]])]]);
    for (const address of [addressHex(1), addressHex(2)]) {
      for (const slot of ['0x', '0x05', `${slotHex(5)}00`] as Hex[]) {
        database.storage(addressHex(1), slotHex(5));
        expect(() => database.storage(address, slot))
          .to.throw(DatabaseValueError)
          .with.property('field', `slot ${slot}`);
      }
    }
  });
});

describe('state/block-state and state/collect', () => {
  it('marks a reset also where to make its cell takes more memory than the heap has', () => {
    const inexact = exactViews();
    const steps = new Steps(Database.from([[addressHex(1), account(5n, [[1, 11n]])]]));
    const reset = steps.table.account(KIND_RESET, addressWords(1), 0);
    while (steps.arena.alloc(1) !== steps.heap.u32.length - 1);
    steps.state.sink.reset(addressWords(1), 0);
    inexact();
    const cell = steps.heap.i32[reset + LOCATION_BASE] as number;
    expect(steps.heap.u32[cell + CELL_TAG]).to.equal(1);
  });

  it('wipes what a reset covers, slots that were never read included', () => {
    const steps = new Steps(
      Database.from([
        [
          addressHex(1),
          account(5n, [
            [1, 11n],
            [2, 22n],
            [3, 33n],
          ]),
        ],
      ]),
    );
    expect(steps.read(1, 1)).to.equal(11n);
    steps.state.step = 0;
    steps.write(1, 2, 23n);
    steps.state.step = 1;
    steps.state.sink.reset(addressWords(1), 0);
    steps.write(1, 3, 34n);
    expect([1, 2, 3].map((slot) => steps.read(1, slot))).to.deep.equal([0n, 0n, 34n]);
    steps.state.step = 2;
    steps.write(1, 1, 12n);
    const change = steps.diff().get(addressHex(1));
    expect(change?.before).to.deep.equal(change?.after);
    expect([...(change?.storage ?? [])]).to.deep.equal([
      [slotHex(1), { before: 11n, after: 12n }],
      [slotHex(2), { before: 22n, after: 0n }],
      [slotHex(3), { before: 33n, after: 34n }],
    ]);
  });

  it('leaves out what came back to its value', () => {
    const steps = new Steps(Database.from([[addressHex(1), account(5n, [[1, 11n]])]]));
    steps.write(1, 1, 12n);
    steps.basics(1, 1n, 6n);
    steps.state.step++;
    steps.write(1, 1, 11n);
    steps.basics(1, 1n, 5n);
    expect([...steps.diff()]).to.deep.equal([]);
  });

  it('moves the database forward and back, and foretells its root', () => {
    for (let seed = 0; seed < 25; seed++) {
      const random = new Random(seed);
      const model: Model = new Map(
        Array.from({ length: 6 }, (_, i) => [
          addressHex(i),
          account(BigInt(i), [
            [0, 1n],
            [1, BigInt(i + 1)],
          ]),
        ]),
      );
      const database = Database.from(model);
      const steps = new Steps(database);
      const after: Model = new Map(
        [...model].map(([key, state]) => [key, { ...state, storage: new Map(state.storage) }]),
      );
      for (let step = 0; step < 12; step++) {
        steps.state.step = step;
        const address = random.next(9);
        const code = Uint8Array.of(0x60, step);
        const balance = random.next(5) === 0 ? null : BigInt(random.next(1000));
        steps.basics(address, BigInt(step), balance);
        const reset = balance === null || random.next(4) === 0;
        if (reset) steps.state.sink.reset(addressWords(address), 0);
        const bytes = balance === null ? EMPTY_BYTES : code;
        steps.state.sink.code(addressWords(address), 0, { bytes, hash: keccak256(bytes) });
        const storage = new Map(reset ? [] : after.get(addressHex(address))?.storage);
        if (balance === null) {
          after.delete(addressHex(address));
          continue;
        }
        for (let i = 0; i < 3; i++) {
          const slot = random.next(4);
          const value = BigInt(random.next(3));
          steps.write(address, slot, value);
          if (value === 0n) storage.delete(slotHex(slot));
          else storage.set(slotHex(slot), value);
        }
        after.set(addressHex(address), { nonce: BigInt(step), balance, code, storage });
      }
      const diff = steps.diff();
      expect([...diff.keys()]).to.deep.equal([...diff.keys()].sort());
      const foretold = stateRoot(leavesAfter(database, diff));
      database.apply(diff);
      expectModel(database, after);
      expect(foretold, `seed ${seed}`).to.deep.equal(database.stateRoot());
      database.revert(diff);
      expectModel(database, model);
    }
  });
});
