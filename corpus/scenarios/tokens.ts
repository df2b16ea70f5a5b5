/** ERC-20 transfers: conflicts on mapping slots instead of accounts. */

import { word } from '../../contracts/abi.js';
import { mappingSlot } from '../../contracts/storage.js';
import { bytesToBigInt, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { COUNTER, POOL, PROXY, PROXY_IMPLEMENTATION_SLOT, REGISTER, TOKEN } from '../contracts.js';
import { join, type Key, type TestBuilder, words } from '../plan.js';
import { scenario } from './define.js';

/** Calldata of `transfer(to, amount)`. */
export function transferData(to: Hex, amount: bigint): Hex {
  return join('0xa9059cbb', words(to, amount));
}

/** {@link TOKEN} keeps its balances in a mapping at slot 0. */
function balanceSlot(holder: Hex): bigint {
  return bytesToBigInt(mappingSlot(hexToBytes(holder), word(0)));
}

/** A token where each holder starts with `amount`. */
export function token(t: TestBuilder, label: string, holders: readonly Key[], amount: bigint): Hex {
  return t.contract(label, TOKEN, {
    storage: new Map(holders.map((holder) => [balanceSlot(holder.address), amount])),
  });
}

export const tokens = scenario('tokens', 'ERC-20 transfers and hot contract slots', [
  {
    name: 'erc20_independent',
    description: 'Forty holders send tokens to forty new holders.',
    forks: ['Byzantium', 'London', 'Osaka'],
    build(t) {
      const holders = t.keyring('holder', 40);
      const address = token(t, 'token', holders, 1_000n);
      const block = t.block();
      holders.forEach((holder, i) => {
        block.send(holder, { to: address, data: transferData(t.address(`to/${i}`), BigInt(i + 1)), gas: 120_000n });
      });
    },
  },
  {
    name: 'erc20_hot_recipient',
    description: 'Everyone pays one recipient, who pays some of it on every fifth transaction.',
    forks: ['Istanbul', 'Shanghai', 'Prague'],
    build(t) {
      const holders = t.keyring('holder', 25);
      const shop = t.key('shop');
      const address = token(t, 'token', holders, 1_000n);
      const block = t.block();
      holders.forEach((holder, i) => {
        block.send(holder, { to: address, data: transferData(shop.address, 100n + BigInt(i)), gas: 120_000n });
        if (i % 5 === 4) {
          block.send(shop, { to: address, data: transferData(holder.address, 300n), gas: 120_000n });
        }
      });
    },
  },
  {
    name: 'erc20_chain',
    description:
      'A token amount goes A to B to C; only A holds any. Twice the holder is passed over, and the transfer fails.',
    forks: ['Homestead', 'Byzantium', 'Berlin', 'Cancun'],
    build(t) {
      const links = t.keyring('link', 31);
      const address = token(t, 'token', links.slice(0, 1), 1_000n);
      const block = t.block();
      for (let i = 0; i < 30; i++) {
        const to = i === 10 || i === 20 ? t.address('thief') : links[i + 1]!.address;
        block.send(links[i]!, { to: address, data: transferData(to, i === 20 ? 2_000n : 900n), gas: 120_000n });
        if (i === 20) block.send(links[9]!, { to: address, data: transferData(links[21]!.address, 1n), gas: 120_000n });
      }
    },
  },
  {
    name: 'hot_counter',
    description: 'Every transaction writes the same slot with a value that depends on the order, and logs it.',
    forks: ['Frontier', 'Byzantium', 'London', 'Cancun', 'Osaka'],
    build(t) {
      const counter = t.contract('counter', COUNTER, { storage: new Map([[0n, 5n]]) });
      const block = t.block();
      t.keyring('sender', 35).forEach((sender, i) => {
        block.send(sender, { to: counter, data: words(BigInt(i)), gas: 100_000n });
      });
    },
  },
  {
    name: 'hot_register',
    description: 'A list grows by one entry per transaction: the slot written depends on the slot read.',
    forks: ['EIP150', 'ConstantinopleFix', 'Prague'],
    build(t) {
      const register = t.contract('register', REGISTER);
      const block = t.block();
      for (const sender of t.keyring('sender', 30)) block.send(sender, { to: register, data: '0x', gas: 100_000n });
    },
  },
  {
    name: 'pool_swaps',
    description: 'Swaps in one constant-product pool between independent transfers.',
    forks: ['Byzantium', 'London', 'Osaka'],
    build(t) {
      const pool = t.contract('pool', POOL, {
        storage: new Map([
          [0n, 10n ** 20n],
          [1n, 7n * 10n ** 19n],
        ]),
      });
      const block = t.block();
      t.keyring('trader', 20).forEach((trader, i) => {
        block.send(trader, { to: pool, data: words(10n ** 17n * BigInt(i + 1)), gas: 150_000n });
        block.send(trader, { to: t.address(`to/${i}`), value: 1n });
      });
    },
  },
  {
    name: 'proxy_upgraded',
    description:
      'A proxy delegates to a counter; in the middle of the block its implementation changes, and changes back.',
    forks: ['Homestead', 'Byzantium', 'London', 'Prague'],
    build(t) {
      const counter = t.contract('counter', COUNTER);
      const register = t.contract('register', REGISTER);
      const proxy = t.contract('proxy', PROXY, {
        storage: new Map([[BigInt(PROXY_IMPLEMENTATION_SLOT), BigInt(counter)]]),
      });
      const block = t.block();
      t.keyring('sender', 24).forEach((sender, i) => {
        if (i === 7) block.send(sender, { to: proxy, data: words(register) });
        else if (i === 15) block.send(sender, { to: proxy, data: words(counter) });
        else block.send(sender, { to: proxy, data: words(BigInt(i), 0n) });
      });
    },
  },
]);
