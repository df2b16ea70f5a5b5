/** State tests in the official format, as text, for what is made of them. */
import { addressHex } from './keys.js';

/** What the tests call: adds its calldata to slot 0, and keeps the value that comes along. */
export const CONTRACT = addressHex(0xca11);
const CODE = '0x60005460003501600055';
const ZERO_HASH = `0x${'00'.repeat(32)}`;

export interface StateTestOptions {
  /** Of the first index; hex. */
  readonly gasLimit?: string;
  readonly data?: string;
  /** Of the contract; hex. */
  readonly code?: string;
  /** A third index, with 20,000 gas, is expected to be rejected so. */
  readonly exception?: string;
}

/** A file with the test `counter` on these forks: two indexes of data, a transfer of 3 wei with each. */
export function stateTestFile(forks: readonly string[], options: StateTestOptions = {}): string {
  const { gasLimit = '0x0249f0', data = `0x${'00'.repeat(31)}07`, code = CODE, exception } = options;
  const post = (indexes: { data: number; gas: number; value: number }, expectException?: string): object => ({
    hash: ZERO_HASH,
    logs: ZERO_HASH,
    indexes,
    ...(expectException === undefined ? {} : { expectException }),
  });
  const indexes = [post({ data: 0, gas: 0, value: 0 }), post({ data: 1, gas: 0, value: 0 })];
  if (exception !== undefined) indexes.push(post({ data: 0, gas: 1, value: 0 }, exception));
  return JSON.stringify({
    counter: {
      env: {
        currentCoinbase: '0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba',
        currentGasLimit: '0x5f5e100',
        currentNumber: '0x01',
        currentTimestamp: '0x03e8',
        currentDifficulty: '0x020000',
        currentBaseFee: '0x0a',
        currentRandom: '0x020000',
        currentExcessBlobGas: '0x00',
      },
      pre: {
        [CONTRACT]: { nonce: '0x00', balance: '0x05', code, storage: { '0x00': '0x01' } },
        '0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b': {
          nonce: '0x00',
          balance: '0x0de0b6b3a7640000',
          code: '0x',
          storage: {},
        },
      },
      transaction: {
        data: [data, '0x'],
        gasLimit: [gasLimit, '0x4e20'],
        value: ['0x03'],
        gasPrice: '0x0a',
        nonce: '0x00',
        to: CONTRACT,
        secretKey: '0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8',
      },
      post: Object.fromEntries(forks.map((fork) => [fork, indexes])),
    },
  });
}
