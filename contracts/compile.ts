/** Compiles the Solidity sources of this folder to {@link Artifacts}; the same sources always give the same bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import solc from 'solc';
import { bytesToHex } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';
import type { Artifact, Artifacts, StorageVariable } from './artifacts.js';

/** Every source but those below runs on all forks from Berlin on. */
const OLDEST_EVM = 'berlin';
/** Sources that need newer instructions, and the first EVM that has them. */
const NEWER_EVM: Readonly<Record<string, string>> = {
  'BlobInbox.sol': 'cancun',
  'Clearing.sol': 'cancun',
  'Histogram.sol': 'osaka',
};

/** Warnings that are meant: targets before London, SELFDESTRUCT, and transient storage, which the sources use on purpose. */
const KNOWN_WARNINGS: readonly RegExp[] = [
  /^Support for EVM versions older than london is deprecated/,
  /"selfdestruct" has been deprecated/,
  /Transient storage as defined by EIP-1153/,
];

interface AbiItem {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly AbiInput[];
}

interface AbiInput {
  readonly type: string;
  readonly components?: readonly AbiInput[];
}

interface CompiledContract {
  readonly abi: readonly AbiItem[];
  readonly storageLayout: {
    readonly storage: readonly { label: string; slot: string; offset: number; type: string }[];
    readonly types: Readonly<Record<string, { readonly numberOfBytes: string }>> | null;
  };
  readonly evm: {
    readonly methodIdentifiers: Readonly<Record<string, string>>;
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: {
      readonly object: string;
      readonly immutableReferences: Readonly<Record<string, readonly { start: number; length: number }[]>>;
    };
  };
}

interface CompilerOutput {
  readonly errors?: readonly { severity: string; message: string; formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { readonly ast: unknown }>>;
  readonly contracts: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>;
}

/** A source that does not compile, or compiles with a warning that nobody has looked at. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly code = 'COMPILE_FAILED';
  constructor(
    readonly evmVersion: string,
    readonly messages: readonly string[],
  ) {
    super(`contracts do not compile for ${evmVersion}:\n${messages.join('\n')}`);
  }
}

function compilerRun(sources: Readonly<Record<string, string>>, evmVersion: string): CompilerOutput {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      evmVersion,
      optimizer: { enabled: true, runs: 200 },
      // Without metadata the bytes depend on the code alone, not on comments or file names.
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: {
        '*': {
          '': ['ast'],
          '*': ['abi', 'storageLayout', 'evm.methodIdentifiers', 'evm.bytecode.object', 'evm.deployedBytecode'],
        },
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)) as string) as CompilerOutput;
  const serious = (output.errors ?? []).filter(({ message }) => !KNOWN_WARNINGS.some((known) => known.test(message)));
  if (serious.length > 0) {
    const messages = serious.map(({ formattedMessage }) => formattedMessage);
    throw new CompileError(evmVersion, messages);
  }
  return output;
}

/** Names of immutable variables by the id that references to them carry. */
function immutableNames(node: unknown, names = new Map<string, string>()): Map<string, string> {
  if (typeof node !== 'object' || node === null) return names;
  const { id, name, mutability } = node as { id?: number; name?: string; mutability?: string };
  if (mutability === 'immutable' && name !== undefined) names.set(String(id), name);
  for (const child of Object.values(node)) immutableNames(child, names);
  return names;
}

/** Type of a parameter as signatures spell it: tuples by their components. */
function canonicalType({ type, components }: AbiInput): string {
  return components === undefined ? type : `(${components.map(canonicalType).join(',')})${type.slice('tuple'.length)}`;
}

/** Hashes of all items of a kind, by signature. */
function hashes(abi: readonly AbiItem[], kind: 'event' | 'error', digits: number): Record<string, `0x${string}`> {
  const items = abi.filter(({ type }) => type === kind);
  return Object.fromEntries(
    items.map(({ name, inputs = [] }) => {
      const signature = `${name}(${inputs.map(canonicalType).join(',')})`;
      const hash = bytesToHex(keccak256(new TextEncoder().encode(signature)));
      return [signature, hash.slice(0, 2 + digits) as `0x${string}`];
    }),
  );
}

function storageOf({ storageLayout: { storage, types } }: CompiledContract): Record<string, StorageVariable> {
  return Object.fromEntries(
    storage.map(({ label, slot, offset, type }) => {
      return [label, { slot: Number(slot), offset, bytes: Number(types?.[type]?.numberOfBytes ?? 32) }];
    }),
  );
}

function artifactOf(contract: CompiledContract, evmVersion: string, names: ReadonlyMap<string, string>): Artifact {
  const { methodIdentifiers, bytecode, deployedBytecode } = contract.evm;
  const functions = Object.entries(methodIdentifiers).map(([signature, selector]) => [signature, `0x${selector}`]);
  const references = Object.entries(deployedBytecode.immutableReferences);
  return {
    evmVersion,
    functions: Object.fromEntries(functions),
    events: hashes(contract.abi, 'event', 64),
    errors: hashes(contract.abi, 'error', 8),
    storage: storageOf(contract),
    immutables: Object.fromEntries(
      references.map(([id, places]) => [names.get(id) ?? id, places.map(({ start }) => start)]),
    ),
    creation: `0x${bytecode.object}`,
    runtime: `0x${deployedBytecode.object}`,
  };
}

/** Compiles all `*.sol` of `folder`. Throws {@link CompileError}. */
export function compileContracts(folder: string): Artifacts {
  const files = readdirSync(folder).filter((name) => name.endsWith('.sol'));
  const read = (name: string): [string, string] => [name, readFileSync(path.join(folder, name), 'utf8')];
  const sources = Object.fromEntries(files.sort().map(read));
  const contracts: [string, Artifact][] = [];
  for (const evmVersion of new Set([OLDEST_EVM, ...Object.values(NEWER_EVM)])) {
    const wanted = files.filter((name) => (NEWER_EVM[name] ?? OLDEST_EVM) === evmVersion);
    const group = Object.fromEntries(wanted.map((name) => [name, sources[name] as string]));
    const output = compilerRun(group, evmVersion);
    const names = immutableNames(output.sources);
    for (const compiled of Object.values(output.contracts)) {
      for (const [name, contract] of Object.entries(compiled)) {
        // Abstract contracts have no bytes.
        if (contract.evm.deployedBytecode.object !== '')
          contracts.push([name, artifactOf(contract, evmVersion, names)]);
      }
    }
  }
  contracts.sort(([a], [b]) => (a < b ? -1 : 1));
  return { compiler: solc.version() as string, contracts: Object.fromEntries(contracts) };
}
