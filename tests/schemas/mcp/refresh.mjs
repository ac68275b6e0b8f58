// Writes the protocol's JSON schemas anew from the package that ships them (see NOTICE):
//
//     npm pack @modelcontextprotocol/conformance@0.2.0-alpha.12 && tar xzf *.tgz && node refresh.mjs package .
//
// The package bundles each revision's schema.json as an object literal in its one script.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OPENING = '={$schema:`https://json-schema.org/draft/2020-12/schema`,$defs:{Annotations:';
const REVISIONS = ['2025-11-25', '2026-07-28'];

/** Where the object literal that starts at `start` ends. */
function end(script, start) {
  let depth = 0;
  let quote = null;
  for (let at = start; at < script.length; at += 1) {
    const char = script[at];
    if (quote !== null) {
      if (char === '\\') at += 1;
      else if (char === quote) quote = null;
    } else if ('`"\''.includes(char)) quote = char;
    else if (char === '{') depth += 1;
    else if (char === '}' && (depth -= 1) === 0) return at + 1;
  }
  throw new Error('the object literal has no end');
}

const [source, destination] = process.argv.slice(2);
const script = readFileSync(join(source, 'dist', 'index.js'), 'utf8');
let at = 0;
for (const revision of REVISIONS) {
  at = script.indexOf(OPENING, at);
  if (at < 0) throw new Error(`no schema for ${revision}`);
  const start = at + 1;
  at = end(script, start);
  const schema = (0, eval)(`(${script.slice(start, at)})`);
  writeFileSync(join(destination, `${revision}.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
