import { packageFolder } from '../../contracts/folder.js';

/** Folder of the package, wherever the tests were compiled to. */
export const packageRoot = packageFolder();
