/*
 * `node bundle.js src/some/main.ts OUT.js`: a program as one file, as docker/service/bundle.js makes those of the image. It
 * starts in a quarter of the time that TypeScript and its packages would take it.
 */
import { readFileSync } from 'node:fs';
import { transformSync } from '@swc/core';
import { rolldown } from 'rolldown';

/** What NestJS would import if the services used it. */
const NOT_INSTALLED =
  /^@fastify\/(cors|multipart|static|view)|^@nestjs\/(microservices|platform-express|websockets)(\/|$)/;

/** Our classes have decorators with metadata, which the bundler itself does not write. */
const ourTypeScript = {
  name: 'our-typescript',
  load(id) {
    if (!id.endsWith('.ts') || id.includes('node_modules')) return undefined;
    return transformSync(readFileSync(id, 'utf8'), {
      jsc: {
        target: 'es2024',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    }).code;
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
