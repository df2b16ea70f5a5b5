/** Nonce chains: transactions of one sender must run in order and see each other's balance. */

import { CHILD_INIT, COUNTER, REGISTER } from '../contracts.js';
import { ETHER, words } from '../plan.js';
import { scenario } from './define.js';

export const nonces = scenario('nonces', 'nonce chains of one and of several senders', [
  {
    name: 'nonces_one_sender',
    description: 'Thirty transactions of one sender: transfers and calls in turn.',
    forks: ['Homestead', 'Byzantium', 'London', 'Osaka'],
    build(t) {
      const sender = t.key('sender');
      const counter = t.contract('counter', COUNTER);
      const block = t.block();
      for (let i = 0; i < 30; i++) {
        if (i % 3 === 2) block.send(sender, { to: counter, data: words(BigInt(i)), gas: 100_000n });
        else block.send(sender, { to: t.address(`recipient/${i % 5}`), value: BigInt(i) });
      }
    },
  },
  {
    name: 'nonces_interleaved',
    description: 'Five senders take turns; each also pays the next one, and all write one register.',
    forks: ['Frontier', 'Istanbul', 'Shanghai', 'Prague'],
    build(t) {
      const senders = t.keyring('sender', 5, 5n * ETHER);
      const register = t.contract('register', REGISTER);
      const block = t.block();
      for (let round = 0; round < 8; round++) {
        senders.forEach((sender, i) => {
          if ((round + i) % 2 === 0) block.send(sender, { to: senders[(i + 1) % 5]!.address, value: ETHER / 4n });
          else block.send(sender, { to: register, data: '0x', gas: 100_000n });
        });
      }
    },
  },
  {
    name: 'nonces_creations',
    description:
      'Senders deploy contracts between transfers, so that contract addresses depend on the nonce, and call them at once.',
    forks: ['Homestead', 'EIP158', 'Berlin', 'Cancun'],
    build(t) {
      const senders = t.keyring('sender', 4);
      const block = t.block();
      for (let round = 0; round < 3; round++) {
        for (const sender of senders) {
          block.send(sender, { to: null, data: CHILD_INIT, value: BigInt(round), gas: 300_000n });
          block.send(sender, { to: senders[round]!.address, value: 5n });
        }
      }
    },
  },
]);
