import { expect } from 'chai';
import { FixtureError, type StateCase } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { stateBlock, stateRules } from '../../runners/state/environment.js';
import type { Transaction } from '../../src/transition/types.js';
import { ADDRESS, account, blockchainTest, environment, stateTest, transaction } from '../support/fixture-parts.js';

const FILE = 'GeneralStateTests/y.json';
const power = (bits: number): string => `0x${(1n << BigInt(bits)).toString(16)}`;
const below = (bits: number): string => `0x${((1n << BigInt(bits)) - 1n).toString(16)}`;

/** What is wrong with the one case, without file and test; null where nothing is. */
function wrong(test: object, file = FILE): string | null {
  const [one] = decodeFile('suite', file, JSON.stringify({ y: test })).cases;
  return one instanceof FixtureError ? one.message.slice(`${file}::y field `.length) : null;
}

describe('numbers beyond their fields', () => {
  it('are errors of accounts', () => {
    const pre = (change: object) => stateTest({ pre: { [ADDRESS]: { ...account, ...change } } });
    expect(wrong(pre({ nonce: below(64), balance: below(256), storage: { '0x0': below(256) } }))).to.equal(null);
    expect(wrong(pre({ nonce: power(64) }))).to.equal(`pre.${ADDRESS}.nonce: does not fit in 64 bits`);
    expect(wrong(pre({ balance: power(256) }))).to.equal(`pre.${ADDRESS}.balance: does not fit in 256 bits`);
    expect(wrong(pre({ storage: { '0x0': power(256) } }))).to.equal(
      `pre.${ADDRESS}.storage.0x0: does not fit in 256 bits`,
    );
    const file = 'BlockchainTests/y.json';
    expect(wrong(blockchainTest({ postState: { [ADDRESS]: { ...account, nonce: power(64) } } }), file)).to.equal(
      `postState.${ADDRESS}.nonce: does not fit in 64 bits`,
    );
  });

  it("are errors of a state test's environment, and no errors of its transaction", () => {
    const widths = {
      currentNumber: 64,
      currentTimestamp: 64,
      currentExcessBlobGas: 64,
      currentGasLimit: 256,
      currentDifficulty: 256,
      currentBaseFee: 256,
      parentExcessBlobGas: 64,
      parentBlobGasUsed: 64,
    };
    for (const [name, bits] of Object.entries(widths)) {
      expect(wrong(stateTest({ env: { ...environment, [name]: below(bits) } })), name).to.equal(null);
      expect(wrong(stateTest({ env: { ...environment, [name]: power(bits) } }))).to.equal(
        `env.${name}: does not fit in ${bits} bits`,
      );
    }
    const long = wrong(stateTest({ env: { ...environment, currentNumber: `0x${'f'.repeat(5_000_000)}` } }));
    expect(long).to.equal('env.currentNumber: not a number that is meant: 5000002 digits');
    const strange = { ...transaction, nonce: power(64), gasLimit: [power(64), power(64)], gasPrice: power(256) };
    expect(wrong(stateTest({ transaction: strange }))).to.equal(null);
  });

  it('are errors of a blob schedule, and of the fee that it leads to', () => {
    const withFraction = (baseFeeUpdateFraction: string, change: object = {}) =>
      stateTest({
        config: { blobSchedule: { Cancun: { target: '0x3', max: '0x6', baseFeeUpdateFraction } } },
        ...change,
      });
    expect(wrong(withFraction('0x1'))).to.equal(null);
    expect(wrong(withFraction('0x00'))).to.equal('config.blobSchedule.Cancun.baseFeeUpdateFraction: must not be 0');
    const blockOf = (currentExcessBlobGas: string) => {
      const test = withFraction('0x2', { env: { ...environment, currentExcessBlobGas } });
      const [one] = decodeFile('suite', FILE, JSON.stringify({ y: test })).cases;
      const state = one as StateCase;
      return stateBlock(state, stateRules(state), {} as Transaction);
    };
    expect(blockOf('0x1').environment.blobBaseFee).to.equal(1n);
    expect(() => blockOf(below(64))).to.throw(
      FixtureError,
      `${FILE}::y field env.currentExcessBlobGas: gives a blob base fee beyond 256 bits`,
    );
  });

  it('are no errors where the excess of blob gas follows from the parent', () => {
    const GAS_PER_BLOB = 131_072;
    const feeAfter = (parent: object, fork = 'Cancun', more: object = {}): bigint => {
      const post = stateTest().post.Cancun;
      const test = stateTest({ env: { ...environment, ...parent }, post: { [fork]: post }, ...more });
      const [one] = decodeFile('suite', FILE, JSON.stringify({ y: test })).cases;
      const state = one as StateCase;
      return stateBlock(state, stateRules(state), {} as Transaction).environment.blobBaseFee;
    };
    const parent = { parentExcessBlobGas: `0x${(100 * GAS_PER_BLOB).toString(16)}`, parentBlobGasUsed: '0xc0000' };
    // 103 blobs above the target of 3, and 100 above that of 6.
    expect(feeAfter(parent)).to.equal(57n);
    expect(feeAfter(parent, 'Prague')).to.equal(13n);
    expect(feeAfter({ ...parent, currentExcessBlobGas: '0x0' })).to.equal(1n);
    expect(feeAfter({ parentBlobGasUsed: '0x20000' })).to.equal(1n);
    expect(() => feeAfter({ parentExcessBlobGas: below(64) }, 'Osaka')).to.throw(
      FixtureError,
      `${FILE}::y field env.parentExcessBlobGas: gives a blob base fee beyond 256 bits`,
    );
  });
});
