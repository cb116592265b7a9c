import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../../..');

// sql runs statements on a server's database, as its operator could, and returns the
// rows of the last one.
export function sql(server, ...statements) {
  const out = execFileSync('go', ['run', 'e2e/lib/cheat.go', join(server.data, 'mingjing.db'), ...statements], { cwd: root });
  return JSON.parse(out);
}

// halt stops a server and keeps its data.
export async function halt(server) {
  server.child.kill('SIGTERM');
  await server.exited;
}

// copy returns a copy of a stopped server's data; put replaces the server's data with a
// copy.
export function copy(server) {
  const to = mkdtempSync(join(tmpdir(), 'mingjing-e2e-copy-'));
  cpSync(server.data, to, { recursive: true });
  return to;
}

export function put(server, from) {
  rmSync(server.data, { recursive: true, force: true, maxRetries: 5 });
  cpSync(from, server.data, { recursive: true });
}

// A Witness is the built program as a witness on another computer.
export class Witness {
  static async start(logKey) {
    const w = new Witness();
    w.data = mkdtempSync(join(tmpdir(), 'mingjing-e2e-witness-'));
    w.child = spawn(join(root, 'bin/mingjing'), ['witness'], {
      env: { PATH: process.env.PATH, ADDR: '127.0.0.1:0', DATA: w.data, LOG_KEY: logKey, WITNESS_NAME: 'witness.example' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    w.log = '';
    w.child.stderr.on('data', (d) => (w.log += d));
    w.exited = once(w.child, 'exit');
    let said = '';
    for await (const d of w.child.stdout) {
      said += d;
      const line = said.match(/WITNESSES=(.*)\n/);
      if (line) {
        w.setting = line[1];
        return w;
      }
    }
    throw new Error(`the witness ended: ${w.log}`);
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.exited;
    rmSync(this.data, { recursive: true, force: true });
  }
}
