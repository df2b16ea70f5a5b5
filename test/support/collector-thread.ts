/** Looks for V8's collection again and again while other threads do so too; answers how often there was one. */
import { findCollector } from '../../src/state/let-go.js';
import { participate } from './hammer.js';

participate((times: number): number => {
  let found = 0;
  for (let i = 0; i < times; i++) {
    const collect = findCollector();
    if (collect === null) continue;
    collect();
    found++;
  }
  return found;
});
