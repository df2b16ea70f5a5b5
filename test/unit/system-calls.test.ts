import { expect } from 'chai';
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../src/transition/block/system-calls.js';
import { VM_NAMES } from '../../src/vm/name.js';
import {
  blockOf,
  callOf,
  contract,
  place,
  send,
  sender,
  senders,
  slotAfter,
  valid,
} from '../support/conflict-block.js';
import { SharedExecutors } from '../support/executors.js';
import { addressHex } from '../support/keys.js';

const SYSTEM_CONTRACTS = [
  BEACON_ROOTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
].map(bytesToHex);

const COLD = 2600n;
const WARM = 100n;

/** What reaches an account, and its gas besides the access (EIP-2929): operands of 2 or 3, POP, the second GAS, the callee's. */
const TOUCHES: readonly (readonly [source: string, besides: bigint])[] = [
  [`${addressHex(1)} BALANCE`, 7n],
  [`${addressHex(2)} EXTCODESIZE`, 7n],
  [`${addressHex(3)} EXTCODEHASH`, 7n],
  [callOf(addressHex(4), 0n, '100'), 21n + 15n + 4n],
  [`0 0 0 0 ${addressHex(5)} 0 STATICCALL`, 18n + 4n],
  [`${addressHex(17)} BALANCE`, 7n],
  ['ADDRESS BALANCE', 6n],
  ['COINBASE BALANCE', 6n],
  ['CALLER BALANCE', 6n],
];

/** Measures each touch, in two rounds, and then stores the prices: the library takes the account of a warm slot for warm. */
const ROUNDS = [...TOUCHES, ...TOUCHES];
const METER = [
  ...ROUNDS.map(([source]) => `GAS ${source} POP GAS SWAP1 SUB`),
  ...ROUNDS.map((_, i) => `${ROUNDS.length - i} SSTORE`),
].join(' ');

describe('system calls', function () {
  this.timeout(20_000);
  const executors = new SharedExecutors();
  after(() => executors.close());

  const accounts = {
    ...senders(1),
    [place(0)]: contract(METER),
    ...Object.fromEntries(SYSTEM_CONTRACTS.map((address) => [address, contract(METER)])),
  };
  const block = blockOf('Prague', [send(sender(0), place(0), { gasLimit: 1_000_000n })], { mode: 'block' });

  for (const vm of VM_NAMES) {
    it(`begin with an empty access set, without precompiles (${vm})`, async () => {
      const database = Database.from(Object.entries(accounts) as [Hex, AccountState][]);
      for (const threads of [0, 2]) {
        const outcome = valid(await (await executors.of(threads, vm)).execute(database, block));
        const prices = (address: Hex) =>
          TOUCHES.flatMap((_, i) => [i, i + TOUCHES.length]).map((i) => {
            const [source, besides] = TOUCHES[i % TOUCHES.length] as (typeof TOUCHES)[number];
            return [source, (slotAfter(outcome, address, BigInt(i + 1)) as bigint) - besides];
          });
        const cold = TOUCHES.flatMap(([source]) => [
          [source, COLD],
          [source, WARM],
        ]);
        for (const address of SYSTEM_CONTRACTS) expect(prices(address), address).to.deep.equal(cold);
        // A transaction finds them warm: precompiles, its target, its sender and the beneficiary.
        const warm = TOUCHES.flatMap(([source]) => [
          [source, WARM],
          [source, WARM],
        ]);
        expect(prices(place(0)), 'transaction').to.deep.equal(warm);
      }
    });
  }
});
