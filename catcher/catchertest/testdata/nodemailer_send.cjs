// Sends with nodemailer: nodemailer_send.cjs HOST PORT CASE. NODE_PATH says where
// nodemailer is.
const nodemailer = require('nodemailer');

const [host, port, name] = process.argv.slice(2);

const mail = {
  from: 'Sender <a@a.test>',
  to: ['One <one@b.test>', 'two@b.test'],
  cc: 'cc@b.test',
  bcc: 'bcc@b.test',
  date: new Date('2026-03-02T10:00:00Z'),
  subject: 'Grüße aus Node',
  text: 'Hello\n.\n..dots\n',
  html: '<p>Hello <img src="cid:dot@a.test"></p>',
  attachments: [
    { filename: 'dot.gif', cid: 'dot@a.test', content: Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAAC', 'base64') },
    { filename: 'Übersicht.bin', content: Buffer.from([...Array(256).keys()]) },
  ],
};

const cases = {
  full: (send) => send(mail),
  envelope: (send) => send({ ...mail, envelope: { from: 'bounce@a.test', to: ['other@b.test', 'bcc@b.test'] } }),
  dsn: (send) => send({
    from: 'a@a.test', to: 'dsn@b.test', text: 'dsn',
    dsn: { id: 'env id', return: 'headers', notify: ['success', 'failure'], recipient: 'orig@b.test' },
  }),
  international: (send) => send({ from: 'a@a.test', to: '用户@例子.test', subject: '件名', text: '本文' }),
  raw: (send) => send({ envelope: { from: 'a@a.test', to: 'raw@b.test' }, raw: 'Subject: raw\r\n\r\n.\r\n..\r\nend\r\n' }),
  pool: (send) => Promise.all([...Array(50).keys()].map((n) =>
    send({ from: 'a@a.test', to: `pool@b.test`, subject: `mail ${n}`, text: `number ${n}` }))),
  plain: (send) => send({ from: 'a@a.test', to: 'auth@b.test', text: 'PLAIN' }),
  cram: (send) => send({ from: 'a@a.test', to: 'auth@b.test', text: 'CRAM-MD5' }),
  xoauth2: (send) => send({ from: 'a@a.test', to: 'auth@b.test', text: 'XOAUTH2' }),
};

const auth = {
  plain: { auth: { user: 'alice', pass: 'secret' } },
  cram: { auth: { user: 'alice', pass: 'secret' }, authMethod: 'CRAM-MD5' },
  xoauth2: { auth: { type: 'OAuth2', user: 'alice', accessToken: 'token' } },
};

async function main() {
  const transport = nodemailer.createTransport({
    host, port: Number(port), name: 'client.test', secure: false, ignoreTLS: true, pool: name === 'pool', maxConnections: 4, ...auth[name],
  });
  await cases[name]((m) => transport.sendMail(m));
  transport.close();
}

main().catch((err) => {
  console.error(err);
  process.exitCode = 1;
});
