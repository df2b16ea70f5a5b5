/** What a transaction is answered, and what it leaves, on a thread that is alone in the block. */
import { expect } from 'chai';
import { AloneView } from '../../src/executor/alone-view.js';
import { STAT_RESETS, STAT_WORDS } from '../../src/layout.js';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { ADDRESS_WORDS, U256_WORDS } from '../../src/primitives/words.js';
import { Database } from '../../src/state/database.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_WORDS } from '../../src/state/view.js';
import { EngineWords } from '../support/engine-words.js';
import { addressHex, addressWords, slotHex, slotWords } from '../support/keys.js';

const [ONE, OTHER, NOBODY] = [0xa1, 0xb2, 0xc3];
const CODES: Readonly<Record<number, string>> = { [ONE]: '0x6001', [OTHER]: '0x600260035500' };
/** What the database holds in slot 1 of each account. */
const STORED = 9;

/** The view, asked and told in numbers. */
class Numbers {
  readonly database = Database.from(
    [ONE, OTHER].map((number) => [
      addressHex(number),
      {
        nonce: 1n,
        balance: BigInt(number),
        code: hexToBytes(CODES[number] as `0x${string}`),
        storage: new Map([[slotHex(1), BigInt(STORED)]]),
      },
    ]),
  );
  readonly words = EngineWords.create(20, this.database);
  readonly stats = new Int32Array(STAT_WORDS);
  readonly view: AloneView;

  constructor() {
    const { heap, arena, table, codes, memory } = this.words;
    this.view = new AloneView({ heap, arena, table, codes, memory, stats: this.stats });
    this.view.open();
  }

  begin(transaction: number): this {
    this.view.begin(transaction);
    return this;
  }

  balance(account: number): number {
    const out = new Uint32Array(BASICS_WORDS);
    this.view.basics(addressWords(account), 0, out, 0);
    return out[BASICS_BALANCE] as number;
  }

  code(account: number): Uint8Array {
    return this.view.code(addressWords(account), 0).bytes;
  }

  slot(account: number, slot: number): number {
    const out = new Uint32Array(U256_WORDS).fill(77);
    this.view.storage(slotWords(account, slot), 0, ADDRESS_WORDS, out, 0);
    expect([...out.subarray(1)], 'the words above').to.deep.equal(new Array(U256_WORDS - 1).fill(0));
    return out[0] as number;
  }

  hasStorage(account: number): number {
    const out = new Uint32Array(1).fill(77);
    this.view.hasStorage(addressWords(account), 0, out, 0);
    return out[0] as number;
  }

  setBalance(account: number, balance: number, location?: number): void {
    const words = new Uint32Array(BASICS_WORDS);
    words[BASICS_EXISTS] = 1;
    words[BASICS_BALANCE] = balance;
    const both = Uint32Array.of(...addressWords(account), ...words);
    this.view.sink.basics(both, 0, ADDRESS_WORDS, location);
  }

  setSlot(account: number, slot: number, value: number, location?: number): void {
    const words = Uint32Array.of(...slotWords(account, slot), value, 0, 0, 0, 0, 0, 0, 0);
    this.view.sink.storage(words, 0, ADDRESS_WORDS, ADDRESS_WORDS + U256_WORDS, location);
  }

  setCode(account: number, bytes: Uint8Array): void {
    this.view.sink.code(addressWords(account), 0, { bytes, hash: keccak256(bytes) });
  }

  reset(account: number): void {
    this.view.sink.reset(addressWords(account), 0);
  }
}

