/** The block that a state test is run in, and what the state may be after a transaction that is rejected. */
import { expect } from 'chai';
import type { StateCase } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { closeEngines, createEngines, type Engines } from '../../runners/job/engine.js';
import { stateBlock, stateRules } from '../../runners/state/environment.js';
import { runStateCase } from '../../runners/state/run-state.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH, keccak256 } from '../../src/primitives/crypto.js';
import { Database } from '../../src/state/database.js';
import type { Transaction } from '../../src/transition/types.js';
import { environment, stateTest } from '../support/fixture-parts.js';

const COINBASE: Hex = '0x00000000000000000000000000000000000000cb';
const RICH: Hex = '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf';
const RICH_ACCOUNT = { nonce: '0x00', balance: '0x64', code: '0x', storage: {} };
const EMPTY_ACCOUNT = { ...RICH_ACCOUNT, balance: '0x00' };

function rootOf(accounts: Readonly<Record<Hex, typeof RICH_ACCOUNT>>): Hex {
  const loaded = Object.entries(accounts).map(
    ([address, { balance }]) =>
      [address as Hex, { nonce: 0n, balance: BigInt(balance), code: hexToBytes('0x'), storage: new Map() }] as const,
  );
  return bytesToHex(Database.from(loaded).stateRoot());
}

const UNTOUCHED = { [RICH]: RICH_ACCOUNT };
const TOUCHED = { ...UNTOUCHED, [COINBASE]: EMPTY_ACCOUNT };

describe('the block of a state test', () => {
  const environmentOf = (network: string, change: object = {}) => {
    const post = stateTest().post.Cancun;
    const test = stateTest({ env: { ...environment, ...change }, post: { [network]: post } });
    const [one] = decodeFile('s', 'GeneralStateTests/y.json', JSON.stringify({ y: test })).cases;
    if (one instanceof Error) throw one;
    return stateBlock(one as StateCase, stateRules(one as StateCase), {} as Transaction).environment;
  };

  it('knows the hashes of the 256 blocks before it: those of their numbers in digits', () => {
    const { blockHash } = environmentOf('Cancun', { currentNumber: '0x12c' });
    for (const number of [299n, 44n])
      expect(blockHash(number)).to.deep.equal(keccak256(new TextEncoder().encode(String(number))));
    for (const number of [300n, 43n, 0n, -1n]) expect(blockHash(number), String(number)).to.equal(null);
    expect(environmentOf('Cancun', { currentNumber: '0x2' }).blockHash(-1n)).to.equal(null);
  });

  it('takes its random value from the difficulty after the merge, where it stands nowhere else', () => {
    const random = `0x${'12'.repeat(32)}`;
    const said = (network: string, change: object) => bytesToHex(environmentOf(network, change).prevRandao);
    const neither = { currentRandom: undefined, currentDifficulty: '0x20000' };
    expect(said('Paris', neither)).to.equal(`0x${'20000'.padStart(64, '0')}`);
    expect(said('Paris', { ...neither, currentRandom: random })).to.equal(random);
    expect(said('London', neither)).to.equal(`0x${'00'.repeat(32)}`);
  });
});

describe('the state after a rejected transaction', () => {
  let engines: Engines;
  before(async () => {
    engines = await createEngines('wasm', [2]);
  });
  after(() => closeEngines(engines));

  /** A transaction of a nonce that is too high. */
  async function judged(fork: string, post: object): Promise<string> {
    const content = {
      env: {
        currentCoinbase: COINBASE,
        currentGasLimit: '0x1000000',
        currentNumber: '0x01',
        currentTimestamp: '0x03e8',
        currentDifficulty: '0x020000',
      },
      pre: UNTOUCHED,
      transaction: {
        nonce: '0x05',
        gasPrice: '0x00',
        gasLimit: ['0x5208'],
        to: COINBASE,
        value: ['0x00'],
        data: ['0x'],
        secretKey: `0x${'00'.repeat(31)}01`,
      },
      post: {
        [fork]: [
          {
            indexes: { data: 0, gas: 0, value: 0 },
            logs: bytesToHex(EMPTY_LIST_HASH),
            expectException: 'TransactionException.NONCE_MISMATCH_TOO_HIGH',
            ...post,
          },
        ],
      },
    };
    const [one] = decodeFile('s', 'f.json', JSON.stringify({ t: content })).cases;
    if (one instanceof Error) throw one;
    const { verdict, cause } = await runStateCase(engines, one as StateCase);
    return cause ?? verdict;
  }

  const DIFFERS = 'state differs from the fixture after a rejected transaction';

  it('holds an empty coinbase or none before Spurious Dragon, as the root has it', async () => {
    for (const fork of ['Frontier', 'EIP150']) {
      expect(await judged(fork, { hash: rootOf(UNTOUCHED) })).to.equal('pass');
      expect(await judged(fork, { hash: rootOf(TOUCHED) })).to.equal('pass');
      expect(await judged(fork, { hash: rootOf({ [COINBASE]: EMPTY_ACCOUNT }) })).to.equal(DIFFERS);
    }
  });

  it('is the one that the fixture lists, where it lists it', async () => {
    expect(await judged('Frontier', { hash: rootOf(TOUCHED), state: TOUCHED })).to.equal('pass');
    expect(await judged('Frontier', { hash: rootOf(UNTOUCHED), state: UNTOUCHED })).to.equal('pass');
    expect(await judged('Frontier', { hash: rootOf(UNTOUCHED), state: TOUCHED })).to.equal(DIFFERS);
    expect(await judged('Frontier', { hash: rootOf(TOUCHED), state: UNTOUCHED })).to.equal(DIFFERS);
  });

  it('is the state before it from Spurious Dragon on', async () => {
    expect(await judged('EIP158', { hash: rootOf(UNTOUCHED) })).to.equal('pass');
    expect(await judged('EIP158', { hash: rootOf(TOUCHED) })).to.equal(DIFFERS);
  });
});
