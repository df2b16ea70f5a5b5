/** SELFDESTRUCT of the coinbase and of others, and what later transactions of the block see. */

import type { Hex } from '../../src/primitives/bytes.js';
import { atLeast } from '../../src/primitives/fork.js';
import { CHILD, MORTAL, MULTICALL, PROBER, PROBER_EARLY } from '../contracts.js';
import { ETHER, type TestBuilder, words } from '../plan.js';
import { scenario } from './define.js';

function prober(t: TestBuilder): Hex {
  return t.contract('prober', atLeast(t.fork, 'ConstantinopleFix') ? PROBER : PROBER_EARLY);
}

export const destruction = scenario('destruction', 'SELFDESTRUCT and revival', [
  {
    name: 'coinbase_destroys_itself',
    description:
      'The coinbase is a contract that destroys itself, twice asked, between fee-paying transactions and probes of it.',
    forks: ['Homestead', 'Byzantium', 'London', 'Shanghai', 'Cancun', 'Osaka'],
    build(t) {
      const mortal = t.contract('mortal', MORTAL, { balance: ETHER, storage: new Map([[1n, 1n]]) });
      const probe = prober(t);
      const block = t.block({ coinbase: mortal });
      t.keyring('sender', 20).forEach((sender, i) => {
        if (i === 6) block.send(sender, { to: mortal, data: words(t.address('heir')) });
        else if (i === 13) block.send(sender, { to: mortal, data: words(mortal) });
        else if (i % 4 === 1) block.send(sender, { to: probe, data: words(mortal, BigInt(16 * i)) });
        else block.send(sender, { to: t.address('to'), value: 1n });
      });
    },
  },
  {
    name: 'destroy_and_revive',
    description:
      'A contract with storage and ether is used, destroyed in favour of a new account, probed, revived by a transfer, and used as an account without code; the heir spends.',
    forks: ['Frontier', 'EIP150', 'EIP158', 'Byzantium', 'Berlin', 'London', 'Shanghai', 'Cancun', 'Prague'],
    build(t) {
      const senders = t.keyring('sender', 5);
      const heir = t.key('heir', null);
      const probe = prober(t);
      const block = t.block();
      for (let i = 0; i < 4; i++) {
        const child = t.contract(`child/${i}`, CHILD, {
          balance: ETHER * BigInt(i + 1),
          storage: new Map([
            [1n, 4n],
            [7n, 7n],
          ]),
        });
        const [a, b, c, d, e] = senders as [typeof heir, typeof heir, typeof heir, typeof heir, typeof heir];
        block.send(a, { to: child, data: words(0n) });
        block.send(b, { to: probe, data: words(child, BigInt(64 * i + 16)) });
        block.send(c, { to: child, data: words(1n, heir.address), gas: 200_000n });
        block.send(heir, { to: t.address('spent'), value: ETHER / 2n });
        block.send(b, { to: probe, data: words(child, BigInt(64 * i + 32)) });
        if (i % 2 === 0) block.send(d, { to: child, value: 77n, gas: 100_000n });
        block.send(e, { to: child, data: words(0n), value: BigInt(i) });
        block.send(b, { to: probe, data: words(child, BigInt(64 * i + 48)) });
      }
    },
  },
  {
    name: 'destroy_to_self_and_dead',
    description:
      'Contracts destroy themselves in favour of themselves, of each other, and of one destroyed just before.',
    forks: ['Homestead', 'Byzantium', 'Istanbul', 'London', 'Cancun', 'Osaka'],
    build(t) {
      const mortals = Array.from({ length: 6 }, (_, i) =>
        t.contract(`mortal/${i}`, MORTAL, { balance: ETHER * BigInt(i + 1) }),
      );
      const probe = prober(t);
      const heirs = [0, 0, 1, 4, 3, 2].map((i) => mortals[i]!);
      const block = t.block();
      t.keyring('sender', 18).forEach((sender, i) => {
        const at = Math.floor(i / 3);
        if (i % 3 === 0) block.send(sender, { to: mortals[at]!, data: words(heirs[at]!) });
        if (i % 3 === 1) block.send(sender, { to: probe, data: words(heirs[at]!, BigInt(16 * i)) });
        if (i % 3 === 2) block.send(sender, { to: mortals[(at + 5) % 6]!, value: 10n, gas: 60_000n });
      });
    },
  },
  {
    name: 'empty_accounts',
    description:
      'Empty accounts stand in the pre-state; zero-value calls touch them (deleting them since EIP-161), transfers bring some back, and later calls pay for new accounts or do not.',
    forks: ['Frontier', 'Homestead', 'EIP150', 'EIP158', 'Byzantium', 'Berlin', 'Paris', 'Osaka'],
    build(t) {
      const empties = Array.from({ length: 4 }, (_, i) => t.account(t.address(`empty/${i}`), {}));
      const absent = Array.from({ length: 3 }, (_, i) => t.address(`absent/${i}`));
      const multicall = t.contract('multicall', MULTICALL, { balance: ETHER });
      const probe = prober(t);
      const block = t.block();
      const targets = [...empties, ...absent];
      const senders = t.keyring('sender', 7);
      targets.forEach((target, i) => {
        const sender = senders[i]!;
        const next = targets[(i + 1) % targets.length]!;
        block.send(sender, { to: probe, data: words(target, BigInt(64 * i + 16)) });
        block.send(sender, { to: multicall, data: words(target, 0n, next, 0n), gas: 1_000_000n });
        block.send(sender, { to: probe, data: words(target, BigInt(64 * i + 32)) });
        if (i % 2 === 0) block.send(sender, { to: target, value: 0n });
        if (i % 3 === 0) block.send(sender, { to: target, value: 5n });
        block.send(sender, { to: multicall, data: words(target, BigInt(i % 2), next, 0n), gas: 1_000_000n });
        block.send(sender, { to: probe, data: words(next, BigInt(64 * i + 48)) });
      });
    },
  },
]);
