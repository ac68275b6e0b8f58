// Takes a scenario from define to verified runpack with the official TypeScript client, in each of its negotiation
// modes.
//
//     session.mjs WORKSPACE COMMAND [ARGUMENT...]
//
// WORKSPACE is the folder with the configuration, the scenario and the evidence; it is copied, not written to.
// COMMAND starts the server; `--config FILE` is added to it. Prints one JSON line per step; the first surprise ends it
// with that step's name on standard error and exit status 1.

import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const MODERN = '2026-07-28';
const MODES = [
  { name: 'legacy', mode: 'legacy' },
  { name: 'auto', mode: 'auto' },
  { name: 'pin', mode: { pin: MODERN } },
];
const NEEDED = [
  'scenario_define',
  'scenario_start',
  'scenario_next',
  'scenario_status',
  'precheck',
  'evidence_query',
  'runpack_export',
  'runpack_verify',
];

/** The session's record: one line per step, and where it stands. */
class Steps {
  constructor(mode) {
    this.mode = mode;
    this.current = 'connect';
  }

  begin(step) {
    this.current = step;
  }

  done(facts) {
    const line = { client: 'typescript', mode: this.mode, step: this.current, ...facts };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }

  expect(holds, seen) {
    if (!holds) throw new Error(`unexpected ${JSON.stringify(seen)?.slice(0, 2000)}`);
  }
}

/** Calls a tool and returns what it answers, which must not be an error. */
async function call(client, steps, name, args) {
  const result = await client.callTool({ name, arguments: args });
  steps.expect(result.isError !== true, result);
  steps.expect(typeof result.structuredContent === 'object' && result.structuredContent !== null, result);
  steps.expect(result.content.some((part) => part.type === 'text' && part.text.trim() !== ''), result);
  return result.structuredContent;
}

/** From define to a verified pack. */
async function release(client, steps, folder) {
  steps.begin('tools/list');
  const { tools } = await client.listTools();
  const names = tools.map((tool) => tool.name);
  const missing = NEEDED.filter((name) => !names.includes(name));
  steps.expect(isDeepStrictEqual(missing, []), { missing });
  steps.expect(tools.every((tool) => tool.outputSchema?.type === 'object'), { names });
  steps.done({ tools: names.length });

  steps.begin('scenario_define');
  const spec = JSON.parse(await readFile(join(folder, 'scenario.json'), 'utf8'));
  const defined = await call(client, steps, 'scenario_define', { spec });
  steps.expect(defined.scenario_id === 'release', defined);
  steps.done({ spec_hash: defined.spec_hash });

  steps.begin('scenario_start');
  const started = await call(client, steps, 'scenario_start', { scenario_id: 'release', run_id: 'run-1' });
  steps.expect(started.run_id === 'run-1', started);
  steps.done({ run_id: 'run-1' });

  steps.begin('scenario_next holds');
  const held = await call(client, steps, 'scenario_next', { run_id: 'run-1' });
  steps.expect(held.decision?.outcome?.kind === 'hold', held);
  steps.done({ outcome: 'hold' });

  steps.begin('scenario_next completes');
  await cp(join(folder, 'mended', 'tests.json'), join(folder, 'evidence', 'tests.json'));
  const passed = await call(client, steps, 'scenario_next', { run_id: 'run-1' });
  steps.expect(passed.decision?.outcome?.kind === 'complete', passed);
  steps.done({ outcome: 'complete' });

  steps.begin('runpack_export');
  const exported = await call(client, steps, 'runpack_export', { run_id: 'run-1' });
  const { runpack_dir } = exported;
  steps.expect(typeof runpack_dir === 'string' && runpack_dir !== '', exported);
  steps.done({ runpack_dir });

  steps.begin('runpack_verify');
  const verified = await call(client, steps, 'runpack_verify', { runpack_dir });
  steps.expect(verified.status === 'pass', verified);
  steps.done({ status: 'pass', verdict: verified.verdict });

  steps.begin('an error the caller can mend');
  const refused = await client.callTool({ name: 'scenario_next', arguments: { run_id: 'no-such-run' } });
  steps.expect(refused.isError === true && typeof refused.structuredContent?.code === 'string', refused);
  steps.done({ code: refused.structuredContent.code });
}

/** One whole session in one negotiation mode; the exit status of the process. */
async function session({ name, mode }, workspace, [command, ...args]) {
  const steps = new Steps(name);
  const folder = await mkdtemp(join(tmpdir(), 'decision-gate-client-'));
  const client = new Client(
    { name: 'decision-gate-tests', version: '1.0.0' },
    { versionNegotiation: { mode, probe: { timeoutMs: 30_000 } } },
  );
  try {
    await cp(workspace, folder, { recursive: true });
    const config = join(folder, 'decision-gate.toml');
    const transport = new StdioClientTransport({ command, args: [...args, '--config', config], cwd: folder });
    await client.connect(transport, { timeout: 30_000 });
    const version = client.getNegotiatedProtocolVersion();
    steps.expect((version === MODERN) === (name !== 'legacy'), { version });
    steps.done({ version });
    await release(client, steps, folder);
    return 0;
  } catch (fault) {
    process.stderr.write(`${name}: step \`${steps.current}\` failed: ${fault?.stack ?? fault}\n`);
    return 1;
  } finally {
    await client.close().catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

const [workspace, program, ...rest] = process.argv.slice(2);
// The server starts in another folder.
const command = [resolve(program ?? ''), ...rest];
if (program === undefined) {
  process.stderr.write('session.mjs WORKSPACE COMMAND [ARGUMENT...]\n');
  process.exitCode = 2;
} else {
  for (const mode of MODES) {
    process.exitCode = await session(mode, workspace, command);
    if (process.exitCode !== 0) break;
  }
}
