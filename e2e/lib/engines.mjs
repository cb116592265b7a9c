import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const startWithin = 60_000; // milliseconds

// Engines are a PostgreSQL and a Redis for one server, as in a city with several
// replicas. Both listen on sockets in a folder of their own.
export class Engines {
  static async start() {
    const e = new Engines();
    try {
      await e.boot();
    } catch (err) {
      await e.stop();
      throw err;
    }
    return e;
  }

  async boot() {
    this.dir = mkdtempSync(join(tmpdir(), 'mingjing-engines-'));
    this.owner = unprivileged();
    if (this.owner.uid !== undefined) chownSync(this.dir, this.owner.uid, this.owner.gid);
    this.bin = newest();
    const cluster = join(this.dir, 'data');
    this.run('initdb', '-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
    const own = { ...this.owner, cwd: this.dir, stdio: 'ignore' };
    this.postgres = spawn(
      join(this.bin, 'postgres'),
      ['-D', cluster, '-k', this.dir, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'full_page_writes=off'],
      own,
    );
    // The dump file is not compressed, so that tests can read it.
    this.redis = spawn('redis-server', ['--port', '0', '--unixsocket', join(this.dir, 'redis'), '--save', '', '--rdbcompression', 'no', '--dir', this.dir], own);
    await Promise.all(['.s.PGSQL.5432', 'redis'].map((s) => listens(join(this.dir, s))));
    for (const until = Date.now() + startWithin; ; ) {
      try {
        this.run('createdb', '-h', this.dir, '-U', 'postgres', 'mingjing');
        break;
      } catch (err) {
        if (Date.now() > until || !/starting up/.test(err.stderr)) throw err;
        await new Promise((r) => setTimeout(r, 50));
      }
    }
    this.env = {
      DATABASE_URL: `postgres://postgres@/mingjing?host=${encodeURIComponent(this.dir)}`,
      REDIS_URL: `unix://${join(this.dir, 'redis')}?db=0`,
    };
  }

  run(program, ...args) {
    return execFileSync(join(this.bin, program), args, { ...this.owner, cwd: this.dir, maxBuffer: 1 << 30, stdio: 'pipe' });
  }

  // dump returns everything that the two store, by name, to search in. Bytes in
  // PostgreSQL are written there as bytes.
  dump() {
    const text = this.run('pg_dump', '-h', this.dir, '-U', 'postgres', '--data-only', 'mingjing').toString('latin1');
    execFileSync('redis-cli', ['-s', join(this.dir, 'redis'), 'SAVE'], { stdio: 'pipe' });
    return {
      PostgreSQL: Buffer.from(text.replace(/\\\\x((?:[0-9a-f]{2})+)/g, (_, hex) => Buffer.from(hex, 'hex').toString('latin1')), 'latin1'),
      Redis: readFileSync(join(this.dir, 'dump.rdb')),
    };
  }

  async stop() {
    for (const child of [this.redis, this.postgres]) {
      if (!child?.pid || child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGINT');
      await exited;
    }
    if (this.dir) rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

// newest returns the folder of the newest PostgreSQL that Debian has installed.
function newest() {
  const at = '/usr/lib/postgresql';
  const [version] = readdirSync(at).sort((a, b) => Number(b) - Number(a));
  return join(at, version, 'bin');
}

// unprivileged is the user that runs the engines, because PostgreSQL refuses root.
function unprivileged() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres']));
  return { uid: id('-u'), gid: id('-g') };
}

async function listens(socket) {
  for (const until = Date.now() + startWithin; ; ) {
    const c = connect(socket);
    try {
      await once(c, 'connect');
      return;
    } catch (err) {
      if (Date.now() > until) throw err;
      await new Promise((r) => setTimeout(r, 50));
    } finally {
      c.destroy();
    }
  }
}
