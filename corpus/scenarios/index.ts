/** Every scenario, in the order in which the corpus is written. */

import type { Scenario } from '../plan.js';
import { QUICK } from '../recipes.js';
import { blobs } from './blobs.js';
import { coinbase } from './coinbase.js';
import { consensus } from './consensus.js';
import { creation } from './creation.js';
import { delegation } from './delegation.js';
import { destruction } from './destruction.js';
import { execution } from './execution.js';
import { invalid } from './invalid.js';
import { mix } from './mix.js';
import { nonces } from './nonces.js';
import { tokens } from './tokens.js';
import { transfers } from './transfers.js';

export const SCENARIOS: readonly Scenario[] = [
  transfers,
  nonces,
  tokens,
  mix,
  coinbase,
  destruction,
  creation,
  execution,
  delegation,
  blobs,
  consensus,
  invalid,
  QUICK,
];
