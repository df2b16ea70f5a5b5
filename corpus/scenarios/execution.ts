/** Reverts, refunds, access lists, logs and block facts that depend on earlier transactions. */

import { BLOCK_READER, LOGGER, MULTICALL, REVERT_IF_ODD, SLOT_WRITER, TRANSIENT } from '../contracts.js';
import { ETHER, word, words } from '../plan.js';
import { scenario } from './define.js';

export const execution = scenario('execution', 'gas, status, logs and storage that depend on order', [
  {
    name: 'revert_if_odd',
    description: 'A call fails while a slot is odd; other calls flip it. Status and gas of each depend on all before.',
    forks: ['Homestead', 'Byzantium', 'London', 'Osaka'],
    build(t) {
      const contract = t.contract('odd', REVERT_IF_ODD);
      const multicall = t.contract('multicall', MULTICALL);
      const block = t.block();
      t.keyring('sender', 32).forEach((sender, i) => {
        if (i % 7 === 3) block.send(sender, { to: contract, data: words(BigInt(i)), gas: 100_000n });
        else if (i % 5 === 4)
          block.send(sender, { to: multicall, data: words(contract, 0n, contract, 0n), gas: 500_000n });
        else block.send(sender, { to: contract, data: '0x', gas: 100_000n });
      });
    },
  },
  {
    name: 'refunds',
    description: 'Senders set, reset and clear the same slots: cost and refund depend on what the slots held before.',
    forks: ['Frontier', 'Byzantium', 'Istanbul', 'Berlin', 'London', 'Prague'],
    build(t) {
      const writer = t.contract('writer', SLOT_WRITER, {
        storage: new Map([
          [1n, 9n],
          [2n, 9n],
          [3n, 9n],
        ]),
      });
      const steps: [bigint, bigint, bigint][] = [
        [0n, 8n, 1n],
        [2n, 4n, 0n],
        [0n, 8n, 1n],
        [0n, 8n, 0n],
        [4n, 6n, 5n],
        [1n, 9n, 0n],
        [1n, 3n, 9n],
        [0n, 10n, 0n],
      ];
      const block = t.block();
      t.keyring('sender', 24).forEach((sender, i) => {
        const [first, count, value] = steps[(i * 3) % steps.length]!;
        block.send(sender, { to: writer, data: words(first, count, value) });
      });
    },
  },
  {
    name: 'access_lists',
    description: 'Access lists that hit, miss, repeat themselves and name the coinbase, on slots that others write.',
    forks: ['Berlin', 'London', 'Cancun', 'Osaka'],
    build(t) {
      const writer = t.contract('writer', SLOT_WRITER);
      const multicall = t.contract('multicall', MULTICALL, { balance: ETHER });
      const block = t.block();
      t.keyring('sender', 24).forEach((sender, i) => {
        const keys = [0n, 1n, BigInt(i % 4)].map((slot) => word(slot));
        const accessList =
          i % 3 === 0
            ? [{ address: writer, storageKeys: keys }]
            : i % 3 === 1
              ? [
                  { address: t.address('coinbase'), storageKeys: [] },
                  { address: multicall, storageKeys: keys },
                ]
              : [{ address: sender.address, storageKeys: [] }];
        if (i % 4 === 3) {
          block.send(sender, {
            to: multicall,
            data: words(t.address('coinbase'), 1n, writer, 0n),
            accessList,
            gas: 500_000n,
          });
        } else {
          block.send(sender, { to: writer, data: words(BigInt(i % 3), 4n, BigInt(i % 2)), accessList });
        }
      });
    },
  },
  {
    name: 'logs',
    description: 'Many logs with none to four topics and a running count: order, bloom and index of every log matter.',
    forks: ['Frontier', 'EIP158', 'Byzantium', 'London', 'Osaka'],
    build(t) {
      const logger = t.contract('logger', LOGGER);
      const other = t.contract('other logger', LOGGER);
      const block = t.block();
      t.keyring('sender', 24).forEach((sender, i) => {
        if (i % 6 === 5) block.send(sender, { to: t.address('quiet'), value: 1n });
        else block.send(sender, { to: i % 2 === 0 ? logger : other, data: words(BigInt(i % 5)) });
      });
    },
  },
  {
    name: 'block_facts',
    description:
      'BLOCKHASH of the last blocks, PREVRANDAO or DIFFICULTY, TIMESTAMP and others are stored, over three blocks.',
    forks: ['Homestead', 'Istanbul', 'Paris', 'Prague'],
    build(t) {
      const reader = t.contract('reader', BLOCK_READER);
      const senders = t.keyring('sender', 6);
      for (let b = 0; b < 3; b++) {
        const block = t.block({ delay: [12n, 45n, 3n][b]!, coinbase: t.address(`coinbase/${b}`) });
        senders.forEach((sender, i) => {
          block.send(sender, { to: reader, data: words(BigInt(16 * (6 * b + i))) });
        });
      }
    },
  },
  {
    name: 'transient_storage',
    description: 'TSTORE in one transaction must not be seen by the next; persistent slots beside it must.',
    forks: ['Cancun', 'Osaka'],
    build(t) {
      const transient = t.contract('transient', TRANSIENT);
      const multicall = t.contract('multicall', MULTICALL);
      const block = t.block();
      t.keyring('sender', 20).forEach((sender, i) => {
        if (i % 5 === 4)
          block.send(sender, { to: multicall, data: words(transient, 0n, transient, 0n), gas: 600_000n });
        else block.send(sender, { to: transient, data: words(BigInt(i % 3) + 1n) });
      });
    },
  },
]);
