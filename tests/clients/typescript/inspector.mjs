// Takes a scenario from define to verified runpack with the MCP inspector's command line, in both protocol eras. Each
// step is a process of its own, so the server starts anew each time and goes on from what is on disk.
//
//     inspector.mjs WORKSPACE COMMAND [ARGUMENT...]
//
// WORKSPACE and COMMAND are as for session.mjs. Needs Node 22.19 or later. Prints one JSON line per step; the first
// surprise ends it with that step's name on standard error and exit status 1.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const INSPECTOR = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.bin', 'mcp-inspector');
const TOOL_ERROR = 5;

/** One inspector process: its exit status and what it printed. */
function inspect(folder, era, server, options) {
  const args = [INSPECTOR, '--cli', '--format', 'json', '--protocol-era', era, ...options, '--', ...server];
  const env = { ...process.env, HOME: folder, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env, timeout: 60_000 }, (fault, stdout, stderr) => {
      resolve({ status: fault === null ? 0 : fault.code, stdout, stderr });
    });
  });
}

/** One session: what each step asks, and what its answer must say. */
class Session {
  constructor(era, folder, server) {
    this.era = era;
    this.folder = folder;
    this.server = server;
    this.current = 'start';
  }

  async run(step, options, status, holds) {
    this.current = step;
    const seen = await inspect(this.folder, this.era, this.server, options);
    if (seen.status !== status) throw new Error(`exit status ${seen.status}, not ${status}: ${JSON.stringify(seen)}`);
    const { result } = JSON.parse(seen.stdout);
    const facts = holds(result, seen.stderr);
    if (!facts) throw new Error(`unexpected ${JSON.stringify(seen)}`);
    const line = { client: 'inspector', era: this.era, step, ...facts };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return result;
  }

  call(step, tool, args, holds, status = 0) {
    const options = ['--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(args)];
    return this.run(step, options, status, (result) => holds(result.structuredContent ?? {}));
  }

  async release() {
    const strict = ['--method', 'tools/list', '--strict'];
    await this.run('tools/list', strict, 0, ({ tools }) => tools.length > 0 && { tools: tools.length });
    const spec = JSON.parse(await readFile(join(this.folder, 'scenario.json'), 'utf8'));
    const run = { run_id: 'run-1' };
    const outcome = (kind) => (seen) => seen.decision?.outcome?.kind === kind && { outcome: kind };
    await this.call('scenario_define', 'scenario_define', { spec }, (seen) => {
      return seen.scenario_id === 'release' && { spec_hash: seen.spec_hash };
    });
    await this.call('scenario_start', 'scenario_start', { scenario_id: 'release', ...run }, (seen) => {
      return seen.run_id === run.run_id && run;
    });
    await this.call('scenario_next holds', 'scenario_next', run, outcome('hold'));
    await cp(join(this.folder, 'mended', 'tests.json'), join(this.folder, 'evidence', 'tests.json'));
    await this.call('scenario_next completes', 'scenario_next', run, outcome('complete'));
    const exported = await this.call('runpack_export', 'runpack_export', run, (seen) => {
      return typeof seen.runpack_dir === 'string' && { runpack_dir: seen.runpack_dir };
    });
    const { runpack_dir } = exported.structuredContent;
    await this.call('runpack_verify', 'runpack_verify', { runpack_dir }, (seen) => {
      return seen.status === 'pass' && { status: 'pass', verdict: seen.verdict };
    });
    const unknown = { run_id: 'no-such-run' };
    const refused = (seen) => typeof seen.code === 'string' && { code: seen.code };
    await this.call('an error the caller can mend', 'scenario_next', unknown, refused, TOOL_ERROR);
  }
}

/** One whole session in one era; the exit status of the process. */
async function session(era, workspace, command) {
  const folder = await mkdtemp(join(tmpdir(), 'decision-gate-inspector-'));
  await cp(workspace, folder, { recursive: true });
  const run = new Session(era, folder, [...command, '--config', join(folder, 'decision-gate.toml')]);
  try {
    await run.release();
    return 0;
  } catch (fault) {
    process.stderr.write(`${era}: step \`${run.current}\` failed: ${fault?.stack ?? fault}\n`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [workspace, program, ...rest] = process.argv.slice(2);
// The server starts in another folder.
const command = [resolve(program ?? ''), ...rest];
if (program === undefined) {
  process.stderr.write('inspector.mjs WORKSPACE COMMAND [ARGUMENT...]\n');
  process.exitCode = 2;
} else {
  for (const era of ['legacy', 'modern']) {
    process.exitCode = await session(era, workspace, command);
    if (process.exitCode !== 0) break;
  }
}
