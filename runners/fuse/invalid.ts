/** Ends of blocks that are to be rejected, and the transactions that would come after. */
import { EMPTY_BYTES } from '../../src/primitives/bytes.js';
import type { Actor } from './cast.js';
import { FUNDS } from './cast.js';
import type { Script } from './script.js';

type Fault = (script: Script, sender: Actor, gasLimit: bigint) => void;

/** Blocks go on for so many transactions after the one that is wrong. */
const MOST_AFTER = 4;

/** The faults; each is wrong however the transactions before it come out. */
const FAULTS: readonly Fault[] = [
  // A nonce that is too high, and one that is too low: what speculation takes for granted until the lane says no.
  (script, sender) => push(script, sender, { nonce: sender.nonce + 1n }),
  (script, sender) => push(script, sender, { nonce: sender.nonce === 0n ? 2n : sender.nonce - 1n }),
  // More than anybody in the block can have.
  (script, sender) => push(script, sender, { value: FUNDS * FUNDS }),
  (script, sender) => push(script, sender, { gasLimit: 20_000n }),
  // The block's gas limit leaves no room for it.
  (script, sender, gasLimit) => push(script, sender, { gasLimit: gasLimit + 1n }),
  // The fixture's own rejected indexes, as they stand.
  (script, sender) => {
    const template = script.cast.random.pick(script.cast.templates.invalid);
    if (template === null) push(script, sender, { nonce: sender.nonce + 7n });
    else script.push({ ...template.transaction, nonce: sender.nonce, secretKey: sender.secretKey });
  },
];

function push(
  script: Script,
  sender: Actor,
  fields: { readonly nonce?: bigint; readonly value?: bigint; readonly gasLimit?: bigint },
): void {
  const plain = script.plain();
  const content = { ...plain, nonce: sender.nonce, to: script.cast.coinbase, data: EMPTY_BYTES, ...fields };
  script.push({ ...content, ...script.fees(plain.type), secretKey: sender.secretKey });
}

/**
 * Appends a transaction that makes the block, with this gas limit, invalid, and some more, of which one may be wrong
 * too; answers its index. An index of the fixture's may turn out to be valid in the block.
 */
export function endBadly(script: Script, gasLimit: bigint): number {
  const { random } = script.cast;
  const from = script.transactions.length;
  const fault = random.pick(FAULTS) as Fault;
  fault(script, script.cast.sender(), gasLimit);
  for (let after = random.below(MOST_AFTER); after > 0; after--) {
    const sender = script.cast.sender();
    if (random.below(4) === 0) (random.pick(FAULTS) as Fault)(script, sender, gasLimit);
    else script.transfer(sender, script.cast.coinbase, 1n);
  }
  return from;
}
