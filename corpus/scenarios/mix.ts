/** Random blocks over a few hot accounts and contracts. */

import { BALANCE_READER, COINBASE_READER, COUNTER, LOGGER, POOL, REVERT_IF_ODD, SLOT_WRITER } from '../contracts.js';
import { ETHER, randomSource, type TestBuilder, words } from '../plan.js';
import { scenario } from './define.js';
import { token, transferData } from './tokens.js';

/** Fills `blocks` blocks of `size` transactions; half of all picks fall on the first two candidates. */
function randomBlocks(t: TestBuilder, seed: number, blocks: number, size: number): void {
  const below = randomSource(seed * 7_919 + size);
  const hot = (count: number): number => (below(2) === 0 ? below(2) : below(count));
  const users = t.keyring('user', 16, 1_000n * ETHER);
  const tokens = ['a', 'b'].map((label) => token(t, `token/${label}`, users.slice(0, 12), 500n));
  const counter = t.contract('counter', COUNTER);
  const pool = t.contract('pool', POOL, {
    storage: new Map([
      [0n, 10n ** 18n],
      [1n, 10n ** 18n],
    ]),
  });
  const odd = t.contract('odd', REVERT_IF_ODD);
  const slots = t.contract('slots', SLOT_WRITER);
  const logger = t.contract('logger', LOGGER);
  const reader = t.contract('coinbase reader', COINBASE_READER);
  const balances = t.contract('balance reader', BALANCE_READER);
  for (let b = 0; b < blocks; b++) {
    const block = t.block({ coinbase: b % 2 === 0 ? t.address('coinbase') : users[0]!.address });
    for (let i = 0; i < size; i++) {
      const from = users[hot(users.length)]!;
      const to = users[hot(users.length)]!.address;
      const n = BigInt(i);
      switch (below(10)) {
        case 0:
        case 1:
          block.send(from, { to, value: ETHER * BigInt(below(3)) });
          break;
        case 2:
        case 3:
          block.send(from, { to: tokens[hot(2)]!, data: transferData(to, BigInt(below(200))), gas: 150_000n });
          break;
        case 4:
          block.send(from, { to: counter, data: words(n) });
          break;
        case 5:
          block.send(from, { to: pool, data: words(BigInt(below(10 ** 9))) });
          break;
        case 6:
          block.send(from, { to: odd, data: below(2) === 0 ? words(1n) : '0x' });
          break;
        case 7:
          block.send(from, { to: slots, data: words(BigInt(below(6)), BigInt(below(6)), BigInt(below(2))) });
          break;
        case 8:
          block.send(from, { to: logger, data: words(BigInt(below(3))) });
          break;
        default:
          if (below(2) === 0) block.send(from, { to: reader, data: words(n + 16n) });
          else block.send(from, { to: balances, data: words(n), value: 3n });
      }
    }
  }
}

export const mix = scenario('mix', 'random mixes over hot accounts and contracts', [
  {
    name: 'mix_small',
    description: 'Three blocks of 25 random transactions.',
    forks: ['Homestead', 'EIP158', 'Byzantium', 'Istanbul', 'Berlin', 'London', 'Shanghai', 'Cancun'],
    build: (t, seed) => randomBlocks(t, seed, 3, 25),
  },
  {
    name: 'mix_large',
    description: 'Two blocks of 100 random transactions.',
    forks: ['Prague', 'Osaka'],
    build: (t, seed) => randomBlocks(t, seed, 2, 100),
  },
]);
