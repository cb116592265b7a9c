import { createHash, createHmac, randomBytes } from 'node:crypto';
import { expect, request } from '@playwright/test';
import { pdf } from './person.mjs';
import { totp } from './totp.mjs';

// An Api sends JSON requests with its own cookies, as a program would.
class Api {
  static async at(server, login) {
    const a = new Api();
    a.context = await request.newContext({ baseURL: server.url });
    if (login.totp_secret) {
      await a.post('staff/login', { login: login.login, password: login.password, totp: totp(login.totp_secret) });
    } else {
      await a.post('login', { id_number: login.id_number, password: login.password });
    }
    return a;
  }

  async get(what) {
    const r = await this.context.get(`/api/${what}`);
    expect(r.ok(), `GET /api/${what}: ${r.status()} ${await r.text()}`).toBe(true);
    return r.json();
  }

  async post(what, data = {}) {
    const r = await this.context.post(`/api/${what}`, {
      data,
      headers: { Accept: 'application/json', 'Idempotency-Key': crypto.randomUUID() },
    });
    expect(r.ok(), `POST /api/${what}: ${r.status()} ${await r.text()}`).toBe(true);
    const text = await r.text();
    return text ? JSON.parse(text) : {};
  }

  async attach(dispute, file) {
    const r = await this.context.post(`/api/disputes/${dispute}/evidence`, {
      multipart: { evidence: file },
      headers: { Accept: 'application/json' },
    });
    expect(r.ok(), `evidence: ${r.status()} ${await r.text()}`).toBe(true);
  }

  async done() {
    const state = await this.context.storageState();
    await this.context.dispose();
    return state;
  }
}

// furnish gives the people of a server something on every page: a resident with scores
// and a dispute with evidence at the agency, a resident with nothing yet, and a handler
// with that case. The states that it returns are cookies to open a browser with.
export async function furnish(server) {
  const resident = await Api.at(server, server.resident('guarantor'));
  const handler = await Api.at(server, server.staff());
  const blank = await Api.at(server, server.resident('model-resident'));

  const asker = await Api.at(server, server.resident('no-notice'));
  const [asked] = await Promise.all([scored(resident, 'rongcheng'), scored(asker, 'honest-shanghai')]);

  // The share is viewed before the correction.
  const { link } = await resident.post('shares', {
    rulebook: 'rongcheng',
    purpose: 'Renting a flat',
    fields: ['band'],
    named: 'masked',
    views: 20,
    ends: new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10),
  });
  const code = link.split('/').pop();
  const outside = await request.newContext({ baseURL: server.url });
  expect((await outside.post(`/api/s/${code}`, { data: { who: 'Landlord & Co.' } })).status()).toBe(200);
  await outside.dispose();

  const record = (await resident.get('records')).items[0];
  const listing = (await resident.get('listings')).items[0];
  const listingID = listing.listing?.id ?? listing.id;
  const dispute = await resident.post('disputes', {
    listing_id: listingID,
    reason: 'already_performed',
    statement: 'I paid my share of the guarantee in full.',
  });
  await resident.attach(dispute.id, pdf('Receipt'));
  await handler.post(`admin/cases/${dispute.id}/assign`);
  await handler.post(`admin/cases/${dispute.id}/ask-agency`);

  // Another dispute is decided, so that there is a letter.
  const records = (await resident.get('records')).items;
  const last = records[records.length - 1];
  const over = await resident.post('disputes', {
    record_id: last.record?.id ?? last.id,
    reason: 'wrong_facts',
    statement: 'It was not me who was late.',
  });
  await handler.post(`admin/cases/${over.id}/assign`);
  await handler.post(`admin/cases/${over.id}/decision`, { outcome: 'upheld', reasons: 'The document does not show it.' });

  // One was upheld only in part, so that there are lanes after it.
  const middle = records[Math.floor(records.length / 2)].record ?? records[Math.floor(records.length / 2)];
  const part = await resident.post('disputes', { record_id: middle.id, reason: 'wrong_facts', statement: 'It was not me.' });
  await handler.post(`admin/cases/${part.id}/assign`);
  await handler.post(`admin/cases/${part.id}/decision`, { outcome: 'partly', correct_to: middle.occurred, reasons: 'Only the day was wrong.' });
  await resident.attach(part.id, pdf('New receipt'));
  await resident.post('statements', { record_id: middle.id, statement_on_file: 'I was abroad at the time.' });

  const complaint = await resident.post('complaints/refused', {
    measure: 'restrict.rail',
    place: 'station',
    where: 'Hongqiao, counter 7',
    happened_on: '2026-03-01',
    statement: 'They said that my score is too low.',
  });

  await resident.post('drafts', {
    draft: `/api/disputes disputes/new?record=${middle.id}`,
    typed: [{ name: 'statement', value: 'I began to write this.' }],
  });

  await resident.post('export', { lang: 'en' });
  await expect.poll(async () => (await resident.get('export')).job.state, { timeout: 60_000 }).toBe('ready');
  const helping = await asksForHelp(asker, resident, server.resident('guarantor'));
  await offers(resident, dispute.id, server.resident('no-notice'));
  // An inquiry about the handler.
  const me = (await handler.get('me')).id_masked;
  const look = (await resident.get('access-log?others=1')).items.find((l) => l.by === me);
  const inquiry = await resident.post('inquiries', { seq: look.seq, question: 'What did you need it for?' });
  // And one about an officer of the court.
  const officer = await Api.at(server, server.accounts.find((a) => a.role === 'agency' && a.agency === 'court'));
  await officer.get(`agency/questions/${dispute.id}`);
  const seen = (await resident.get('access-log?others=1')).items.find((l) => l.by === 'court');
  const ofCourt = await resident.post('inquiries', { seq: seen.seq });

  // The court has sent a batch with a line that was refused.
  await submits(server, 'court', { id: 'furnished', lines: [{ op: 'list', ref: 'F-1', id_number: '1', document: { date: '2026/3/1' } }] });
  const [batch] = (await officer.get('agency/batches')).items;

  return {
    resident: await resident.done(),
    handler: await handler.done(),
    supervisor: await (await Api.at(server, server.staff('supervisor'))).done(),
    officer: await officer.done(),
    administrator: await (await Api.at(server, server.staff('administrator'))).done(),
    blank: await blank.done(),
    // ids fill the {id} of a page, queries is what follows the path of a page.
    ids: {
      rulebook: 'rongcheng',
      try: 'rongcheng',
      agency: 'bureau',
      request: asked.id,
      record: record?.record?.id ?? record?.id,
      listing: listingID,
      repair: listingID,
      dispute: dispute.id,
      review: part.id,
      letter: over.id,
      case: dispute.id,
      'staff-member': 'h-1001',
      helping,
      'agency-question': dispute.id,
      inquiry: inquiry.id,
      'inquiry-answer': inquiry.id,
      'agency-inquiry': ofCourt.id,
      'agency-batch': batch.key,
      recipient: code,
      complaint: complaint.id,
    },
    queries: {
      score: '?rulebook=rongcheng',
      refused: '?measure=restrict.rail',
      'new-dispute': `?record=${record?.record?.id ?? record?.id}`,
    },
  };
}

