/** The files of captured blocks, made of synthetic ones, and changed at will. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CaptureFiles } from '../../runners/replay/capture-files.js';
import { codesJson, preStateJson } from '../../runners/replay/captured-state.js';
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { SyntheticBlock } from './replay-chain.js';

/** Files of the block: whole, with the hashes of its ancestors. */
export function filesOf({ number, json, ancestors, pre }: SyntheticBlock): CaptureFiles {
  const codes = new Map<Hex, Uint8Array>();
  const accounts = new Map(
    [...pre].map(([address, { nonce, balance, code, storage }]) => {
      const codeHash = bytesToHex(keccak256(code));
      if (code.length > 0) codes.set(codeHash, code);
      return [address, { nonce, balance, codeHash, storage }] as const;
    }),
  );
  return {
    number,
    block: json,
    preState: preStateJson(accounts),
    witness: null,
    codes: codesJson(codes),
    blockHashes: Object.fromEntries(ancestors.map(({ hash }, i) => [String(number - 1n - BigInt(i)), hash as string])),
  };
}

/** Runs `body` with a folder of its own, which goes afterwards. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lockstep-replay-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a file and the folders above it. */
export async function put(folder: string, file: string, content: string): Promise<void> {
  const target = path.join(folder, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, content);
}
