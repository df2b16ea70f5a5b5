/** Blocks of several transactions that must be rejected, each followed by a valid one on the same parent. */

import { atLeast } from '../../src/primitives/fork.js';
import { COUNTER, DELEGATE_Y } from '../contracts.js';
import { blobHash } from '../fill.js';
import { type BlockBuilder, ETHER, type HeaderFault, type Key, type TestBuilder, words } from '../plan.js';
import { scenario, type TestDefinition } from './define.js';

interface Cast {
  readonly senders: Key[];
  readonly poor: Key;
  readonly counter: `0x${string}`;
}

function cast(t: TestBuilder): Cast {
  return { senders: t.keyring('sender', 6), poor: t.key('poor', ETHER), counter: t.contract('counter', COUNTER) };
}

/** Valid transactions that all conflict on one slot. */
function crowd(block: BlockBuilder, { senders, counter }: Cast): void {
  senders.forEach((sender, i) => {
    block.send(sender, { to: counter, data: words(BigInt(i)), gas: 100_000n });
  });
}

/** A test: a valid block, an invalid one by `break_`, and a valid one again. */
function rejected(
  name: string,
  description: string,
  exception: string,
  forks: TestDefinition['forks'],
  breakBlock: (block: BlockBuilder, cast: Cast, t: TestBuilder) => void,
  options: TestDefinition['options'] = {},
): TestDefinition {
  return {
    name,
    description,
    forks,
    options,
    build(t) {
      const people = cast(t);
      crowd(t.block(), people);
      breakBlock(t.block({ exception: `TransactionException.${exception}` }), people, t);
      const after = t.block();
      crowd(after, people);
      after.send(people.poor, { to: people.senders[0]!.address, value: ETHER / 2n });
    },
  };
}

function faulty(fault: HeaderFault, exception: string, forks: TestDefinition['forks']): TestDefinition {
  return {
    name: `invalid_${fault}`,
    description: `The header's ${fault} does not match what the transactions do; the same block with the right one follows.`,
    forks,
    build(t) {
      const people = cast(t);
      const withdrawals = atLeast(t.fork, 'Shanghai') ? [{ address: people.poor.address, amount: 3n }] : [];
      crowd(t.block({ exception: `BlockException.${exception}`, fault, withdrawals }), people);
      crowd(t.block({ withdrawals }), people);
    },
  };
}

