/*
 * `node --import <this file> src/some/main.ts` runs TypeScript as the build would, so that a spec can start a real
 * process without one. Node's own type stripping does not do: our classes have decorators with metadata.
 */
import { readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

// What it imports takes most of its start.
enableCompileCache();

registerHooks({
  resolve(specifier, context, nextResolve) {
    const fromTypeScript = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
    return nextResolve(fromTypeScript ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts')) return nextLoad(url, context);
    const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
      jsc: {
        target: 'es2024',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
