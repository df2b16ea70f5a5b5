import { expect } from 'chai';
import { bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import { BLOB_SCHEDULES, type Fork } from '../../src/primitives/fork.js';
import { nextBaseFee } from '../../src/transition/block/base-fee.js';
import { blobBaseFee, fakeExponential, nextExcessBlobGas } from '../../src/transition/block/blob-gas.js';
import { decodeBlock } from '../../src/transition/block/block.js';
import { validateBody, validateOmmers } from '../../src/transition/block/body.js';
import { blockDifficulty } from '../../src/transition/block/difficulty.js';
import { blockEnvironment, executableBlock } from '../../src/transition/block/environment.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { type HeaderRules, validateHeader } from '../../src/transition/block/validate-header.js';
import { BlockError } from '../../src/transition/errors.js';
import { blockRlp, GENESIS_RLP } from './block-literals.js';

function codeOf(run: () => unknown): string | null {
  try {
    run();
  } catch (error) {
    if (error instanceof BlockError) return error.code.replace('BlockException.', '');
    throw error;
  }
  return null;
}

const parent = decodeBlock(GENESIS_RLP).header;
const block = decodeBlock(blockRlp());
const cancun: HeaderRules = { fork: 'Cancun', blobSchedule: BLOB_SCHEDULES.Cancun, daoForkBlock: null };

describe('validateHeader', () => {
  const judge = (changes: Partial<BlockHeader>, rules: Partial<HeaderRules> = {}): string | null =>
    codeOf(() => validateHeader({ ...block.header, ...changes }, parent, { ...cancun, ...rules }));

  it('accepts a valid Cancun header', () => {
    expect(judge({})).to.equal(null);
  });

  for (const [changes, code] of [
    [{ parentHash: new Uint8Array(32) }, 'UNKNOWN_PARENT'],
    [{ gasLimit: 1n << 63n }, 'GASLIMIT_TOO_BIG'],
    [{ gasLimit: parent.gasLimit - parent.gasLimit / 1024n }, 'INVALID_GASLIMIT'],
    [{ gasLimit: parent.gasLimit - parent.gasLimit / 1024n + 1n }, null],
    [{ gasUsed: block.header.gasLimit + 1n }, 'GAS_USED_OVERFLOW'],
    [{ withdrawalsRoot: null }, 'INCORRECT_BLOCK_FORMAT'],
    [{ requestsHash: new Uint8Array(32) }, 'INCORRECT_BLOCK_FORMAT'],
    [{ fields: new Array<Uint8Array>(21).fill(new Uint8Array(0)) }, 'INCORRECT_BLOCK_FORMAT'],
    [{ excessBlobGas: 131072n }, 'INCORRECT_EXCESS_BLOB_GAS'],
    [{ baseFeePerGas: 8n }, 'INVALID_BASEFEE_PER_GAS'],
    [{ timestamp: parent.timestamp }, 'INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT'],
    [{ number: 2n }, 'INVALID_BLOCK_NUMBER'],
    [{ extraData: new Uint8Array(33) }, 'EXTRA_DATA_TOO_BIG'],
    [{ difficulty: 1n }, 'IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS'],
    [{ nonce: hexToBytes('0000000000000001') }, 'INCORRECT_BLOCK_FORMAT'],
    [{ ommersHash: new Uint8Array(32) }, 'IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS'],
  ] as const) {
    it(`${Object.keys(changes).join()} ${code === null ? 'at its bound is good' : `is ${code}`}`, () => {
      expect(judge(changes)).to.equal(code);
    });
  }

  it('asks for the fields of the block’s fork', () => {
    expect(judge({}, { fork: 'Shanghai' })).to.equal('INCORRECT_BLOCK_FORMAT');
    expect(judge({}, { fork: 'Prague' })).to.equal('INCORRECT_BLOCK_FORMAT');
  });

  it('asks for the DAO fork’s extra data in ten blocks', () => {
    const dao = hexToBytes('64616f2d686172642d666f726b');
    expect(judge({}, { daoForkBlock: 1n })).to.equal('EXTRA_DATA_INVALID_DAO');
    expect(judge({ extraData: dao }, { daoForkBlock: 1n })).to.equal(null);
    expect(judge({}, { daoForkBlock: -8n })).to.equal('EXTRA_DATA_INVALID_DAO');
    expect(judge({}, { daoForkBlock: -9n })).to.equal(null);
    expect(judge({}, { daoForkBlock: 2n })).to.equal(null);
  });
});

/** A header and its child before London, as far as the rules look. */
const work: HeaderRules = { fork: 'Berlin', blobSchedule: null, daoForkBlock: null };
const legacy = {
  baseFeePerGas: null,
  withdrawalsRoot: null,
  blobGasUsed: null,
  excessBlobGas: null,
  parentBeaconBlockRoot: null,
  fields: [],
};
const workParent: BlockHeader = { ...parent, ...legacy, difficulty: 131072n, gasLimit: 4000000n };
const workChild: BlockHeader = {
  ...block.header,
  ...legacy,
  difficulty: 131072n,
  gasLimit: 4000000n,
  gasUsed: 0n,
  timestamp: parent.timestamp + 10n,
};

describe('validateHeader before the merge', () => {
  const judge = (changes: Partial<BlockHeader>, rules: Partial<HeaderRules> = {}): string | null =>
    codeOf(() => validateHeader({ ...workChild, ...changes }, workParent, { ...work, ...rules }));

  it('refuses a number at which the difficulty has more than 256 bits, after a genesis that says such a one', () => {
    const judgeAt = (number: bigint, difficulty: bigint, fork: Fork): string | null => {
      const genesis = { ...workParent, number: number - 1n };
      return codeOf(() => validateHeader({ ...workChild, number, difficulty }, genesis, { ...work, fork }));
    };
    const last = 9_000_000n + 25_800_000n - 1n;
    expect(judgeAt(last, 131072n + (1n << 255n), 'Berlin')).to.equal(null);
    expect(judgeAt(last + 1n, 131072n + (1n << 256n), 'Berlin')).to.equal('INVALID_DIFFICULTY');
    for (const number of [last + 1n, (1n << 64n) - 1n]) {
      expect(judgeAt(number, 131072n, 'Berlin')).to.equal('INVALID_DIFFICULTY');
      expect(judgeAt(number, 0n, 'Berlin')).to.equal('INVALID_DIFFICULTY');
    }
  });

  it('checks difficulty and seal', () => {
    expect(judge({})).to.equal(null);
    expect(judge({ difficulty: 131073n })).to.equal('INVALID_DIFFICULTY');
    expect(judge({}, { verifySeal: () => true })).to.equal(null);
    expect(judge({}, { verifySeal: () => false })).to.equal('INVALID_POW');
  });

  it('names blocks on the wrong side of the merge', () => {
    const fee = { baseFeePerGas: 1000000000n, gasLimit: 8000000n };
    expect(judge({ ...fee, difficulty: 0n }, { fork: 'ArrowGlacier' })).to.equal('IMPORT_IMPOSSIBLE_PARIS_WRONG_POS');
    expect(judge({ difficulty: 0n })).to.equal('INVALID_DIFFICULTY');
    expect(judge(fee, { fork: 'Paris' })).to.equal('IMPORT_IMPOSSIBLE_PARIS_WRONG_POW');
  });

  it('doubles the parent’s gas limit and starts the base fee at the London block', () => {
    const fee = { baseFeePerGas: 1000000000n };
    expect(judge({ ...fee, gasLimit: 8000000n }, { fork: 'London' })).to.equal(null);
    expect(judge({ ...fee, gasLimit: 4000000n }, { fork: 'London' })).to.equal('INVALID_GASLIMIT');
    expect(judge({ baseFeePerGas: 875000000n, gasLimit: 8000000n }, { fork: 'London' })).to.equal(
      'INVALID_BASEFEE_PER_GAS',
    );
    expect(judge({ ...fee, gasLimit: 8000000n })).to.equal('INVALID_GASLIMIT');
    expect(judge(fee)).to.equal('INCORRECT_BLOCK_FORMAT');
    expect(judge({ gasLimit: 8000000n }, { fork: 'London' })).to.equal('INCORRECT_BLOCK_FORMAT');
  });
});

describe('validateBody', () => {
  it('accepts the block, and names a wrong withdrawals root', () => {
    expect(codeOf(() => validateBody(block, 'Cancun'))).to.equal(null);
    const wrong = decodeBlock(blockRlp('bad81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'));
    expect(codeOf(() => validateBody(wrong, 'Cancun'))).to.equal('INVALID_WITHDRAWALS_ROOT');
  });

  it('judges withdrawals, ommers and size by the fork', () => {
    expect(codeOf(() => validateBody({ ...block, withdrawals: null }, 'Cancun'))).to.equal('RLP_WITHDRAWALS_NOT_READ');
    expect(codeOf(() => validateBody(block, 'Paris'))).to.equal('INCORRECT_BLOCK_FORMAT');
    expect(codeOf(() => validateBody({ ...block, ommers: [parent] }, 'Cancun'))).to.equal(
      'IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS',
    );
    expect(codeOf(() => validateBody({ ...block, ommersHash: new Uint8Array(32) }, 'London'))).to.equal(
      'INVALID_UNCLES_HASH',
    );
    expect(codeOf(() => validateBody({ ...block, size: 8388609 }, 'Osaka'))).to.equal('RLP_BLOCK_LIMIT_EXCEEDED');
    expect(codeOf(() => validateBody({ ...block, size: 8388608 }, 'Osaka'))).to.equal(null);
    expect(codeOf(() => validateBody({ ...block, size: 8388609 }, 'Prague'))).to.equal(null);
  });
});

describe('validateOmmers', () => {
  const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
  /** Canonical chain 1..9: block n has hash n·11, parent (n-1)·11. */
  const chain = new Map<string, BlockHeader>();
  for (let n = 1; n <= 9; n++) {
    const header = {
      ...workChild,
      number: BigInt(n),
      hash: id(n * 11),
      parentHash: id(n * 11 - 11),
      timestamp: BigInt(n * 10),
    };
    chain.set(bytesToHex(header.hash), header);
  }
  const named = new Map<string, BlockHeader[]>();
  const reader = {
    header: (hash: Uint8Array) => chain.get(bytesToHex(hash)) ?? null,
    ommers: (hash: Uint8Array) => named.get(bytesToHex(hash)) ?? [],
  };
  const head = { ...workChild, number: 9n, hash: id(99), parentHash: id(88) };
  const ommer = (n: number, hash = 200 + n, changes: Partial<BlockHeader> = {}): BlockHeader => ({
    ...workChild,
    number: BigInt(n),
    hash: id(hash),
    parentHash: id(n * 11 - 11),
    timestamp: BigInt(n * 10 + 1),
    ...changes,
  });
  const judge = (...ommers: BlockHeader[]): string | null =>
    codeOf(() => validateOmmers({ header: head, ommers }, reader, () => work));

  it('accepts ommers of one to six generations', () => {
    expect(judge()).to.equal(null);
    expect(judge(ommer(8), ommer(3))).to.equal(null);
  });

  it('refuses ommers that are too old, too many, twice there, ancestors or brothers', () => {
    expect(judge(ommer(2))).to.equal('UNCLE_PARENT_INCORRECT');
    expect(judge(ommer(8), ommer(7), ommer(6))).to.equal('TOO_MANY_UNCLES');
    expect(judge(ommer(8), ommer(8))).to.equal('UNCLE_IN_CHAIN');
    expect(judge(chain.get(bytesToHex(id(77)))!)).to.equal('UNCLE_IS_ANCESTOR');
    expect(judge(ommer(9))).to.equal('UNCLE_IS_BROTHER');
    named.set(bytesToHex(id(66)), [ommer(5)]);
    expect(judge(ommer(5))).to.equal('UNCLE_IN_CHAIN');
  });

  it('judges an ommer as a header', () => {
    expect(judge(ommer(8, 250, { difficulty: 1n }))).to.equal('INVALID_DIFFICULTY');
    expect(judge(ommer(8, 250, { number: 7n }))).to.equal('INVALID_BLOCK_NUMBER');
  });
});

describe('blockDifficulty', () => {
  // From ethereum/tests, DifficultyTests: number, times of block and parent, parent's difficulty and ommers.
  for (const [fork, number, timestamp, parentTimestamp, difficulty, ommers, expected] of [
    ['Frontier', 900000n, 26181641663n, 26181641629n, 6232646151594281380n, false, 6229602867340573363n],
    ['Frontier', 4900000n, 20667349013n, 20667348993n, 2375720777579979581n, false, 2374701495157407185n],
    ['Homestead', 900000n, 16250939726n, 16250939692n, 2766794369200504832n, false, 2764092421574332592n],
    ['Homestead', 4900000n, 10802414938n, 10802414918n, 7811095506572816058n, false, 7807422232583352629n],
    ['Byzantium', 4900000n, 31443042641n, 31443042621n, 8215297295024091582n, false, 8211285919391886672n],
    ['Constantinople', 900000n, 26714258625n, 26714258591n, 1225647340004111094n, false, 1224450418773638330n],
    ['Berlin', 4900000n, 10809875800n, 10809875780n, 4590942671450725216n, false, 4588701000224430917n],
    // By EIP-100: 99 steps of a 2,048th at most.
    ['Byzantium', 3000000n, 10000n, 0n, 2n ** 40n, false, 2n ** 40n - 99n * 2n ** 29n],
    // EIP-1234 delays the bomb by 5,000,000 blocks, EIP-2384 by 9,000,000.
    ['Istanbul', 9200000n, 10n, 0n, 2n ** 30n, false, 2n ** 30n + 2n ** 40n],
    ['MuirGlacier', 9200000n, 10n, 0n, 2n ** 30n, false, 2n ** 30n + 1n],
    ['ArrowGlacier', 12500000n, 10n, 0n, 9634114544281170n, false, 9634114544346706n],
    ['ArrowGlacier', 11100000n, 82n, 0n, 9634114544281170n, true, 9601185441834906n],
    ['GrayGlacier', 13200000n, 10n, 0n, 9634114544281170n, false, 9634114544346706n],
    ['GrayGlacier', 15700000n, 1n, 0n, 9634114544281170n, false, 9641017725029046n],
  ] as const satisfies readonly (readonly [Fork, bigint, bigint, bigint, bigint, boolean, bigint])[]) {
    it(`${fork}, block ${number}`, () => {
      const input = { number, timestamp, parentTimestamp, parentDifficulty: difficulty, parentHasOmmers: ommers };
      expect(blockDifficulty(fork, input)).to.equal(expected);
    });
  }
});

describe('blockDifficulty beyond 256 bits', () => {
  it('is not worked out, and told as what it is', () => {
    const input = { timestamp: 10n, parentTimestamp: 0n, parentDifficulty: 131072n, parentHasOmmers: false };
    for (const [fork, delay] of [
      ['Frontier', 0n],
      ['GrayGlacier', 11_400_000n],
    ] as const) {
      const first = delay + 25_800_000n;
      expect(blockDifficulty(fork, { ...input, number: first - 1n }) >> 255n).to.equal(1n);
      for (const number of [first, (1n << 64n) - 1n])
        expect(() => blockDifficulty(fork, { ...input, number })).to.throw(
          RangeError,
          `block ${number} of ${fork} has a difficulty beyond 256 bits`,
        );
    }
  });
});

describe('base fee and blob gas', () => {
  it('moves the base fee by an eighth at most', () => {
    const of = (gasUsed: bigint, baseFeePerGas: bigint | null = 1000000000n): bigint =>
      nextBaseFee({ gasLimit: 20000000n, gasUsed, baseFeePerGas });
    expect([10000000n, 9000000n, 11000000n, 0n, 20000000n].map((used) => of(used))).to.deep.equal([
      1000000000n,
      987500000n,
      1012500000n,
      875000000n,
      1125000000n,
    ]);
    expect(of(10000001n, 7n)).to.equal(8n);
    expect(of(0n, 7n)).to.equal(7n);
    expect(of(20000000n, null)).to.equal(1000000000n);
  });

  it('approximates e^x as EIP-4844 does', () => {
    const cases = [
      [1n, 0n, 1n, 1n],
      [38493n, 0n, 1000n, 38493n],
      [0n, 1234n, 2345n, 0n],
      [1n, 2n, 1n, 6n],
      [1n, 6n, 2n, 18n],
      [10n, 8n, 2n, 542n],
      [2n, 5n, 2n, 23n],
      [1n, 50000000n, 2225652n, 5709098764n],
    ] as const;
    for (const [factor, numerator, denominator, expected] of cases) {
      expect(fakeExponential(factor, numerator, denominator)).to.equal(expected);
    }
    expect(blobBaseFee(0n, BLOB_SCHEDULES.Cancun)).to.equal(1n);
  });

  it('carries excess blob gas over, by the target below and the reserve price of EIP-7918 above it', () => {
    const cancunParent = { blobGasUsed: 786432n, excessBlobGas: 131072n, baseFeePerGas: 7n };
    expect(nextExcessBlobGas(cancunParent, 'Cancun', BLOB_SCHEDULES.Cancun)).to.equal(524288n);
    expect(nextExcessBlobGas({ ...cancunParent, blobGasUsed: 131072n }, 'Cancun', BLOB_SCHEDULES.Cancun)).to.equal(0n);
    const none = { blobGasUsed: null, excessBlobGas: null, baseFeePerGas: 7n };
    expect(nextExcessBlobGas(none, 'Cancun', BLOB_SCHEDULES.Cancun)).to.equal(0n);
    // The reserve price binds once 8192 · base fee exceeds 131072 · blob base fee: above 16 times the latter.
    const osaka = { blobGasUsed: 1179648n, excessBlobGas: 13107200n };
    const price = blobBaseFee(osaka.excessBlobGas, BLOB_SCHEDULES.Osaka);
    const at = (baseFeePerGas: bigint): bigint =>
      nextExcessBlobGas({ ...osaka, baseFeePerGas }, 'Osaka', BLOB_SCHEDULES.Osaka);
    expect(at(16n * price)).to.equal(13107200n + 1179648n - 786432n);
    expect(at(16n * price + 1n)).to.equal(13107200n + 393216n);
    // Exactly the target is no less than it.
    const used = 786432n;
    const atTarget = { blobGasUsed: used, excessBlobGas: 0n, baseFeePerGas: 1000n };
    expect(nextExcessBlobGas(atTarget, 'Osaka', BLOB_SCHEDULES.Osaka)).to.equal(used / 3n);
    expect(nextExcessBlobGas({ ...atTarget, blobGasUsed: used - 1n }, 'Osaka', BLOB_SCHEDULES.Osaka)).to.equal(0n);
    expect(nextExcessBlobGas(atTarget, 'Prague', BLOB_SCHEDULES.Prague)).to.equal(0n);
  });

  it('is not worked out beyond 256 bits, where the series would have no end to wait for', () => {
    const { Cancun, Osaka } = BLOB_SCHEDULES;
    const most = 256n * Cancun.baseFeeUpdateFraction;
    expect(blobBaseFee(most, Cancun) > 1n << 256n).to.equal(true);
    expect(() => blobBaseFee(most + 1n, Cancun)).to.throw(RangeError, /^excessBlobGas [0-9]+ gives a blob base fee/);
    // Only a genesis can say such a number; the block after it is no block that could be executed.
    const genesis = { ...parent, excessBlobGas: most, blobGasUsed: 786432n };
    const rich = { ...block.header, excessBlobGas: most + 393216n };
    expect(codeOf(() => validateHeader(rich, genesis, cancun))).to.equal('INCORRECT_EXCESS_BLOB_GAS');
    const parentOf = { excessBlobGas: 2n ** 64n - 1n, blobGasUsed: 786432n, baseFeePerGas: 2n ** 256n - 1n };
    expect(nextExcessBlobGas(parentOf, 'Osaka', Osaka)).to.equal(2n ** 64n - 1n);
    const chain = { fork: 'Cancun', chainId: 1n, blobSchedule: Cancun, blockHash: () => null } as const;
    expect(() => executableBlock({ ...block, header: rich }, [], chain)).to.throw(RangeError);
  });

  it('agrees with an EEST block at the reserve price (test_reserve_price_at_transition, BPO2)', () => {
    const schedule = { target: 14, max: 21, baseFeeUpdateFraction: 11684671n };
    const osaka = { blobGasUsed: 1310720n, excessBlobGas: 13107200n };
    expect(nextExcessBlobGas({ ...osaka, baseFeePerGas: 49n }, 'Osaka', schedule)).to.equal(13544106n);
    expect(nextExcessBlobGas({ ...osaka, baseFeePerGas: 48n }, 'Osaka', schedule)).to.equal(12582912n);
  });
});

describe('environment', () => {
  const hash = new Uint8Array(32).fill(5);
  const chain = { fork: 'Cancun', chainId: 1n, blobSchedule: BLOB_SCHEDULES.Cancun, blockHash: () => hash } as const;

  it('bounds BLOCKHASH to the 256 latest ancestors', () => {
    const { blockHash } = blockEnvironment({ ...block.header, number: 300n }, chain);
    expect([43n, 44n, 299n, 300n].map((n) => blockHash(n) !== null)).to.deep.equal([false, true, true, false]);
  });

  it('makes an executable block', () => {
    const made = executableBlock(block, [], chain);
    expect(made.maxBlobGas).to.equal(786432n);
    expect(made.environment.blobBaseFee).to.equal(1n);
    expect(made.environment.baseFee).to.equal(9n);
    expect(made.withdrawals).to.have.length(1);
    expect(made.parentBeaconBlockRoot).to.deep.equal(new Uint8Array(32));
    expect(() => executableBlock(block, [], { ...chain, blobSchedule: null })).to.throw(TypeError);
  });
});
