import { expect } from 'chai';
import type { Fork } from '../../src/primitives/fork.js';
import { intrinsicGas } from '../../src/transition/transaction/intrinsic.js';
import {
  precedesAdmission,
  validateAdmission,
  validateSender,
  validateStatic,
} from '../../src/transition/transaction/validate.js';
import type { Transaction } from '../../src/transition/types.js';
import type { BlockEnvironment, Vm } from '../../src/vm/vm.js';

const TO = new Uint8Array(20).fill(1);
const BLOB_HASH = new Uint8Array(32).fill(1);
const AUTHORIZATION = { chainId: 1n, address: TO, nonce: 0n, authority: null };
const PRAGUE_BLOB_GAS = 9n * 131_072n;

function transaction(fields: Partial<Transaction> = {}): Transaction {
  return {
    type: 2,
    chainId: 1n,
    nonce: 0n,
    gasLimit: 1_000_000n,
    maxFeePerGas: 30n,
    maxPriorityFeePerGas: 3n,
    to: TO,
    value: 0n,
    data: new Uint8Array(0),
    accessList: [],
    maxFeePerBlobGas: 5n,
    blobVersionedHashes: [],
    authorizations: [],
    sender: TO,
    ...fields,
  };
}

function environment(fork: Fork): BlockEnvironment {
  return {
    fork,
    chainId: 1n,
    number: 1n,
    timestamp: 1n,
    coinbase: TO,
    gasLimit: 30_000_000n,
    difficulty: 0n,
    prevRandao: new Uint8Array(32),
    baseFee: 10n,
    blobBaseFee: 2n,
    blockHash: () => null,
  };
}

describe('intrinsicGas', () => {
  const data = Uint8Array.of(0, 1, 2, 0, 3);
  const of = (fields: Partial<Transaction>, fork: Fork) => intrinsicGas(transaction(fields), fork);

  it('prices calldata by fork (EIP-2028)', () => {
    expect(of({ data }, 'Constantinople').intrinsic).to.equal(21_000n + 2n * 4n + 3n * 68n);
    expect(of({ data }, 'Istanbul').intrinsic).to.equal(21_000n + 2n * 4n + 3n * 16n);
  });

  it('prices creations from Homestead on, and their init code from Shanghai on', () => {
    const init = { to: null, data: new Uint8Array(33) };
    expect(of(init, 'Frontier').intrinsic).to.equal(21_132n);
    expect(of(init, 'Homestead').intrinsic).to.equal(53_132n);
    expect(of(init, 'Paris').intrinsic).to.equal(53_132n);
    expect(of(init, 'Shanghai').intrinsic).to.equal(53_136n);
  });

  it('prices access lists and authorizations', () => {
    const accessList = [
      { address: TO, slots: [BLOB_HASH, BLOB_HASH] },
      { address: TO, slots: [] },
    ];
    expect(of({ accessList }, 'Berlin').intrinsic).to.equal(21_000n + 2n * 2_400n + 2n * 1_900n);
    expect(of({ authorizations: [AUTHORIZATION, AUTHORIZATION] }, 'Prague').intrinsic).to.equal(71_000n);
  });

  it('sets a floor from Prague on (EIP-7623)', () => {
    expect(of({ data }, 'Cancun').floor).to.equal(0n);
    expect(of({ data }, 'Prague').floor).to.equal(21_000n + 10n * (2n + 3n * 4n));
  });
});

