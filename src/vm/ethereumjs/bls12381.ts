/**
 * The BLS12-381 precompiles (EIP-2537) over the library's arithmetic. The library's own functions
 * around it answer promises, which a synchronous machine cannot wait for.
 */
import type { NobleBLS } from '@ethereumjs/evm';
import { EMPTY_BYTES } from '../../primitives/bytes.js';
import { blsArithmetic, evmLibrary } from './library.js';
import type { Precompile } from './precompiles.js';

/** Per mille of the price of as many single multiplications, by number of pairs; the last one holds for more. */
const G1_DISCOUNTS: readonly number[] = [
  1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654, 651,
  648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601,
  599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570,
  569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547,
  547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529, 528,
  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
];

const G2_DISCOUNTS: readonly number[] = [
  1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688, 683, 679,
  674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611,
  609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580, 579, 578, 576, 575,
  574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551,
  550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533, 532,
  532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
];

const G1_MUL_GAS = 12000n;
const G2_MUL_GAS = 22500n;
const PAIRING_BASE_GAS = 37700n;
const PAIRING_GAS = 32600n;

/** A field element is 64 bytes, of which the first 16 are zero. */
const ELEMENT = 64;
const PADDING = 16;
const SCALAR = 32;

/** How the input of a precompile is made up of equal parts, and what they cost. */
interface Shape {
  /** Field elements at the start of each part. */
  readonly elements: number;
  /** A scalar behind them. */
  readonly scalar: boolean;
  /** Gas for so many parts; a fixed number of parts where only that is allowed. */
  readonly gas: (parts: number) => bigint;
  readonly parts: number | null;
}

/** What a precompile of that shape makes of `compute`, which throws where the input encodes no points. */
function precompile(
  { elements, scalar, gas: price, parts }: Shape,
  compute: (bls: NobleBLS, input: Uint8Array) => Uint8Array,
): Precompile {
  const size = elements * ELEMENT + (scalar ? SCALAR : 0);
  return (input, gas) => {
    const failed = { ok: false, gasUsed: gas, output: EMPTY_BYTES };
    const count = input.length / size;
    if (count === 0 || !Number.isInteger(count) || (parts !== null && count !== parts)) return failed;
    const gasUsed = price(count);
    if (gas < gasUsed || !isPadded(input, size, elements)) return failed;
    let output: Uint8Array;
    try {
      output = compute(blsArithmetic(), input);
    } catch (error) {
      // The arithmetic refuses coordinates outside the field, points off the curve or outside the subgroup;
      // the library's own refusals are no subclass of Error.
      if (error instanceof evmLibrary().EVMError || error instanceof Error) return failed;
      throw error;
    }
    return { ok: true, gasUsed, output };
  };
}

function isPadded(input: Uint8Array, size: number, elements: number): boolean {
  for (let part = 0; part < input.length; part += size) {
    for (let element = 0; element < elements; element++) {
      const at = part + element * ELEMENT;
      for (let i = at; i < at + PADDING; i++) if (input[i] !== 0) return false;
    }
  }
  return true;
}

function multiplication(gas: bigint, discounts: readonly number[]): (pairs: number) => bigint {
  return (pairs) => {
    const discount = discounts[Math.min(pairs, discounts.length) - 1] as number;
    return (BigInt(pairs) * gas * BigInt(discount)) / 1000n;
  };
}

const fixed = (elements: number, gas: bigint): Shape => ({ elements, scalar: false, gas: () => gas, parts: 1 });

/** By the low part of their addresses. */
export const BLS12_381_PRECOMPILES: ReadonlyMap<number, Precompile> = new Map([
  [0x0b, precompile(fixed(4, 375n), (bls, input) => bls.addG1(input))],
  [
    0x0c,
    precompile(
      { elements: 2, scalar: true, gas: multiplication(G1_MUL_GAS, G1_DISCOUNTS), parts: null },
      (bls, input) => bls.msmG1(input),
    ),
  ],
  [0x0d, precompile(fixed(8, 600n), (bls, input) => bls.addG2(input))],
  [
    0x0e,
    precompile(
      { elements: 4, scalar: true, gas: multiplication(G2_MUL_GAS, G2_DISCOUNTS), parts: null },
      (bls, input) => bls.msmG2(input),
    ),
  ],
  [
    0x0f,
    precompile(
      { elements: 6, scalar: false, gas: (pairs) => PAIRING_BASE_GAS + PAIRING_GAS * BigInt(pairs), parts: null },
      (bls, input) => bls.pairingCheck(input),
    ),
  ],
  [0x10, precompile(fixed(1, 5500n), (bls, input) => bls.mapFPtoG1(input))],
  [0x11, precompile(fixed(2, 23800n), (bls, input) => bls.mapFP2toG2(input))],
]);
