import { createServer as createHTTP } from 'node:http';
import { createServer } from 'node:net';

const listening = (s) => new Promise((done) => s.listen(0, '127.0.0.1', () => done(s.address().port)));

// A Mailbox is a mail server on this machine that accepts every mail.
export class Mailbox {
  static async start() {
    const m = new Mailbox();
    m.letters = [];
    m.server = createServer((c) => m.talk(c));
    m.url = `smtp://127.0.0.1:${await listening(m.server)}`;
    return m;
  }

  talk(c) {
    let text = '';
    let data = false;
    const say = (line) => c.write(`${line}\r\n`);
    c.on('error', () => {});
    c.on('data', (chunk) => {
      text += chunk;
      for (;;) {
        const end = data ? '\r\n.\r\n' : '\r\n';
        const at = text.indexOf(end);
        if (at < 0) return;
        const part = text.slice(0, at);
        text = text.slice(at + end.length);
        if (data) {
          this.letters.push(part.replaceAll('=\r\n', ''));
          data = false;
          say('250 OK');
        } else if (/^DATA/i.test(part)) {
          data = true;
          say('354 go ahead');
        } else if (/^QUIT/i.test(part)) {
          say('221 bye');
          c.end();
        } else {
          say('250 OK');
        }
      }
    });
    say('220 mailbox');
  }

  stop() {
    this.server.close();
  }
}

// A PushService is a push service for browsers; what it receives is encrypted.
export class PushService {
  static async start() {
    const p = new PushService();
    p.messages = [];
    p.server = createHTTP((req, res) => {
      const parts = [];
      req.on('data', (d) => parts.push(d));
      req.on('end', () => {
        p.messages.push({ headers: req.headers, body: Buffer.concat(parts) });
        res.writeHead(201).end();
      });
    });
    p.url = `http://127.0.0.1:${await listening(p.server)}`;
    return p;
  }

  stop() {
    this.server.close();
  }
}