// submits sends a batch as an agency's computer does, with a key of its own.
async function submits(server, agency, batch) {
  const made = await server.command('agency', 'key', 'add', agency);
  const [key, secret] = ['key', 'secret'].map((name) => made.match(new RegExp(`^${name} +(\\S+)$`, 'm'))[1]);
  const [path, body] = ['/api/intake/batches', JSON.stringify(batch)];
  const [t, n] = [Math.floor(Date.now() / 1000), randomBytes(16).toString('hex')];
  const b = createHash('sha256').update(body).digest('hex');
  const s = createHmac('sha256', Buffer.from(secret, 'hex')).update(['mingjing-ask-v1', 'POST', path, t, n, b].join('\n')).digest('hex');
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Mingjing-Key': key, 'Mingjing-Signature': `v1;t=${t};n=${n};b=${b};s=${s}` },
    body,
  });
  expect(answer.status, await answer.text()).toBe(200);
}

function offers(asker, dispute, helper) {
  const until = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  return asker.post(`disputes/${dispute}/mandates`, { id_number: helper.id_number, relation: 'child', until });
}

// scored asks for a score and returns the request when it is ready.
async function scored(resident, rulebook) {
  const asked = await resident.post('score-requests', { rulebook, consent: true });
  await expect
    .poll(async () => (await resident.get(`score-requests/${asked.id}`)).state, { timeout: 150_000, intervals: [500] })
    .toBe('ready');
  return asked;
}

// asksForHelp makes a case of somebody else in which the helper acts, and returns its
// id.
async function asksForHelp(asker, helper, account) {
  const listing = (await asker.get('listings')).items[0];
  const dispute = await asker.post('disputes', {
    listing_id: listing.listing?.id ?? listing.id,
    reason: 'not_me',
    statement: 'Nobody has told me of this.',
  });
  await offers(asker, dispute.id, account);
  const mandate = (await helper.get('mandates')).items[0];
  await helper.post(`mandates/${mandate.id}/accept`);
  await asker.done();
  return dispute.id;
}
