/** Every kind of transaction, by name. */
import { batch, metamorphic, proxy, sponsor } from './code.js';
import type { Kind } from './kind.js';
import { liquidity, pairCreation, range, rangeLiquidity, route, swap } from './markets.js';
import { creation, transfer } from './payments.js';
import { blob, clearing, histogram, multicall, order, searcher, vault, work } from './pots.js';
import { airdrop, erc20, feeToken, mint, nft, permit } from './tokens.js';

export const KIND_NAMES = [
  'transfer',
  'creation',
  'erc20',
  'feeToken',
  'mint',
  'permit',
  'airdrop',
  'nft',
  'swap',
  'route',
  'liquidity',
  'pairCreation',
  'range',
  'rangeLiquidity',
  'vault',
  'order',
  'searcher',
  'multicall',
  'work',
  'proxy',
  'metamorphic',
  'blob',
  'clearing',
  'batch',
  'sponsor',
  'histogram',
] as const;

export type KindName = (typeof KIND_NAMES)[number];

const all: readonly Kind[] = [
  transfer,
  creation,
  erc20,
  feeToken,
  mint,
  permit,
  airdrop,
  nft,
  swap,
  route,
  liquidity,
  pairCreation,
  range,
  rangeLiquidity,
  vault,
  order,
  searcher,
  multicall,
  work,
  proxy,
  metamorphic,
  blob,
  clearing,
  batch,
  sponsor,
  histogram,
];

export const KINDS: ReadonlyMap<string, Kind> = new Map(all.map((kind) => [kind.name, kind]));
