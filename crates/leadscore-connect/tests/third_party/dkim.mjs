// Keys and their DNS records by Node, and what mailauth says of signed messages.
import crypto from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.THIRD_PARTY_DIR, 'package.json'));
const { dkimVerify } = require('mailauth/lib/dkim/verify');

const keys = () => {
  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed25519 = crypto.generateKeyPairSync('ed25519');
  const spki = rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const raw = Buffer.from(ed25519.publicKey.export({ format: 'jwk' }).x, 'base64url').toString('base64');
  const short = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 });
  return {
    keys: [
      ['rsa', 'pkcs8', rsa.privateKey, spki],
      ['rsa', 'pkcs1', rsa.privateKey, spki],
      ['ed25519', 'pkcs8', ed25519.privateKey, raw],
    ].map(([kind, type, key, told]) => ({
      kind, pem: key.export({ type, format: 'pem' }), record: `v=DKIM1; k=${kind}; p=${told}`,
    })),
    short: short.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
};

const verify = async ({ name, record, messages }) => {
  const asked = [];
  const resolver = async (domain, type) => {
    asked.push([domain, type]);
    if (domain === name && type === 'TXT') return [[record]];
    throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  };
  const results = [];
  for (const message of messages) {
    const told = await dkimVerify(Buffer.from(message, 'base64'), { resolver });
    results.push(told.results.map((one) => [one.status.result, one.signingDomain, one.algo ?? null]));
  }
  return { asked, results };
};

const given = process.argv[2] ? JSON.parse(process.argv[2]) : undefined;
console.log(JSON.stringify(given ? await verify(given) : keys()));
