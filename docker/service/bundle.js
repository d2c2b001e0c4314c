/*
 * Each program of the service image as one file, with the packages that it uses: Node starts it in half the time, and on
 * an emulated machine in a third, than out of thousands of files. Run in the folder that `npm run build` has filled.
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { build } from 'rolldown';

const PROGRAMS = ['services/main', 'services/validate', 'rendering/main', 'rendering/publish', 'probe/main'];

/**
 * V8 keeps the text of a program for as long as it runs, with two bytes for each of its letters if one of them is beyond
 * Latin 1. Functions keep their names: logs and stacks have them.
 */
const MINIFY = { compress: true, mangle: false, codegen: { removeWhitespace: true } };
const inLatin1 = {
  name: 'in-latin-1',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      file.code = file.code.replace(
        /[^\0-\xff]/g,
        (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/** What NestJS would import if the services used it. */
const NOT_INSTALLED = [
  '@fastify/cors',
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
];

await build({
  input: Object.fromEntries(PROGRAMS.map((program) => [program, `dist/${program}.js`])),
  platform: 'node',
  external: (id) => NOT_INSTALLED.some((name) => id === name || id.startsWith(`${name}/`)),
  // Packages' modules rather than their CommonJS: of these what is not used is left out.
  resolve: { mainFields: ['module', 'main'] },
  output: { dir: 'bundle/dist', entryFileNames: '[name].js', minify: MINIFY },
  plugins: [inLatin1],
});
// The page's template is read from beside the program.
await copyFile('dist/services/frontend/page.hbs', 'bundle/dist/services/page.hbs');
await writeFile('bundle/package.json', '{ "type": "module" }\n');
