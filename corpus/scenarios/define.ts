/** How a scenario file states its tests. */

import { create2Address as create2, createdAddress } from '../../contracts/addresses.js';
import { bigIntToBytes, bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
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
  return bytesToHex(create2(hexToBytes(factory), bigIntToBytes(salt, 32), hexToBytes(init)));
}

/** Address of the contract that `creator` makes with `nonce`. */
export function createAddress(creator: Hex, nonce: number): Hex {
  return bytesToHex(createdAddress(hexToBytes(creator), BigInt(nonce)));
}
