// One session of the npm client soap: reads {wsdl, form, user, key, sku, noSku, set, image, changes}
// from standard input, writes what each step gave to standard output.

import { readFileSync } from "node:fs";
import soap from "soap";

const given = JSON.parse(readFileSync(0, "utf8"));
const wsi = given.form === "wsi";
const item = wsi ? "complexObjectArray" : "item";
const product = wsi ? "productId" : "product";
const withItems = (data) => ({ ...data, types: { [item]: data.types } });

const client = await soap.createClientAsync(given.wsdl);
const ask = async (name, parameters) => {
  const [answer] = await client[`${name}Async`](parameters);
  return Object.values(answer ?? {})[0];
};
const { user: username, key: apiKey, sku, noSku } = given;
const sessionId = await ask("login", { username, apiKey });
const call = (name, parameters) =>
  ask(`catalogProductAttributeMedia${name}`, { sessionId, ...parameters });
const faultOf = (promise) =>
  promise.then(
    (result) => ({ unexpected: result }),
    ({ root: { Envelope } }) => {
      const { faultcode, faultstring } = Envelope.Body.Fault;
      return { code: faultcode, message: faultstring };
    },
  );

const steps = {};
steps.types = await call("Types", { setId: given.set });
steps.created = await call("Create", { [product]: sku, data: withItems(given.image) });
const file = steps.created;
steps.listed = await call("List", { [product]: sku });
const data = withItems(given.changes);
steps.updated = await call("Update", { [product]: sku, file, data });
steps.changed = await call("Info", { [product]: sku, file });
steps.removed = await call("Remove", { [product]: sku, file });
steps.left = await call("List", { [product]: sku });
steps.noProduct = await faultOf(call("List", { [product]: noSku }));
steps.noImage = await faultOf(call("Remove", { [product]: sku, file }));
steps.ended = await ask("endSession", { sessionId });

console.log(JSON.stringify(steps));
