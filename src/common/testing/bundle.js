/*
 * `node bundle.js src/some/main.ts OUT.js`: a program as one file, as docker/service/bundle.js makes those of the image. It
 * starts in a quarter of the time that TypeScript and its packages would take it.
 */
import { readFileSync } from 'node:fs';
import { transformSync } from '@swc/core';
import { rolldown } from 'rolldown';
import { swcOptions } from './swc-options.js';

/** What NestJS would import if the services used it. */
const NOT_INSTALLED =
  /^@fastify\/(cors|multipart|static|view)|^@nestjs\/(microservices|platform-express|websockets)(\/|$)/;

/** The bundler itself does not write the metadata of decorators. */
const ourTypeScript = {
  name: 'our-typescript',
  load(id) {
    if (!id.endsWith('.ts') || id.includes('node_modules')) return undefined;
    return transformSync(readFileSync(id, 'utf8'), swcOptions).code;
  },
  resolveId(specifier, importer) {
    if (!specifier.startsWith('.') || !importer?.endsWith('.ts')) return undefined;
    return new URL(specifier.replace(/\.js$/, '.ts'), `file://${importer}`).pathname;
  },
};

const [entry, out] = process.argv.slice(2);
const bundle = await rolldown({
  input: entry,
  platform: 'node',
  external: NOT_INSTALLED,
  resolve: { mainFields: ['module', 'main'] },
  plugins: [ourTypeScript],
});
await bundle.write({ file: out, codeSplitting: false, keepNames: true });
