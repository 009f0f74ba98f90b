// SPDX-License-Identifier: Apache-2.0
// Drives clients/javascript over the real service.  Each line in is an order; what is to be signed goes out as a
// line and comes back as one, so the keys stay with the test.

import { createInterface } from "node:readline";

const { Client, NotSigned, Refused, fromBase64, toBase64 } = await import(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const hear = async () => JSON.parse((await lines.next()).value);
const asked = (who) => async (bytes) => {
  say({ sign: who, bytes: toBase64(bytes) });
  return fromBase64((await hear()).signature);
};

const order = await hear();
const client = new Client(order.url, fromBase64(order.certificate), asked("person"));
const answer = {};
try {
  await client.login(order.act_for);
  const sealing = { certificate: fromBase64(order.sealing) };
  const files = Object.fromEntries(Object.entries(order.files).map(([name, one]) => [name, fromBase64(one)]));
  const prepared = JSON.parse(JSON.stringify(await client.prepareSubmission(order.form, order.data, files, sealing)));
  answer.filed = await client.completeSubmission(prepared, asked("enterprise"));
  const item = prepared.items.find((one) => one.kind === "pdf");
  const sealed = await client.sealedItem(prepared.submission_id, item.item_id);
  answer.report = await client.verify("sealed.pdf", sealed);
  const many = Object.entries(files).map(([name, one]) => [`${name}.pdf`, one]);
  const list = JSON.parse(JSON.stringify(await client.prepareFiles("样例批次", many, sealing)));
  answer.batch = await client.completeFiles(list, asked("enterprise"));
  list.items[0].to_be_signed = list.items[1].to_be_signed;
  answer.swapped = await client.completeFiles(list, asked("enterprise")).catch((error) => error instanceof NotSigned);
  answer.refused = await client.prepareSubmission("unknown", {}, {}).catch((error) => error instanceof Refused && error.code);
} catch (error) {
  answer.error = `${error.stack}`;
}
say({ answer });
process.exit(0);