describe('view of a thread alone in a block', () => {
  it('answers what the database holds, and what transactions made of it', () => {
    const numbers = new Numbers().begin(0);
    expect([ONE, OTHER, NOBODY].map((n) => numbers.balance(n))).to.deep.equal([ONE, OTHER, 0]);
    expect([1, 2].map((slot) => numbers.slot(ONE, slot))).to.deep.equal([STORED, 0]);
    expect([ONE, NOBODY].map((n) => numbers.hasStorage(n))).to.deep.equal([1, 0]);
    numbers.setBalance(ONE, 5);
    numbers.setBalance(NOBODY, 6);
    numbers.setSlot(ONE, 2, 7);
    numbers.begin(1);
    expect([ONE, OTHER, NOBODY].map((n) => numbers.balance(n))).to.deep.equal([5, OTHER, 6]);
    expect([1, 2].map((slot) => numbers.slot(ONE, slot))).to.deep.equal([STORED, 7]);
    expect([1, 2].map((slot) => numbers.slot(OTHER, slot))).to.deep.equal([STORED, 0]);
    expect(numbers.database.account(addressHex(ONE))?.balance, 'the database’s').to.equal(BigInt(ONE));
  });

  it('answers the code of the account that is asked for, whose basics were read or not', () => {
    const numbers = new Numbers().begin(0);
    const codes = new Map([ONE, OTHER].map((n) => [n, hexToBytes(CODES[n] as `0x${string}`)]));
    const check = (): void => {
      for (const read of [ONE, OTHER, NOBODY]) {
        numbers.balance(read);
        for (const asked of [ONE, OTHER, NOBODY, read]) {
          expect(numbers.code(asked), `${asked} after ${read}`).to.deep.equal(codes.get(asked) ?? new Uint8Array(0));
        }
      }
    };
    check();
    codes.set(NOBODY, Uint8Array.of(1, 2, 3)).set(ONE, new Uint8Array(0));
    for (const account of [NOBODY, ONE]) numbers.setCode(account, codes.get(account) as Uint8Array);
    numbers.begin(1);
    check();
  });

  it('lets a reset cover what lower transactions wrote, and not what comes with it or after', () => {
    const numbers = new Numbers().begin(3);
    numbers.setSlot(ONE, 2, 7);
    numbers.begin(4).reset(ONE);
    numbers.setSlot(ONE, 3, 8);
    expect(numbers.stats[STAT_RESETS]).to.equal(1);
    numbers.begin(5);
    expect([1, 2, 3].map((slot) => numbers.slot(ONE, slot))).to.deep.equal([0, 0, 8]);
    expect([ONE, OTHER].map((n) => numbers.hasStorage(n))).to.deep.equal([0, 1]);
    expect(numbers.slot(OTHER, 1), 'another account’s').to.equal(STORED);
    numbers.setSlot(ONE, 1, 6);
    numbers.begin(6);
    expect([1, 2, 3].map((slot) => numbers.slot(ONE, slot))).to.deep.equal([6, 0, 8]);
    numbers.reset(ONE);
    numbers.begin(7);
    expect([1, 2, 3].map((slot) => numbers.slot(ONE, slot))).to.deep.equal([0, 0, 0]);
  });

  it('says whether a transaction has read what the one just before it wrote, and no other', () => {
    const numbers = new Numbers();
    const follows = (transaction: number, read: () => unknown): boolean => {
      numbers.begin(transaction);
      read();
      return numbers.view.follows;
    };
    expect(
      follows(0, () => numbers.balance(ONE)),
      'the database’s',
    ).to.equal(false);
    numbers.setBalance(ONE, 1);
    numbers.setSlot(ONE, 2, 7);
    numbers.setCode(OTHER, Uint8Array.of(1));
    for (const read of [() => numbers.balance(ONE), () => numbers.slot(ONE, 2), () => numbers.code(OTHER)]) {
      expect(follows(1, read)).to.equal(true);
      expect(follows(2, read), 'two before').to.equal(false);
    }
    expect(
      follows(1, () => numbers.slot(ONE, 1)),
      'what it left',
    ).to.equal(false);
    numbers.begin(2).reset(ONE);
    expect(
      follows(3, () => numbers.slot(ONE, 2)),
      'a reset',
    ).to.equal(true);
  });

  it('takes locations that the machine hands back, and finds those that it does not know', () => {
    const numbers = new Numbers().begin(0);
    numbers.balance(ONE);
    const { location } = numbers.view;
    numbers.slot(OTHER, 1);
    const slot = numbers.view.location;
    // The address beside a location is not looked at.
    numbers.setBalance(NOBODY, 5, location);
    numbers.setSlot(NOBODY, 4, 6, slot);
    numbers.begin(1);
    expect([numbers.balance(ONE), numbers.slot(OTHER, 1), numbers.balance(NOBODY)]).to.deep.equal([5, 6, 0]);
  });
});
