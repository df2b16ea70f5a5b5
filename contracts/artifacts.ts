/** What the compiler made of the contracts: `artifacts.json`, typed. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Hex, hexToBytes } from '../src/primitives/bytes.js';
import { contractsFolder } from './folder.js';

/** Where a state variable lies: slot, and from which byte on (from the low end) how many bytes. */
export interface StorageVariable {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface Artifact {
  /** First EVM version whose instructions suffice: `berlin`, `cancun` or `osaka`. */
  readonly evmVersion: string;
  /** Selectors (4 bytes) by signature, such as `transfer(address,uint256)`; so too errors below. */
  readonly functions: Readonly<Record<string, Hex>>;
  /** First topics by signature. */
  readonly events: Readonly<Record<string, Hex>>;
  readonly errors: Readonly<Record<string, Hex>>;
  readonly storage: Readonly<Record<string, StorageVariable>>;
  /** Offsets in `runtime` at which the 32 bytes of an immutable variable stand, by its name. */
  readonly immutables: Readonly<Record<string, readonly number[]>>;
  /** Init code, without constructor arguments. */
  readonly creation: Hex;
  /** Deployed code, immutable variables zero. */
  readonly runtime: Hex;
}

export interface Artifacts {
  /** Version of the compiler. */
  readonly compiler: string;
  readonly contracts: Readonly<Record<string, Artifact>>;
}

/** A contract, function or variable that the artifacts do not hold. */
export class UnknownContractError extends Error {
  override readonly name = 'UnknownContractError';
  readonly code = 'UNKNOWN_CONTRACT';
  constructor(
    readonly contract: string,
    readonly member: string | null,
    known: readonly string[],
  ) {
    const what = member === null ? `contract ${contract}` : `${contract} has no ${member}`;
    super(`${member === null ? 'no ' : ''}${what}; known: ${known.join(', ')}`);
  }
}

/** File of the committed artifacts. */
export function artifactsFile(): string {
  return path.join(contractsFolder(), 'artifacts.json');
}

let loaded: Artifacts | null = null;

function artifacts(): Artifacts {
  loaded ??= JSON.parse(readFileSync(artifactsFile(), 'utf8')) as Artifacts;
  return loaded;
}

/** One contract of `artifacts.json`, with what is needed to place and to call it. */
export class Contract {
  private readonly selectors = new Map<string, Uint8Array>();

  private constructor(
    readonly name: string,
    readonly artifact: Artifact,
  ) {}

  /** The contract of this name. Throws {@link UnknownContractError}. */
  static named(name: string): Contract {
    const { contracts } = artifacts();
    const artifact = contracts[name];
    if (artifact === undefined) throw new UnknownContractError(name, null, Object.keys(contracts));
    return new Contract(name, artifact);
  }

  private member<T>(kind: Readonly<Record<string, T>>, name: string): T {
    const found = kind[name];
    if (found === undefined) throw new UnknownContractError(this.name, name, Object.keys(kind));
    return found;
  }

  /** Selector of a function or an error given by its signature, 4 bytes. */
  selector(signature: string): Uint8Array {
    let bytes = this.selectors.get(signature);
    if (bytes === undefined) {
      const { functions, errors } = this.artifact;
      bytes = hexToBytes(this.member({ ...functions, ...errors }, signature));
      this.selectors.set(signature, bytes);
    }
    return bytes;
  }

  /** First topic of an event given by its signature. */
  topic(signature: string): Hex {
    return this.member(this.artifact.events, signature);
  }

  /** Place of a state variable. */
  variable(name: string): StorageVariable {
    return this.member(this.artifact.storage, name);
  }

  /** Deployed code with its immutable variables, each of 32 bytes at most; every one must be given. */
  runtime(values: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
    const code = hexToBytes(this.artifact.runtime);
    for (const [name, places] of Object.entries(this.artifact.immutables)) {
      const value = this.member(values, name);
      for (const start of places) code.set(value, start + 32 - value.length);
    }
    return code;
  }

  /** Init code without constructor arguments. */
  get creation(): Uint8Array {
    return hexToBytes(this.artifact.creation);
  }
}
