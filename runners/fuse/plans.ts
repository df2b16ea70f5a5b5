/** What the two kinds of fused blocks are made of. */
import { atLeast } from '../../src/primitives/fork.js';
import { type Actor, addressNumber } from './cast.js';
import type { Script } from './script.js';
import type { Template } from './templates.js';

/** Transactions of a block, its directed ones apart: at least, and how many more by chance. */
const CONFLICT_LEAST = 24;
const CONFLICT_MORE = 33;
const SPREAD_LEAST = 24;
const SPREAD_MORE = 33;
/**
 * Rounds of being busy at the start of each part of a block that is built to conflict; up to three more by chance. The
 * first takes half a millisecond or more, in which the other threads wake up.
 */
const ROUNDS = [6, 2] as const;
const MORE_ROUNDS = 3;
const MOST_PAYEES = 8;

/** Some of the senders, each once, in a random order. */
function some(script: Script, most: number): Actor[] {
  const { senders, random } = script.cast;
  const left = [...senders];
  const chosen: Actor[] = [];
  while (left.length > 0 && chosen.length < most) chosen.push(...left.splice(random.below(left.length), 1));
  return chosen;
}

/**
 * A busy transaction that then pays senders, the coinbase and, sometimes, the contract: nothing about it says so
 * beforehand, so whatever runs meanwhile has read what is stale afterwards.
 */
function payLate(script: Script, templates: readonly Template[], rounds: number): boolean {
  const { cast } = script;
  const { random } = cast;
  const payees = some(script, MOST_PAYEES).map(({ address }) => address);
  payees.push(cast.coinbase);
  if (cast.target !== null && random.below(2) === 0) payees.push(cast.target);
  if (random.below(2) === 0) payees.push(cast.poor.address);
  const direction = { rounds, amount: 1n, payees };
  return script.direct(cast.sender(), direction, random.pick(templates));
}

/** One step of a block that is built to conflict; false where the block is full. */
function meet(script: Script, templates: readonly Template[]): boolean {
  const { cast } = script;
  const { random } = cast;
  const sender = cast.sender();
  // The coinbase itself, where it is a sender that has means.
  const rich = cast.coinbaseSender === cast.poor ? sender : (cast.coinbaseSender ?? sender);
  const template = random.pick(templates);
  switch (template === null ? 10 + random.below(8) : random.below(18)) {
    case 10:
      return script.transfer(sender, cast.coinbase, BigInt(random.below(3)));
    case 11:
      return script.transfer(rich, cast.coinbase, 1n);
    case 12:
      return script.transfer(rich, cast.sender().address, 3n);
    case 13:
      return script.transfer(sender, random.below(2) === 0 ? sender.address : cast.precompile(), 1n);
    case 14:
      return script.transfer(sender, cast.target ?? cast.coinbase, 1n);
    case 15:
    case 16:
      return script.direct(sender, { rounds: 0, amount: 1n, payees: [cast.sender().address] }, template);
    case 17:
      return authorizeSome(script, sender, template);
    default:
      return script.call(sender, template as Template, random.below(4) === 0 ? { value: 1n } : {});
  }
}

/** From Prague on: delegations by keys that only authorize, and now and then by a sender of the block itself. */
function authorizeSome(script: Script, sender: Actor, template: Template | null): boolean {
  const { cast } = script;
  const { random } = cast;
  if (template === null || !atLeast(cast.rules.fork, 'Prague'))
    return script.transfer(sender, cast.sender().address, 2n);
  const signer = random.below(6) === 0 ? cast.sender() : (random.pick(cast.authorities) as Actor);
  return script.authorize(sender, [signer], template);
}

/** Few places that many transactions want, with busy writers before them. */
export function conflictPlan(script: Script, templates: readonly Template[]): void {
  const { cast } = script;
  const { random } = cast;
  const length = CONFLICT_LEAST + random.below(CONFLICT_MORE);
  for (const rounds of ROUNDS) {
    if (!payLate(script, templates, rounds + random.below(MORE_ROUNDS))) return;
    for (let i = 0; i < length / ROUNDS.length; i++) if (!meet(script, templates)) return;
  }
  livePoorly(script);
}

/** A sender without means of its own spends what others have paid it on the way. */
function livePoorly(script: Script): void {
  const { cast } = script;
  const { poor } = cast;
  // A transfer costs 21,000 gas at no more than base fee and highest tip, and what is left over suffices for one more.
  if (!script.transfer(cast.sender(), poor.address, 10n ** 15n)) return;
  for (let i = 0; i < 2; i++) if (!script.transfer(poor, cast.coinbase, 1n)) return;
}

/** Many places: each sender has its own copy of the contract, and recipients of its own. */
export function spreadPlan(script: Script, templates: readonly Template[]): void {
  const { cast } = script;
  const { random, senders, clones } = cast;
  const length = SPREAD_LEAST + random.below(SPREAD_MORE);
  for (let i = 0; i < length; i++) {
    const place = i % senders.length;
    const sender = senders[place] as Actor;
    const template = random.pick(templates);
    const clone = clones[place % Math.max(1, clones.length)];
    let goesOn: boolean;
    if (template === null || random.below(4) === 0) goesOn = script.transfer(sender, addressNumber(0x10000 + i), 1n);
    else if (template.transaction.to === null || clone === undefined) goesOn = script.call(sender, template);
    else goesOn = script.call(sender, template, { to: clone });
    if (!goesOn) return;
  }
}
