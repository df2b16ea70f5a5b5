import { expect } from 'chai';
import { Chain, type ChainBlock } from '../../runners/blockchain/chain.js';
import { accountsAfter } from '../../runners/blockchain/judge-chain.js';
import type { Allocation } from '../../runners/fixtures/cases.js';
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { Database } from '../../src/state/database.js';
import type { StateDiff } from '../../src/state/diff.js';
import type { BlockHeader } from '../../src/transition/block/header.js';

const ACCOUNT: Hex = '0x00000000000000000000000000000000000000aa';
const basics = (balance: bigint): { nonce: bigint; balance: bigint } => ({ nonce: 0n, balance });

function header(tag: number, number: bigint, difficulty: bigint): BlockHeader {
  return { hash: new Uint8Array(32).fill(tag), number, difficulty } as BlockHeader;
}

function diff(before: bigint, after: bigint): StateDiff {
  return new Map([[ACCOUNT, { before: basics(before), after: basics(after), storage: new Map() }]]);
}

/** Genesis 100 with two branches: a (110) - b (120), and c (200) - d (210) - e (220). */
function branches(difficulty = 1n): { chain: Chain; database: Database; at: Record<string, ChainBlock> } {
  const database = Database.from([[ACCOUNT, { ...basics(100n), code: new Uint8Array(0), storage: new Map() }]]);
  const chain = new Chain(database, header(0, 0n, 0n));
  const at: Record<string, ChainBlock> = { genesis: chain.head };
  const add = (name: string, tag: number, parent: string, before: bigint, after: bigint): void => {
    const from = at[parent] as ChainBlock;
    const child = header(tag, from.header.number + 1n, difficulty);
    chain.add(child, [], from, diff(before, after), difficulty === 0n);
    at[name] = chain.block(child.hash) as ChainBlock;
  };
  add('a', 1, 'genesis', 100n, 110n);
  add('b', 2, 'a', 110n, 120n);
  add('c', 3, 'genesis', 100n, 200n);
  add('d', 4, 'c', 200n, 210n);
  add('e', 5, 'd', 210n, 220n);
  return { chain, database, at };
}

describe('chain of a blockchain test', () => {
  it('moves the database between any two blocks', () => {
    const { chain, database, at } = branches();
    const balances: Record<string, bigint> = { genesis: 100n, a: 110n, b: 120n, c: 200n, d: 210n, e: 220n };
    for (const from of Object.keys(balances)) {
      for (const [to, balance] of Object.entries(balances)) {
        chain.moveTo(at[from] as ChainBlock);
        chain.moveTo(at[to] as ChainBlock);
        expect(database.account(ACCOUNT)?.balance, `${from} to ${to}`).to.equal(balance);
      }
    }
  });

  it('compares the accounts after a block without moving the database, though the comparison should fail', () => {
    const { database } = branches();
    const hash = new Uint8Array(32).fill(9);
    const compare = (postState: Allocation): unknown[] =>
      accountsAfter(database, { lastBlockHash: hash, postState, postStateHash: null }, hash, diff(100n, 130n));
    const state = { ...basics(130n), code: new Uint8Array(0), storage: new Map() };
    expect(compare(new Map([[ACCOUNT, state]]))).to.deep.equal([]);
    expect(compare(new Map([[ACCOUNT, { ...state, balance: 131n }]]))).to.have.length(1);
    const broken = {
      get size(): number {
        throw new Error('no comparison');
      },
      get: () => broken.size,
      has: () => broken.size,
      [Symbol.iterator]: () => broken.size,
    } as unknown as Allocation & { size: never };
    expect(() => compare(broken)).to.throw('no comparison');
    expect(database.account(ACCOUNT)?.balance).to.equal(100n);
  });

  it('chooses the heavier branch before the merge, and the first seen where two are equal', () => {
    const { chain, database, at } = branches();
    expect(chain.head).to.equal(at.e);
    const fresh = new Chain(database, header(0, 0n, 0n));
    const genesis = fresh.head;
    fresh.add(header(1, 1n, 5n), [], genesis, new Map(), false);
    fresh.add(header(2, 1n, 5n), [], genesis, new Map(), false);
    expect(bytesToHex(fresh.head.header.hash)).to.equal(bytesToHex(new Uint8Array(32).fill(1)));
    fresh.add(header(3, 1n, 6n), [], genesis, new Map(), false);
    expect(fresh.head.header.difficulty).to.equal(6n);
    fresh.add(header(3, 1n, 6n), [], genesis, new Map(), false);
    expect(fresh.head.totalDifficulty).to.equal(6n);
  });

  it('takes the latest valid block after the merge', () => {
    const { chain, at } = branches(0n);
    expect(chain.head).to.equal(at.e);
    chain.add((at.b as ChainBlock).header, [], at.a as ChainBlock, new Map(), true);
    expect(chain.head).to.equal(at.b);
  });

  it('finds the ancestors of a branch only', () => {
    const { chain, at } = branches();
    const hash = (name: string): Uint8Array => (at[name] as ChainBlock).header.hash;
    expect(chain.ancestorHash(at.d as ChainBlock, 1n)).to.equal(hash('c'));
    expect(chain.ancestorHash(at.b as ChainBlock, 1n)).to.equal(hash('a'));
    expect(chain.ancestorHash(at.b as ChainBlock, 0n)).to.equal(hash('genesis'));
    expect(chain.ancestorHash(at.b as ChainBlock, 3n)).to.equal(null);
    expect(chain.header(new Uint8Array(32).fill(99))).to.equal(null);
  });
});