export const invalid = scenario('invalid', 'blocks that must be rejected', [
  rejected(
    'invalid_nonce_too_low',
    'The third transaction repeats a nonce that the first one used up.',
    'NONCE_MISMATCH_TOO_LOW',
    ['Homestead', 'Byzantium', 'London', 'Cancun', 'Osaka'],
    (block, { senders: [a, b], counter }) => {
      block.send(a!, { to: counter, data: words(1n) }).send(b!, { to: counter, data: words(2n) });
      block.sendInvalid(a!, { to: counter, data: words(3n), nonce: a!.nonce - 1n });
      block.send(b!, { to: counter, data: words(4n) });
    },
  ),
  rejected(
    'invalid_nonce_too_high',
    'A sender skips one nonce after two good transactions.',
    'NONCE_MISMATCH_TOO_HIGH',
    ['Byzantium', 'Berlin', 'Osaka'],
    (block, { senders: [a, b], counter }) => {
      block.send(a!, { to: counter, data: words(1n) }).send(a!, { to: b!.address, value: 2n });
      block.sendInvalid(a!, { to: counter, data: words(3n), nonce: a!.nonce + 1n });
      block.send(b!, { to: counter, data: words(4n) });
    },
  ),
  rejected(
    'invalid_funds_spent',
    'The sender had enough before the block, but an earlier transaction of its own spent it.',
    'INSUFFICIENT_ACCOUNT_FUNDS',
    ['Frontier', 'Istanbul', 'London', 'Prague', 'Osaka'],
    (block, { senders: [a, b], poor, counter }) => {
      block.send(a!, { to: counter, data: words(1n) });
      block.send(poor, { to: b!.address, value: (ETHER * 3n) / 4n });
      block.sendInvalid(poor, { to: a!.address, value: ETHER / 2n });
      block.send(b!, { to: counter, data: words(2n) });
    },
  ),
  rejected(
    'invalid_funds_drained',
    "Another sender's call to the delegated account pays out half of what it has, so that its own transfer cannot be paid.",
    'INSUFFICIENT_ACCOUNT_FUNDS',
    ['Prague', 'Osaka'],
    (block, { senders: [a, b], poor, counter }, t) => {
      const y = t.contract('y', DELEGATE_Y);
      block.send(a!, { to: counter, data: '0x', authorizations: [t.authorize(poor, y)] });
      block.send(b!, { to: poor.address, data: words(a!.address) });
      block.sendInvalid(poor, { to: a!.address, value: (ETHER * 3n) / 4n });
    },
  ),
  rejected(
    'invalid_first_of_two_errors',
    'Two transactions are bad, in different ways: the error is that of the first.',
    'NONCE_MISMATCH_TOO_LOW',
    ['Byzantium', 'London', 'Osaka'],
    (block, { senders: [a, b], poor, counter }) => {
      block.send(a!, { to: counter, data: words(1n) }).send(poor, { to: b!.address, value: (ETHER * 3n) / 4n });
      block.sendInvalid(a!, { to: counter, data: words(3n), nonce: a!.nonce - 1n });
      block.sendInvalid(poor, { to: a!.address, value: ETHER / 2n });
      block.send(b!, { to: counter, data: words(4n) });
    },
  ),
  rejected(
    'invalid_gas_allowance',
    "The last transaction's gas limit no longer fits into what the ones before have left of the block's.",
    'GAS_ALLOWANCE_EXCEEDED',
    ['Frontier', 'Byzantium', 'London', 'Prague'],
    (block, people) => {
      crowd(block, people);
      block.sendInvalid(people.senders[0]!, { to: people.counter, data: words(1n), gas: 900_000n });
    },
    { gasLimit: 1_000_000n },
  ),
  rejected(
    'invalid_max_fee',
    'The third transaction offers less per gas than the base fee.',
    'INSUFFICIENT_MAX_FEE_PER_GAS',
    ['London', 'Shanghai', 'Osaka'],
    (block, { senders: [a, b, c], counter }) => {
      block.send(a!, { to: counter, data: words(1n) }).send(b!, { to: counter, data: words(2n) });
      block.sendInvalid(c!, { to: counter, data: words(3n), type: 2, tip: 1n, feeSlack: -2n });
    },
  ),
  rejected(
    'invalid_intrinsic_gas',
    'The fourth transaction does not pay for its own calldata.',
    'INTRINSIC_GAS_TOO_LOW',
    ['Homestead', 'Berlin', 'Shanghai'],
    (block, { senders: [a, b, c, d], counter }) => {
      for (const sender of [a!, b!, c!]) block.send(sender, { to: counter, data: words(1n) });
      block.sendInvalid(d!, { to: counter, data: words(3n), gas: 21_001n });
    },
  ),
  rejected(
    'invalid_blob_allowance',
    "The blobs of the last transaction exceed the block's blob gas, of which others have used most.",
    'TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED',
    ['Cancun', 'Prague', 'Osaka'],
    (block, { senders: [a, b, c, d] }, t) => {
      const hashes = (count: number): `0x${string}`[] => Array.from({ length: count }, (_, i) => blobHash(BigInt(i)));
      const most = atLeast(t.fork, 'Prague') ? 4 : 3;
      block.send(a!, { to: b!.address, blobHashes: hashes(most) }).send(b!, { to: c!.address, value: 3n });
      block.send(c!, { to: a!.address, blobHashes: hashes(2) });
      block.sendInvalid(d!, { to: a!.address, blobHashes: hashes(4) });
    },
  ),
  faulty('stateRoot', 'INVALID_STATE_ROOT', ['Frontier', 'Byzantium', 'London', 'Osaka']),
  faulty('gasUsed', 'INVALID_GAS_USED', ['Homestead', 'Istanbul', 'Shanghai', 'Prague']),
  faulty('receiptTrie', 'INVALID_RECEIPTS_ROOT', ['EIP158', 'London', 'Osaka']),
  faulty('logsBloom', 'INVALID_LOG_BLOOM', ['Byzantium', 'Cancun']),
  faulty('transactionsTrie', 'INVALID_TRANSACTIONS_ROOT', ['Berlin', 'Osaka']),
  faulty('withdrawalsRoot', 'INVALID_WITHDRAWALS_ROOT', ['Shanghai', 'Osaka']),
  faulty('requestsHash', 'INVALID_REQUESTS', ['Prague', 'Osaka']),
  faulty('blobGasUsed', 'INCORRECT_BLOB_GAS_USED', ['Cancun', 'Osaka']),
]);
