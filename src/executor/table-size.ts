/**
 * How many buckets a block's location table gets. It does not grow while the block runs, so its lists are as long as the
 * block's locations are more than its buckets: a single transaction that touches little else than new locations would
 * walk lists of tens of thousands.
 */
import { atLeast, type Fork } from '../primitives/fork.js';
import type { Block } from '../transition/types.js';

/** Buckets for each transaction: most touch no more locations than that. */
const BUCKETS_PER_TRANSACTION = 8;
/** Rows in a bucket that may be reckoned with where transactions spend all their gas on new locations. */
const MOST_ROWS = 8;
/** Buckets for the sake of gas, at most: 256 KiB, whatever gas limits say. */
const MOST_FOR_GAS = 0x1_0000;

/** Least gas for which a transaction meets one more location. */
function leastGas(fork: Fork): number {
  // A slot in an access list (EIP-2930).
  if (atLeast(fork, 'Berlin')) return 1900;
  // BALANCE and EXTCODEHASH (EIP-1884).
  if (atLeast(fork, 'Istanbul')) return 700;
  // SLOAD (EIP-150).
  if (atLeast(fork, 'EIP150')) return 200;
  // BALANCE (yellow paper, appendix G, as it was then).
  return 20;
}

/** What the gas limits of a block's transactions come to, at most `most`: asked for each time that the block is executed. */
const gasLimits = new WeakMap<Block, number>();

function gasOf(block: Block, most: number): number {
  const known = gasLimits.get(block);
  if (known !== undefined) return known;
  const { transactions } = block;
  let gas = 0;
  for (let i = 0; gas < most && BUCKETS_PER_TRANSACTION * i < MOST_FOR_GAS && i < transactions.length; i++) {
    gas += Number(transactions[i]?.gasLimit);
  }
  gasLimits.set(block, gas);
  return gas;
}

/** Buckets for a block's location table, at least. */
export function bucketsFor(block: Block): number {
  const { environment, transactions } = block;
  const gasPerBucket = MOST_ROWS * leastGas(environment.fork);
  const most = MOST_FOR_GAS * gasPerBucket;
  const gas = Math.min(gasOf(block, most), most, Number(environment.gasLimit));
  return Math.max(BUCKETS_PER_TRANSACTION * transactions.length, gas / gasPerBucket);
}
