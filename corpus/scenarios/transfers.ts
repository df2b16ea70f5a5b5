/** Plain value transfers: independent ones, and ones that pay the sender of a later transaction. */

import { ETHER } from '../plan.js';
import { scenario } from './define.js';

export const transfers = scenario('transfers', 'value transfers, with and without dependencies', [
  {
    name: 'transfers_independent',
    description: 'Every transaction has its own sender and its own recipient: only the coinbase is shared.',
    forks: ['Frontier', 'Byzantium', 'London', 'Osaka'],
    build(t) {
      const block = t.block();
      t.keyring('sender', 40).forEach((sender, i) => {
        block.send(sender, { to: t.address(`recipient/${i}`), value: BigInt(i + 1) * 1_000n });
      });
    },
  },
  {
    name: 'transfers_just_in_time',
    description:
      'Each sender is absent from the pre-state and gets its funds from the transaction right before its own.',
    forks: ['Homestead', 'Berlin', 'Cancun', 'Osaka'],
    build(t) {
      const block = t.block();
      const rich = t.key('rich');
      t.keyring('poor', 15, null).forEach((poor, i) => {
        block.send(rich, { to: poor.address, value: ETHER });
        block.send(poor, { to: t.address(`recipient/${i}`), value: ETHER / 2n });
      });
    },
  },
  {
    name: 'transfers_chain',
    description:
      'A pays B, B pays C and so on: one chain through the block; every link but the first starts without funds.',
    forks: ['Frontier', 'EIP158', 'Istanbul', 'London', 'Prague'],
    build(t) {
      const links = [t.key('first'), ...t.keyring('link', 30, null)];
      const block = t.block();
      for (let i = 0; i + 1 < links.length; i++) {
        block.send(links[i]!, { to: links[i + 1]!.address, value: (60n - BigInt(i)) * ETHER });
      }
    },
  },
  {
    name: 'transfers_ring',
    description: 'Twelve accounts pay one another around a ring, three times; one recipient collects from all.',
    forks: ['Byzantium', 'Shanghai'],
    build(t) {
      const ring = t.keyring('ring', 12, 10n * ETHER);
      const block = t.block();
      for (let round = 0; round < 3; round++) {
        ring.forEach((sender, i) => {
          const next = ring[(i + round + 1) % ring.length]!.address;
          block.send(sender, { to: i % 4 === 3 ? t.address('collector') : next, value: (ETHER * BigInt(i + 1)) / 3n });
        });
      }
    },
  },
]);
