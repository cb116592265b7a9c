import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Engines } from './engines.mjs';
import { typed } from './person.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const out = join(root, 'e2e/out');
const readyWithin = 90_000; // milliseconds, with Kratos and the demo city on a busy machine
let started = 0;

// A Server is the built program with a data folder of its own. It can be killed and
// started again with the same folder and port, as after a power cut.
export class Server {
  // before, which may be given, is called before the program is started for the first
  // time.
  static async start({ env = {}, engines = false, before } = {}) {
    const s = new Server();
    if (engines) s.engines = await Engines.start();
    s.data = mkdtempSync(join(tmpdir(), 'mingjing-e2e-'));
    s.port = await freePort();
    s.url = `http://127.0.0.1:${s.port}`;
    s.env = env;
    try {
      await before?.(s);
      await s.boot();
    } catch (e) {
      await s.stop();
      throw e;
    }
    return s;
  }

  get settings() {
    return {
      PATH: process.env.PATH,
      HOME: this.data,
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), // what opens files is compiled once
      KRATOS_BIN: join(root, 'e2e/lib/kratos'), // hashes passwords in no time
      ADDR: `127.0.0.1:${this.port}`,
      PUBLIC_ORIGIN: this.url,
      DATA: this.data,
      DEMO: '1',
      ...this.engines?.env,
      ...this.env,
    };
  }

  // command runs a command of the program on the server's data, as the operator does,
  // and returns what it says.
  async command(...args) {
    const { stdout } = await promisify(execFile)(join(root, 'bin/mingjing'), args, { cwd: this.data, env: this.settings });
    return stdout;
  }

  // boot starts the program and waits until it is ready.
  async boot() {
    mkdirSync(out, { recursive: true });
    this.logFile = join(out, `server-${process.pid}-${++started}.log`);
    const log = createWriteStream(this.logFile);
    const greeting = createWriteStream(this.logFile.replace(/log$/, 'out'));
    this.child = spawn(join(root, 'bin/mingjing'), [], {
      cwd: this.data,
      env: this.settings,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own: what it leaves behind can be ended with it
    });
    this.child.stdout.pipe(greeting);
    this.child.stderr.pipe(log);
    this.exited = once(this.child, 'exit');
    this.exited.catch(() => {}); // the error goes to those who await it

    const until = Date.now() + readyWithin;
    for (;;) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`the server ended while starting:\n${this.log().slice(-4000)}`);
      }
      if (await answers(`${this.url}/readyz`)) return;
      if (Date.now() > until) throw new Error(`the server is not ready:\n${this.log().slice(-4000)}`);
      await new Promise((r) => setTimeout(r, 100));
    }
  }

  // log returns the standard error of the program since it was started; the list of the
  // demo's accounts is on the standard output.
  log() {
    return readFileSync(this.logFile, 'utf8');
  }

  // accounts returns the people of the demo city who can log in.
  get accounts() {
    return JSON.parse(readFileSync(join(this.data, 'demo-accounts.json'), 'utf8'));
  }

  resident(story) {
    const a = this.accounts.find((x) => x.role === 'resident' && x.story === story && x.password);
    if (!a) throw new Error(`the demo city has no resident with the story ${story}`);
    return a;
  }

  // newcomer returns a resident who has an activation code and no password yet.
  newcomer() {
    const a = this.accounts.find((x) => x.role === 'resident' && x.activation_code);
    if (!a) throw new Error('the demo city has no resident who is yet to activate');
    return a;
  }

  staff(role = 'handler') {
    const a = this.accounts.find((x) => x.role === role);
    if (!a) throw new Error(`the demo city has no ${role}`);
    return a;
  }

  // kill ends the program as a power cut does. Its children are not ended: the next
  // start has to do that.
  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  // pauseLogin stops the program's Kratos, which then answers nobody, until the function
  // that it returns is called.
  pauseLogin() {
    const tasks = `/proc/${this.child.pid}/task`;
    const children = readdirSync(tasks).flatMap((t) => readFileSync(`${tasks}/${t}/children`, 'utf8').split(' ').filter(Boolean));
    const pid = Number(children.find((p) => readFileSync(`/proc/${p}/cmdline`, 'utf8').includes('kratos')));
    process.kill(pid, 'SIGSTOP');
    return () => process.kill(pid, 'SIGCONT');
  }

  // shutdown ends the program as an operator does, and keeps its data.
  async shutdown() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    const slow = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await this.exited;
    clearTimeout(slow);
  }

  async stop() {
    await this.shutdown();
    const { exitCode, signalCode } = this.child;
    try {
      process.kill(-this.child.pid, 'SIGKILL'); // the group, if it still exists
    } catch (e) {
      if (e.code !== 'ESRCH') throw e;
    }
    const readable = exitCode === 0 ? this.readable() : [];
    await this.engines?.stop();
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5 });
    if (readable.length > 0) throw new Error(`at rest can be read:\n${readable.join('\n')}`);
    return { exitCode, signalCode };
  }

  // readable returns everything about residents that a thief of the data folder, and of
  // the engines' data, could read. Demo accounts that are written down for testers do
  // not count.
  readable() {
    const accounts = existsSync(join(this.data, 'demo-accounts.json')) ? this.accounts : [];
    const staff = accounts.filter((a) => a.role !== 'resident').map((a) => a.name); // staff log in with their names
    const secrets = accounts
      .filter((a) => a.role === 'resident')
      .flatMap((a) => [staff.includes(a.name) ? '' : a.name, a.id_number, a.password]);
    secrets.push(...typed);
    const kept = Object.entries(this.engines?.dump() ?? {});
    for (const f of readdirSync(this.data, { recursive: true, withFileTypes: true })) {
      if (f.isFile() && f.name !== 'demo-accounts.json') kept.push([f.name, readFileSync(join(f.parentPath, f.name))]);
    }
    return kept.flatMap(([name, data]) => secrets.filter((s) => s && data.includes(s)).map((s) => `${name}: ${s}`));
  }
}

// answers says whether an address is answered well.
export async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

// freePort returns a port that nobody listens on. It is none of those that the system gives
// to connections, so that none takes it before the program does.
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const s = createServer();
    const free = await new Promise((r) => {
      s.once('error', () => r(false));
      s.listen(port, '127.0.0.1', () => r(true));
    });
    if (!free) continue;
    s.close();
    await once(s, 'close');
    return port;
  }
}
