/** Ether that moves, and contracts that transactions create. */
import { Contract } from '../../contracts/artifacts.js';
import { type Kind, pay } from './kind.js';

const TRANSFER_GAS = 21_000n;
/** The recipient may have delegated to code (EIP-7702), which runs then. */
const DELEGATED_TRANSFER_GAS = 40_000n;
const MOST_WEI = 1000;

/** Ether to the counterpart. */
export const transfer: Kind = {
  name: 'transfer',
  since: 'Berlin',
  place(cluster) {
    const delegates = cluster.options.mix.some(([name]) => name === 'batch' || name === 'sponsor');
    const gas = delegates ? DELEGATED_TRANSFER_GAS : TRANSFER_GAS;
    return ({ counterpart, random }) => pay(cluster.address(counterpart), BigInt(1 + random.below(MOST_WEI)), gas);
  },
};

/** A small contract by a transaction of its own. */
export const creation: Kind = {
  name: 'creation',
  since: 'Berlin',
  place() {
    const data = Contract.named('Worker').creation;
    return () => ({ to: null, data, value: 0n, gas: 300_000n });
  },
};
