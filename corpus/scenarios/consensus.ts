/** What surrounds the transactions: withdrawals, requests, and blocks that build on blocks. */

import type { Hex } from '../../src/primitives/bytes.js';
import { CHILD_INIT, COUNTER, DEPOSIT_LOGGER, PROBER, SLOT_WRITER } from '../contracts.js';
import { ETHER, GWEI, join, word, words } from '../plan.js';
import { BLOCK_HASHES, CONSOLIDATION_REQUESTS, DEPOSIT_ADDRESS, WITHDRAWAL_REQUESTS } from '../system.js';
import { createAddress, scenario } from './define.js';
import { token, transferData } from './tokens.js';

/** `length` bytes of hex that start with `number`. */
function filler(number: number, length: number): Hex {
  return `0x${number.toString(16).padStart(2, '0')}${'ab'.repeat(length - 1)}`;
}

/** Data of a well-formed EIP-6110 deposit event: five ABI-encoded byte strings, 576 bytes. */
function depositData(number: number): Hex {
  const field = (length: number): Hex => {
    const padding = '00'.repeat((32 - (length % 32)) % 32);
    return join(word(BigInt(length)), filler(number, length), `0x${padding}`);
  };
  return join(words(160n, 256n, 320n, 384n, 512n), field(48), field(32), field(8), field(96), field(8));
}

export const consensus = scenario('consensus', 'withdrawals, requests and chains of blocks', [
  {
    name: 'withdrawals',
    description:
      'Withdrawals go to senders, recipients, the coinbase, an absent account, an empty one (amount zero) and a contract of the block; the next block spends them.',
    forks: ['Shanghai', 'Cancun', 'Prague'],
    build(t) {
      const senders = t.keyring('sender', 6, ETHER);
      const late = t.key('late', null);
      const empty = t.account(t.address('empty'), {});
      const counter = t.contract('counter', COUNTER);
      const probe = t.contract('prober', PROBER);
      for (let b = 0; b < 3; b++) {
        const block = t.block({
          withdrawals: [
            { address: senders[0]!.address, amount: 1_000_000n },
            { address: late.address, amount: 2_000_000_000n },
            { address: late.address, amount: 1n },
            { address: empty, amount: 0n },
            { address: t.address('coinbase'), amount: 5n },
            { address: counter, amount: 7n },
            { address: t.address('nobody'), amount: 0n },
          ],
        });
        senders.forEach((sender, i) => {
          block.send(sender, { to: t.address('to'), value: ETHER / 8n });
          block.send(sender, { to: counter, data: words(BigInt(i)) });
          block.send(sender, { to: probe, data: words(i % 2 === 0 ? late.address : empty, BigInt(64 * (6 * b + i))) });
        });
        if (b > 0) block.send(late, { to: senders[1]!.address, value: 2n * ETHER - ETHER / 4n });
      }
    },
  },
  {
    name: 'requests',
    description:
      'Withdrawal and consolidation requests (EIP-7002, EIP-7251) from many senders share one queue, with more of them than a block may take out; fees rise for the next block, where low ones revert. Deposit logs (EIP-6110) stand between.',
    forks: ['Prague', 'Osaka'],
    build(t) {
      t.account(DEPOSIT_ADDRESS, { nonce: 1n, code: DEPOSIT_LOGGER });
      const senders = t.keyring('sender', 20);
      for (let b = 0; b < 3; b++) {
        const block = t.block();
        senders.forEach((sender, i) => {
          const number = 20 * b + i;
          const withdrawal = join(filler(number, 48), `0x${'00'.repeat(7)}${(i + 1).toString(16).padStart(2, '0')}`);
          const value = b > 0 && i % 4 === 0 ? 1n : 5n;
          block.send(sender, { to: WITHDRAWAL_REQUESTS.address, data: withdrawal, value, gas: 300_000n });
          if (i % 6 === 1) {
            const data = join(filler(number, 48), filler(number + 100, 48));
            block.send(sender, { to: CONSOLIDATION_REQUESTS.address, data, value: 4n, gas: 400_000n });
          }
          if (i % 5 === 2) {
            block.send(sender, { to: DEPOSIT_ADDRESS, data: depositData(number), gas: 200_000n });
          }
          if (i % 10 === 9) block.send(sender, { to: BLOCK_HASHES.address, data: words(BigInt(b)), gas: 100_000n });
        });
      }
    },
  },
  {
    name: 'multi_block',
    description:
      'A contract deployed in block 1 is used in block 2 and destroyed in block 3; balances and a token carry over, and the blocks are full enough to move the base fee.',
    forks: ['Frontier', 'Byzantium', 'Berlin', 'London', 'Shanghai', 'Osaka'],
    options: { gasLimit: 2_000_000n, baseFee: GWEI },
    build(t) {
      const deployer = t.key('deployer');
      const users = t.keyring('user', 6);
      const child = createAddress(deployer.address, 0);
      const coin = token(t, 'token', users.slice(0, 2), 1_000n);
      const writer = t.contract('writer', SLOT_WRITER);
      for (let b = 0; b < 3; b++) {
        const block = t.block({ delay: [12n, 5n, 30n][b]!, coinbase: users[b]!.address });
        if (b === 0) block.send(deployer, { to: null, data: CHILD_INIT, value: ETHER, gas: 300_000n });
        users.forEach((user, i) => {
          const next = users[(i + 1) % 6]!.address;
          block.send(user, { to: coin, data: transferData(next, 100n * BigInt(b + 1)), gas: 100_000n });
          if (i % 2 === 0) block.send(user, { to: child, data: words(0n), gas: 120_000n });
        });
        block.send(users[5]!, { to: writer, data: words(BigInt(40 * b), 30n, 1n), gas: 900_000n });
        if (b === 2) block.send(deployer, { to: child, data: words(1n, users[0]!.address), gas: 100_000n });
      }
    },
  },
]);
