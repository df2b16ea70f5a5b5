/** The pre-allocations that cases of a process share: each is read once, and kept while there is room. */
import { FixtureError, MissingCompanionError } from '../fixtures/cases.js';
import type { EngineXCase, PreAllocation } from '../fixtures/cases-engine.js';
import { type Companion, CompanionError, type FindCompanionIn } from '../fixtures/companions.js';
import { decodePreAllocation } from '../fixtures/decode-pre-allocation.js';
import { SourceError } from '../fixtures/sources.js';
import { emptyDatabase } from '../job/engine.js';
import { type GenesisFields, genesisFields } from './genesis.js';

export interface Genesis extends GenesisFields {
  readonly pre: PreAllocation['pre'];
}

interface Kept {
  readonly network: string;
  readonly genesis: Genesis;
  /** Characters of the file: a measure of what it occupies. */
  readonly size: number;
}

const ROOM = 32 * 1024 * 1024;

export class PreAllocations {
  /** By source and path; least recently used first. */
  readonly #kept = new Map<string, Kept>();
  /** The path that a case of this file last found a pre-allocation at, by source, folder and hash. */
  readonly #places = new Map<string, string>();
  #size = 0;

  /** Keeps files of `room` characters in all, and the latest whatever its size. */
  constructor(
    private readonly find: FindCompanionIn,
    private readonly room = ROOM,
  ) {}

  /**
   * The genesis that `one` starts from. Throws {@link FixtureError}: about the case where the file is
   * missing or belongs to another network, about the file where that is malformed.
   */
  async of(one: EngineXCase): Promise<Genesis> {
    const name = `pre_alloc/${one.preHash}.json`;
    const folder = one.file.slice(0, one.file.lastIndexOf('/') + 1);
    const asked = `${one.source}\n${folder}\n${name}`;
    const place = this.#places.get(asked);
    let kept = place === undefined ? null : this.#use(place);
    if (kept === null) {
      const companion = await this.#search(one, name);
      const key = `${one.source}\n${companion.file}`;
      this.#places.set(asked, key);
      kept = this.#use(key) ?? this.#keep(key, one.source, companion);
    }
    if (kept.network !== one.network) {
      throw problem(one, `${name} is a pre-allocation of ${kept.network}, the test is one of ${one.network}`);
    }
    return kept.genesis;
  }

  async #search(one: EngineXCase, name: string): Promise<Companion> {
    try {
      const companion = await this.find(one.source, one.file, name);
      if (companion !== null) return companion;
    } catch (error) {
      if (error instanceof SourceError || error instanceof CompanionError)
        throw problem(one, `looking for ${name}: ${error.message}`);
      throw error;
    }
    throw new MissingCompanionError(one.source, one.file, one.test, 'preHash', name);
  }

  #use(key: string): Kept | null {
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  #keep(key: string, source: string, { file, text }: Companion): Kept {
    const decoded = decodePreAllocation(source, file, text);
    const database = emptyDatabase();
    database.load(decoded.pre);
    const fields = genesisFields(decoded, database.stateRoot());
    const kept = { network: decoded.network, genesis: { pre: decoded.pre, ...fields }, size: text.length };
    for (const [oldest, { size }] of this.#kept) {
      if (this.#size + kept.size <= this.room) break;
      this.#kept.delete(oldest);
      this.#size -= size;
    }
    this.#kept.set(key, kept);
    this.#size += kept.size;
    return kept;
  }
}

function problem(one: EngineXCase, detail: string): FixtureError {
  return new FixtureError(one.source, one.file, one.test, 'preHash', detail);
}
