/** How a scenario file states its tests. */

import { bigIntToBytes, bytesToHex, concatBytes, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { Fork } from '../../src/primitives/fork.js';
import { type Scenario, TestBuilder, type TestOptions } from '../plan.js';

export interface TestDefinition {
  readonly name: string;
  readonly description: string;
  readonly forks: readonly Fork[];
  readonly options?: TestOptions;
  /** Writes the test down; called once per fork. */
  build(test: TestBuilder, seed: number): void;
}

/** A scenario of `definitions`, each on each of its forks. */
export function scenario(name: string, description: string, definitions: readonly TestDefinition[]): Scenario {
  return {
    name,
    description,
    tests: (seed) =>
      definitions.flatMap((definition) =>
        definition.forks.map((fork) => {
          const test = new TestBuilder(seed, definition.name, fork, definition.description, definition.options);
          definition.build(test, seed);
          return test.plan;
        }),
      ),
  };
}

/** Address that CREATE2 gives (EIP-1014). */
export function create2Address(factory: Hex, salt: bigint, init: Hex): Hex {
  const input = concatBytes(
    Uint8Array.of(0xff),
    hexToBytes(factory),
    bigIntToBytes(salt, 32),
    keccak256(hexToBytes(init)),
  );
  return bytesToHex(keccak256(input).subarray(12));
}

/** Address of the contract that `creator` makes with `nonce` below 128 (yellow paper, section 7). */
export function createAddress(creator: Hex, nonce: number): Hex {
  const body = concatBytes(Uint8Array.of(0x94), hexToBytes(creator), Uint8Array.of(nonce === 0 ? 0x80 : nonce));
  return bytesToHex(keccak256(concatBytes(Uint8Array.of(0xc0 + body.length), body)).subarray(12));
}