describe('validateStatic', () => {
  function codeOf(fields: Partial<Transaction>, fork: Fork = 'Prague', maxBlobGas = PRAGUE_BLOB_GAS): string | null {
    return validateStatic(transaction(fields), environment(fork), maxBlobGas)?.code ?? null;
  }
  const blobs = (count: number, fields: Partial<Transaction> = {}): Partial<Transaction> => ({
    type: 3,
    blobVersionedHashes: new Array<Uint8Array>(count).fill(BLOB_HASH),
    ...fields,
  });

  it('accepts what is right', () => {
    expect(codeOf({})).to.equal(null);
    expect(codeOf(blobs(9))).to.equal(null);
    expect(codeOf(blobs(6), 'Osaka')).to.equal(null);
    expect(codeOf({ type: 4, authorizations: [AUTHORIZATION] })).to.equal(null);
  });

  it('knows types by fork', () => {
    expect(codeOf({}, 'Berlin')).to.equal('TYPE_2_TX_PRE_FORK');
    expect(codeOf({ type: 4 }, 'Cancun')).to.equal('TYPE_4_TX_PRE_FORK');
  });

  it('tells intrinsic gas from the floor', () => {
    const data = new Uint8Array(100).fill(1);
    expect(codeOf({ data, gasLimit: 22_599n })).to.equal('INTRINSIC_GAS_TOO_LOW');
    expect(codeOf({ data, gasLimit: 24_999n })).to.equal('INTRINSIC_GAS_BELOW_FLOOR_GAS_COST');
    expect(codeOf({ data, gasLimit: 25_000n })).to.equal(null);
  });

  it('limits nonce, init code and gas', () => {
    expect(codeOf({ nonce: 2n ** 64n - 1n }, 'London')).to.equal('NONCE_IS_MAX');
    expect(codeOf({ nonce: 2n ** 64n - 2n }, 'London')).to.equal(null);
    const init = { to: null, data: new Uint8Array(49_153) };
    expect(codeOf(init, 'Shanghai')).to.equal('INITCODE_SIZE_EXCEEDED');
    expect(codeOf(init, 'Paris')).to.equal(null);
    expect(codeOf({ to: null, data: new Uint8Array(49_152) }, 'Shanghai')).to.equal(null);
    expect(codeOf({ gasLimit: 16_777_217n }, 'Osaka')).to.equal('GAS_LIMIT_EXCEEDS_MAXIMUM');
    expect(codeOf({ gasLimit: 16_777_216n }, 'Osaka')).to.equal(null);
    expect(codeOf({ gasLimit: 16_777_217n }, 'Prague')).to.equal(null);
  });

  it('checks the fees', () => {
    expect(codeOf({ maxPriorityFeePerGas: 31n })).to.equal('PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS');
    expect(codeOf({ maxFeePerGas: 9n })).to.equal('INSUFFICIENT_MAX_FEE_PER_GAS');
    expect(codeOf({ maxFeePerGas: 9n, gasLimit: 0n })).to.equal('INSUFFICIENT_MAX_FEE_PER_GAS');
    expect(codeOf({ maxFeePerGas: 2n ** 250n })).to.equal('GASLIMIT_PRICE_PRODUCT_OVERFLOW');
    expect(codeOf({ maxFeePerGas: 2n ** 200n, gasLimit: 2n ** 56n })).to.equal('GASLIMIT_PRICE_PRODUCT_OVERFLOW');
    expect(codeOf({ maxFeePerGas: 2n ** 200n, gasLimit: 2n ** 56n - 1n })).to.equal(null);
  });

  it('checks blobs', () => {
    expect(codeOf(blobs(0))).to.equal('TYPE_3_TX_ZERO_BLOBS');
    expect(codeOf(blobs(10))).to.equal('TYPE_3_TX_BLOB_COUNT_EXCEEDED');
    expect(codeOf(blobs(7), 'Osaka')).to.equal('TYPE_3_TX_BLOB_COUNT_EXCEEDED');
    expect(codeOf(blobs(10), 'Osaka')).to.equal('TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED');
    expect(codeOf(blobs(1, { to: null }))).to.equal('TYPE_3_TX_CONTRACT_CREATION');
    expect(codeOf(blobs(1, { maxFeePerBlobGas: 1n }))).to.equal('INSUFFICIENT_MAX_FEE_PER_BLOB_GAS');
    for (const version of [0, 2]) {
      const wrong = [BLOB_HASH, new Uint8Array(32).fill(version)];
      expect(codeOf(blobs(0, { blobVersionedHashes: wrong }))).to.equal('TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH');
    }
  });

  it('checks authorizations', () => {
    expect(codeOf({ type: 4 })).to.equal('TYPE_4_EMPTY_AUTHORIZATION_LIST');
    expect(codeOf({ type: 4, to: null, authorizations: [AUTHORIZATION] })).to.equal('TYPE_4_TX_CONTRACT_CREATION');
  });
});

describe('validateSender', () => {
  it('asks for gas, value and blobs to be paid for', () => {
    const codeOf = (fields: Partial<Transaction>, balance: bigint): string | null => {
      const account = { nonce: () => 0n, balance: () => balance, code: () => ({ bytes: new Uint8Array(0) }) };
      return validateSender(transaction(fields), environment('Cancun'), account as unknown as Vm)?.code ?? null;
    };
    const due = 1_000_000n * 30n + 7n;
    const blob = { type: 3, blobVersionedHashes: [BLOB_HASH, BLOB_HASH] } as const;
    for (const [fields, least] of [
      [{ value: 7n }, due],
      [{ value: 7n, ...blob }, due + 2n * 131_072n * 5n],
    ] as const) {
      expect(codeOf(fields, least)).to.equal(null);
      expect(codeOf(fields, least - 1n)).to.equal('INSUFFICIENT_ACCOUNT_FUNDS');
    }
  });
});

describe('validateAdmission', () => {
  const admit = (fields: Partial<Transaction>, gasUsed: bigint, blobGasUsed = 0n): string | null =>
    validateAdmission(transaction(fields), environment('Prague'), gasUsed, blobGasUsed, PRAGUE_BLOB_GAS)?.code ?? null;

  it('counts gas limits against the gas left', () => {
    expect(admit({}, 29_000_000n)).to.equal(null);
    expect(admit({}, 29_000_001n)).to.equal('GAS_ALLOWANCE_EXCEEDED');
  });

  it('counts blob gas against the blob gas left', () => {
    const blob: Partial<Transaction> = { type: 3, blobVersionedHashes: [BLOB_HASH] };
    expect(admit(blob, 0n, 8n * 131_072n)).to.equal(null);
    expect(admit(blob, 0n, 8n * 131_072n + 1n)).to.equal('TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED');
    expect(admit({}, 0n, PRAGUE_BLOB_GAS)).to.equal(null);
  });

  it('comes after the type and the number of blobs, and before all else', () => {
    expect(precedesAdmission('TYPE_2_TX_PRE_FORK')).to.equal(true);
    expect(precedesAdmission('TYPE_3_TX_BLOB_COUNT_EXCEEDED')).to.equal(true);
    expect(precedesAdmission('INTRINSIC_GAS_TOO_LOW')).to.equal(false);
    expect(precedesAdmission('NONCE_MISMATCH_TOO_LOW')).to.equal(false);
  });
});
