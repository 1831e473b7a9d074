// One session of the npm client json-rpc-2.0: reads {url, user, key, sku, noSku, image, changes}
// from standard input, writes what each step gave to standard output.

import { readFileSync } from "node:fs";
import { JSONRPCClient } from "json-rpc-2.0";

const given = JSON.parse(readFileSync(0, "utf8"));

const client = new JSONRPCClient(async (request) => {
  const response = await fetch(given.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  if (response.status !== 200) {
    throw new Error(`HTTP status ${response.status}`);
  }
  client.receive(await response.json());
});

const session = await client.request("login", [given.user, given.key]);
const call = (operation, ...args) =>
  client.request("call", [session, `product_media.${operation}`, args]);
const faultOf = (promise) =>
  promise.then(
    (result) => ({ unexpected: result }),
    (error) => ({ code: error.code, message: error.message }),
  );

const steps = {};
steps.created = await call("create", given.sku, given.image);
const [file] = steps.created;
steps.listed = await call("list", given.sku);
steps.updated = await call("update", given.sku, file, given.changes);
steps.changed = await call("info", given.sku, file);
steps.removed = await call("remove", given.sku, file);
steps.left = await call("list", given.sku);
steps.noProduct = await faultOf(call("list", given.noSku));
steps.noImage = await faultOf(call("remove", given.sku, file));

console.log(JSON.stringify(steps));
