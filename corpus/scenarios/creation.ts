/** Contracts created, used, destroyed and created again within one block. */

import { atLeast } from '../../src/primitives/fork.js';
import { CHILD_INIT, CREATE_FACTORY, CREATE2_FACTORY, EPHEMERAL_FACTORY, PROBER, PROBER_EARLY } from '../contracts.js';
import { ETHER, join, word, words } from '../plan.js';
import { create2Address, createAddress, scenario } from './define.js';

export const creation = scenario('creation', 'CREATE, CREATE2 and re-creation', [
  {
    name: 'create2_redeploy',
    description:
      'CREATE2, use, destroy, use without code, redeploy at the same address, use: the storage must have been wiped (before Cancun), and the deployment must collide where the contract still stands.',
    forks: ['ConstantinopleFix', 'Istanbul', 'Berlin', 'London', 'Shanghai', 'Cancun', 'Osaka'],
    build(t) {
      const factory = t.contract('factory', CREATE2_FACTORY);
      const probe = t.contract('prober', PROBER);
      const senders = t.keyring('sender', 6);
      const heir = t.address('heir');
      const block = t.block();
      for (let round = 0; round < 2; round++) {
        for (let salt = 0n; salt < 2n; salt++) {
          const child = create2Address(factory, salt, CHILD_INIT);
          const at = 256n * BigInt(round) + 64n * salt;
          const [a, b, c, d, e, f] = senders;
          block.send(a!, { to: factory, data: join(word(salt), CHILD_INIT), value: 1_000n });
          block.send(b!, { to: child, data: words(0n) });
          block.send(c!, { to: child, data: words(0n), value: 5n });
          // Of what a collision leaves (1/64), enough for the factory to note it.
          block.send(d!, { to: factory, data: join(word(salt), CHILD_INIT), gas: 3_000_000n });
          block.send(e!, { to: probe, data: words(child, at + 16n) });
          block.send(f!, { to: child, data: words(1n, heir) });
          block.send(e!, { to: probe, data: words(child, at + 32n) });
          if (salt === 1n) block.send(d!, { to: child, value: 9n, gas: 100_000n });
          block.send(b!, { to: child, data: words(0n), gas: 100_000n });
        }
      }
      block.send(senders[0]!, { to: factory, data: join(word(0n), CHILD_INIT) });
      block.send(senders[1]!, { to: create2Address(factory, 0n, CHILD_INIT), data: words(0n) });
    },
  },
  {
    name: 'create_and_destroy_in_one',
    description:
      'A factory creates a child, uses it, lets it destroy itself and sends it ether, all in one transaction (EIP-6780 still destroys it); the same salt serves again later.',
    forks: ['ConstantinopleFix', 'Berlin', 'Shanghai', 'Cancun', 'Prague', 'Osaka'],
    build(t) {
      const factory = t.contract('factory', EPHEMERAL_FACTORY, { balance: ETHER });
      const probe = t.contract('prober', PROBER);
      const block = t.block();
      t.keyring('sender', 16).forEach((sender, i) => {
        const salt = BigInt(i % 3);
        const child = create2Address(factory, salt, CHILD_INIT);
        if (i === 7) block.send(sender, { to: child, value: 31n });
        if (i % 4 === 3) block.send(sender, { to: probe, data: words(child, BigInt(16 * i)) });
        else block.send(sender, { to: factory, data: join(word(salt), CHILD_INIT), gas: 600_000n });
      });
    },
  },
  {
    name: 'create_nonce_race',
    description:
      'Several senders create through one factory, whose nonce decides the addresses; the children are used and probed at once.',
    forks: ['Homestead', 'EIP158', 'Byzantium', 'London', 'Prague'],
    build(t) {
      const factory = t.contract('factory', CREATE_FACTORY, { nonce: 1n });
      const probe = t.contract('prober', atLeast(t.fork, 'ConstantinopleFix') ? PROBER : PROBER_EARLY);
      const block = t.block();
      t.keyring('sender', 8).forEach((sender, i) => {
        const child = createAddress(factory, i + 1);
        block.send(sender, { to: probe, data: words(child, BigInt(32 * i + 16)) });
        block.send(sender, { to: factory, data: CHILD_INIT, value: BigInt(i) });
        block.send(sender, { to: child, data: words(0n) });
        block.send(sender, { to: probe, data: words(child, BigInt(32 * i + 32)) });
        if (i % 2 === 1) block.send(sender, { to: child, data: words(1n, t.address('heir')) });
      });
    },
  },
  {
    name: 'create_at_funded_address',
    description:
      'Ether reaches an address before a contract is created there; one creation runs out of gas and leaves the ether where it was.',
    forks: ['Frontier', 'Byzantium', 'Shanghai', 'Osaka'],
    build(t) {
      const patron = t.key('patron');
      const block = t.block();
      t.keyring('sender', 6).forEach((sender, i) => {
        const child = createAddress(sender.address, 0);
        block.send(patron, { to: child, value: BigInt(i + 1) });
        block.send(sender, { to: null, data: CHILD_INIT, value: 2n, gas: i === 3 ? 75_000n : 300_000n });
        block.send(patron, { to: child, data: words(0n), value: 3n });
      });
    },
  },
]);
