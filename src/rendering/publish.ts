import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { CONFIGURATION_FOLDER } from '../node/contract.js';
import { replaceFile, writeRendered } from './write.js';

/*
 * Writes rendered files into the folder that the nodes mount, each as a whole: stdin has them as JSON, path -> content.
 * Without `--all` those of some nodes: `up` changes a node at a time, and gives a node that is worth less its previous files
 * back. With it, what was rendered earlier and is not among them is removed.
 */
const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
const files = new Map(Object.entries(JSON.parse(await text(process.stdin)) as Record<string, string>));
if (values.all) await writeRendered(CONFIGURATION_FOLDER, files);
else for (const [path, content] of files) await replaceFile(join(CONFIGURATION_FOLDER, path), content);
