/** The coinbase in play: read, sender, recipient, contract; zero fees; solvency that rests on fees. */

import { BALANCE_READER, COINBASE_READER, COUNTER, MULTICALL, PROBER } from '../contracts.js';
import { ETHER, GWEI, words } from '../plan.js';
import { scenario } from './define.js';

export const coinbase = scenario('coinbase', 'the beneficiary inside its own block', [
  {
    name: 'coinbase_read',
    description: 'BALANCE of the coinbase between fee-paying transactions; its parity decides what is written.',
    forks: ['Frontier', 'Byzantium', 'Berlin', 'London', 'Cancun', 'Osaka'],
    build(t) {
      const reader = t.contract('reader', COINBASE_READER);
      const block = t.block();
      t.keyring('sender', 30).forEach((sender, i) => {
        if (i % 4 === 3) block.send(sender, { to: reader, data: words(BigInt(i + 1)), gas: 150_000n });
        else block.send(sender, { to: t.address(`to/${i}`), value: 1n });
      });
    },
  },
  {
    name: 'coinbase_solvent_by_fees',
    description:
      'The coinbase starts absent and sends three times within the block; what it spends is what it earned in fees.',
    forks: ['Byzantium', 'London', 'Paris', 'Osaka'],
    build(t) {
      const miner = t.key('miner', null);
      const senders = t.keyring('sender', 4);
      const block = t.block({ coinbase: miner.address });
      for (let round = 0; round < 3; round++) {
        for (const sender of senders) block.send(sender, { to: t.address('to'), value: 7n, tip: 3n * GWEI, type: 0 });
        // Four transfers earned 252,000 gwei; this one needs 21,000 for gas and 200,000 of value.
        block.send(miner, { to: t.address('spent'), value: 200_000n * GWEI, tip: GWEI, type: 0 });
      }
    },
  },
  {
    name: 'coinbase_sender_and_recipient',
    description: 'The coinbase sends, is paid by value, is called with data, and is read, in turn.',
    forks: ['Homestead', 'EIP158', 'Berlin', 'Shanghai', 'Prague'],
    build(t) {
      const miner = t.key('miner', ETHER);
      const reader = t.contract('reader', COINBASE_READER);
      const block = t.block({ coinbase: miner.address });
      t.keyring('sender', 16).forEach((sender, i) => {
        if (i % 4 === 0) block.send(sender, { to: miner.address, value: ETHER / 8n });
        if (i % 4 === 1) block.send(miner, { to: sender.address, value: ETHER / 16n });
        if (i % 4 === 2) block.send(miner, { to: miner.address, value: 1n });
        if (i % 4 === 3) block.send(sender, { to: reader, data: words(BigInt(i + 1)), gas: 150_000n });
        block.send(sender, { to: t.address('to'), value: 1n });
      });
    },
  },
  {
    name: 'coinbase_contract',
    description: 'The coinbase is a contract that stores its own balance when called, and is paid through a call.',
    forks: ['Byzantium', 'London', 'Cancun'],
    build(t) {
      const contract = t.contract('coinbase contract', BALANCE_READER);
      const multicall = t.contract('multicall', MULTICALL, { balance: ETHER });
      const block = t.block({ coinbase: contract });
      t.keyring('sender', 20).forEach((sender, i) => {
        if (i % 3 === 0) block.send(sender, { to: contract, data: words(BigInt(i + 1)), value: BigInt(i) });
        else if (i % 3 === 1) block.send(sender, { to: multicall, data: words(contract, 5n, t.address('other'), 6n) });
        else block.send(sender, { to: t.address('to'), value: 1n });
      });
    },
  },
  {
    name: 'coinbase_zero_fee_absent',
    description:
      'Transactions pay no fee, the coinbase does not exist, and probes look at it: it must not come into being.',
    forks: ['Istanbul', 'London', 'Paris', 'Shanghai', 'Osaka'],
    build(t) {
      const prober = t.contract('prober', PROBER);
      const counter = t.contract('counter', COUNTER);
      const miner = t.address('coinbase');
      const block = t.block({ coinbase: miner });
      t.keyring('sender', 12).forEach((sender, i) => {
        if (i % 3 === 1) block.send(sender, { to: prober, data: words(miner, BigInt(16 * i)), tip: 0n });
        else if (i % 3 === 2) block.send(sender, { to: counter, data: words(BigInt(i)), tip: 0n });
        else block.send(sender, { to: t.address('to'), value: 1n, tip: 0n });
      });
    },
  },
  {
    name: 'coinbase_zero_fee_empty',
    description:
      'As before, but the coinbase exists and is empty: the first zero fee deletes it (EIP-161); a later one with a fee creates it.',
    forks: ['EIP158', 'London', 'Paris', 'Prague'],
    build(t) {
      const reader = t.contract('reader', COINBASE_READER);
      const miner = t.account(t.address('coinbase'), {});
      const block = t.block({ coinbase: miner });
      t.keyring('sender', 12).forEach((sender, i) => {
        const tip = i < 6 ? 0n : 9n;
        if (i % 3 === 1) block.send(sender, { to: reader, data: words(BigInt(i + 1)), tip, gas: 150_000n });
        else block.send(sender, { to: t.address('to'), value: 1n, tip });
      });
    },
  },
  {
    name: 'coinbase_zero_fee_frontier',
    description: 'Before EIP-161 a zero fee creates the coinbase, empty; receipts carry the state root that shows it.',
    forks: ['Frontier', 'Homestead', 'EIP150'],
    build(t) {
      const reader = t.contract('reader', COINBASE_READER);
      const block = t.block();
      t.keyring('sender', 10).forEach((sender, i) => {
        if (i % 3 === 2) block.send(sender, { to: reader, data: words(BigInt(i + 1)), tip: 0n, gas: 150_000n });
        else block.send(sender, { to: t.address('to'), value: 1n, tip: 0n });
      });
    },
  },
]);
