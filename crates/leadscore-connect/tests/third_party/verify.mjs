// What the libraries of Stripe, Standard Webhooks and Octokit for Node say of signatures.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(path.join(process.env.THIRD_PARTY_DIR, 'package.json'));
const load = async (name) => {
  try {
    return require(name);
  } catch {
    return import(pathToFileURL(require.resolve(name)).href);
  }
};
const stripePackage = await load('stripe');
const Stripe = stripePackage.default ?? stripePackage;
const { Webhook } = await load('standardwebhooks');
const octokit = await import(
  pathToFileURL(path.join(process.env.THIRD_PARTY_DIR, 'node_modules/@octokit/webhooks-methods/dist-node/index.js')).href
);

const cases = JSON.parse(process.argv[2]);
const stripe = new Stripe('sk_test_none');
const checked = [];
const said = async (verifier, own, verify) => {
  let accepted = true;
  try {
    accepted = (await verify()) !== false;
  } catch {
    accepted = false;
  }
  checked.push({ verifier, name: own.name, said: accepted, accepted: own.accepted });
};

for (const own of cases.timestamped) {
  const { headers, body, secret } = own;
  await said('stripe', own, () => stripe.webhooks.signature.verifyHeader(body, headers['x-qualifier-signature'], secret, 300));
  await said('standardwebhooks', own, () => new Webhook(secret).verify(body, headers));
}
for (const own of cases.body) {
  await said('octokit', own, () => octokit.verify(own.secret, own.body, own.headers['x-qualifier-signature']));
}

const { secret, body } = cases.timestamped[0];
const time = Math.floor(Date.now() / 1000);
const signed = {
  stripe: stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: time }),
  standard: new Webhook(secret).sign('msg_1', new Date(time * 1000), body),
  octokit: await octokit.sign(secret, body),
  time,
};
console.log(JSON.stringify({ checked, signed }));
