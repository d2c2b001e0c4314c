import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CONFIGURATION_FOLDER } from '../node/contract.js';
import { replaceFile } from './write.js';

/*
 * Writes files of some nodes into the folder that the nodes mount, each as a whole: stdin has them as JSON, path -> content.
 * `up` changes a node at a time, and gives a node that is worth less its previous files back.
 */
const files = JSON.parse(await text(process.stdin)) as Record<string, string>;
for (const [path, content] of Object.entries(files)) await replaceFile(join(CONFIGURATION_FOLDER, path), content);
