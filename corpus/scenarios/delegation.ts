/** EIP-7702: code that appears, changes and goes while other transactions call it. */

import { initCode } from '../assemble.js';
import { COINBASE_READER, DELEGATE_X, DELEGATE_Y, PROBER, REGISTER } from '../contracts.js';
import { ETHER, words, ZERO_ADDRESS } from '../plan.js';
import { createAddress, scenario } from './define.js';

export const delegation = scenario('delegation', 'EIP-7702 delegations within a block', [
  {
    name: 'delegation_changes',
    description:
      'An account delegates to X, then to Y, then clears, then to X again; others call and probe it between.',
    forks: ['Prague', 'Osaka'],
    build(t) {
      const x = t.contract('x', DELEGATE_X);
      const y = t.contract('y', DELEGATE_Y);
      const probe = t.contract('prober', PROBER);
      const authority = t.key('authority', 64n * ETHER);
      const sponsor = t.key('sponsor');
      const callers = t.keyring('caller', 3);
      const block = t.block();
      [x, y, ZERO_ADDRESS, x].forEach((delegate, i) => {
        block.send(callers[0]!, { to: probe, data: words(authority.address, BigInt(64 * i + 16)) });
        block.send(sponsor, { to: t.address('to'), value: 1n, authorizations: [t.authorize(authority, delegate)] });
        block.send(callers[0]!, { to: authority.address, data: words(t.address('heir')), value: 3n });
        block.send(callers[1]!, { to: authority.address, data: words(t.address('heir')) });
        block.send(callers[2]!, { to: probe, data: words(authority.address, BigInt(64 * i + 32)) });
      });
    },
  },
  {
    name: 'delegation_by_sender',
    description:
      'The authority is the sender (two nonces), delegates itself, and goes on sending; self-calls run the delegate.',
    forks: ['Prague', 'Osaka'],
    build(t) {
      const x = t.contract('x', DELEGATE_X);
      const y = t.contract('y', DELEGATE_Y);
      const authorities = t.keyring('authority', 4);
      const caller = t.key('caller');
      const block = t.block();
      for (const delegate of [x, y, ZERO_ADDRESS]) {
        for (const authority of authorities) {
          const authorization = t.authorize(authority, delegate, { nonce: authority.nonce + 1n });
          block.send(authority, {
            to: authority.address,
            authorizations: [authorization],
            data: words(t.address('heir')),
          });
          authority.nonce += 1n;
          block.send(caller, { to: authority.address, data: words(t.address('heir')) });
          block.send(authority, { to: t.address('to'), value: 4n });
        }
      }
    },
  },
  {
    name: 'delegation_then_send',
    description:
      'New and funded authorities are delegated by sponsors, several in one transaction, some twice, some with a wrong nonce or chain; then each sends with the nonce that remains.',
    forks: ['Prague', 'Osaka'],
    build(t) {
      const x = t.contract('x', DELEGATE_X);
      const register = t.contract('register', REGISTER);
      const probe = t.contract('prober', PROBER);
      const fresh = t.keyring('fresh', 3, null);
      const funded = t.keyring('funded', 3);
      const sponsor = t.key('sponsor');
      const rich = t.key('rich');
      const block = t.block();
      fresh.forEach((authority, i) => {
        const other = funded[i]!;
        block.send(rich, { to: other.address, value: 1n });
        block.send(other, { to: authority.address, value: ETHER });
        block.send(sponsor, {
          to: authority.address,
          data: words(1n),
          authorizations: [
            t.authorize(authority, x),
            t.authorize(other, x),
            t.authorize(other, register, { chainId: 0n }),
            t.authorize(authority, register, { nonce: 77n }),
            t.authorize(other, x, { nonce: other.nonce, chainId: 5n }),
          ],
        });
        block.send(rich, { to: other.address, data: words(0n) });
        block.send(authority, { to: other.address, data: words(0n), value: 5n });
        block.send(other, { to: authority.address, data: words(0n), value: 6n });
        block.send(rich, { to: probe, data: words(authority.address, BigInt(32 * i + 16)) });
      });
    },
  },
  {
    name: 'delegation_of_coinbase',
    description: 'The coinbase is an account that delegates, is called, is read, and sends.',
    forks: ['Prague', 'Osaka'],
    build(t) {
      const x = t.contract('x', DELEGATE_X);
      const reader = t.contract('reader', COINBASE_READER);
      const miner = t.key('miner', ETHER);
      const sponsor = t.key('sponsor');
      const block = t.block({ coinbase: miner.address });
      t.keyring('sender', 10).forEach((sender, i) => {
        if (i % 3 === 0) {
          const delegate = i % 2 === 0 ? x : ZERO_ADDRESS;
          block.send(sponsor, { to: miner.address, data: '0x', authorizations: [t.authorize(miner, delegate)] });
        }
        block.send(sender, { to: miner.address, data: words(BigInt(i)), value: 2n });
        block.send(sender, { to: reader, data: words(BigInt(i + 1)) });
        if (i % 4 === 2) block.send(miner, { to: sender.address, value: 9n });
      });
    },
  },
  {
    name: 'delegation_to_new_code',
    description:
      'The delegate is deployed in the same block, after and before the delegation; a delegation points to a delegated account.',
    forks: ['Prague', 'Osaka'],
    build(t) {
      const deployer = t.key('deployer');
      const [a, b, c] = t.keyring('authority', 3) as [typeof deployer, typeof deployer, typeof deployer];
      const sponsor = t.key('sponsor');
      const caller = t.key('caller');
      const target = createAddress(deployer.address, 0);
      const block = t.block();
      block.send(sponsor, { to: a.address, data: '0x', authorizations: [t.authorize(a, target)] });
      block.send(caller, { to: a.address, data: words(1n) });
      block.send(deployer, { to: null, data: initCode(DELEGATE_X) });
      block.send(caller, { to: a.address, data: words(2n) });
      block.send(sponsor, { to: b.address, data: '0x', authorizations: [t.authorize(b, target)] });
      block.send(caller, { to: b.address, data: words(3n) });
      block.send(sponsor, { to: c.address, data: '0x', authorizations: [t.authorize(c, b.address)] });
      block.send(caller, { to: c.address, data: words(4n) });
      block.send(c, { to: b.address, data: words(5n), value: 1n });
      block.send(a, { to: c.address, value: 1n, gas: 200_000n });
    },
  },
]);
