// A small server of other software, made with Fedify: one actor who does on command what people do.
//
// Started as `node peer.mjs OPTIONS` with OPTIONS = {"name", "host", "scheme", "certificate", "key"} in JSON. The scheme
// ("rfc9421" or "cavage") is the one that it signs with at its first knock, and the only one that it takes.
// Commands ({"number", "command", …}) come in on standard input and all that happens goes out on standard output, one
// JSON object a line; what Fedify complains about goes to standard error.

import { AsyncLocalStorage } from "node:async_hooks";
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import {
  createFederation,
  detachSignature,
  generateCryptoKeyPair,
  MemoryKvStore,
  verifyObject,
  verifyRequest,
} from "@fedify/fedify";
import {
  Accept,
  Activity,
  Announce,
  Create,
  Delete,
  Endpoints,
  Follow,
  Like,
  Mention,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { configure, getStreamSink } from "@logtape/logtape";

const options = JSON.parse(process.argv[2]);
const { name } = options;

const say = (event, values = {}) => process.stdout.write(`${JSON.stringify({ event, ...values })}\n`);

// Browsers find every name below localhost on this machine (RFC 6761 §6.3); the name service of many a system does not.
const lookUp = dns.lookup;
dns.lookup = (host, ...rest) => lookUp(host.endsWith(".localhost") ? "127.0.0.1" : host, ...rest);
syncBuiltinESMExports();

// Every request that leaves: which signatures the other side took, and which it refused.
const fetchUnheard = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = input instanceof Request ? input : null;
  const response = await fetchUnheard(input, init);
  const headers = request?.headers ?? new Headers(init?.headers);
  say("asked", {
    method: request?.method ?? init?.method ?? "GET",
    url: request?.url ?? String(input),
    scheme: schemeOf(headers),
    status: response.status,
  });
  return response;
};

function schemeOf(headers) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "cavage" : null;
}

await configure({
  contextLocalStorage: new AsyncLocalStorage(),
  sinks: { errors: getStreamSink(Writable.toWeb(process.stderr)) },
  loggers: [
    { category: "fedify", sinks: ["errors"], lowestLevel: "warning" },
    { category: ["logtape", "meta"], sinks: ["errors"], lowestLevel: "warning" },
  ],
});

const keyPairs = await Promise.all([
  generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
  generateCryptoKeyPair("Ed25519"),
]);
const notes = new Map();

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true,
  firstKnock: options.scheme === "cavage" ? "draft-cavage-http-signatures-12" : options.scheme,
});

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== name) return null;
    const keys = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: identifier,
      url: ctx.getActorUri(identifier),
      inbox: ctx.getInboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      followers: ctx.getFollowersUri(identifier),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_ctx, identifier) => (identifier === name ? keyPairs : []));
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
federation.setObjectDispatcher(Note, "/users/{identifier}/notes/{id}", (_ctx, { id }) => notes.get(id) ?? null);
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify", version: "2.3.6" },
  protocols: ["activitypub"],
  usage: { users: {}, localPosts: notes.size, localComments: 0 },
}));
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  // Fedify asks for keys and objects with signed requests then.
  .setSharedKeyDispatcher(() => ({ identifier: name }))
  .on(Activity, hear)
  .onError((_ctx, error) => say("failed", { reason: String(error) }));

// What has passed Fedify's own inbox: believed, and not heard before.
async function hear(ctx, activity) {
  const boosted = activity instanceof Announce ? await activity.getObject(ctx) : null;
  say("heard", {
    type: activity.constructor.name,
    id: activity.id?.href,
    actor: activity.actorId?.href,
    object: activity.objectId?.href,
    content: boosted?.content?.toString() ?? null,
  });
}

// What Fedify makes of the signatures on a POST, each by itself: its inbox is content with one of them.
async function judge(ctx, request, body) {
  const document = detachSignature(JSON.parse(body));
  const key = await verifyRequest(request, ctx);
  return {
    activity: document.id,
    scheme: schemeOf(request.headers),
    signer: key?.ownerId?.href ?? null,
    proved: await isProved(ctx, document),
    proves_a_forgery: await isProved(ctx, { ...document, id: `${document.id}-forged` }),
    document,
  };
}

async function isProved(ctx, document) {
  return (await verifyObject(Activity, document, ctx)) !== null;
}

async function serve(incoming, outgoing) {
  const chunks = await incoming.toArray();
  const request = new Request(new URL(incoming.url, origin), {
    method: incoming.method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([header, values]) =>
      values.map((value) => [header, value])
    ),
    body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
  });
  const isActivity = request.method === "POST";
  if (isActivity && schemeOf(request.headers) !== options.scheme) {
    say("refused", { path: incoming.url, scheme: schemeOf(request.headers) });
    outgoing.writeHead(401).end();
    return;
  }
  const judged = isActivity && (await judge(context, request.clone(), Buffer.concat(chunks)));
  const response = await federation.fetch(request, { contextData: undefined });
  if (isActivity) say("received", { path: incoming.url, status: response.status, ...judged });
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

const server = createServer(
  { cert: readFileSync(options.certificate), key: readFileSync(options.key) },
  (incoming, outgoing) =>
    serve(incoming, outgoing).catch((error) => {
      say("failed", { reason: String(error?.stack ?? error) });
      outgoing.writeHead(500).end();
    }),
);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `https://${options.host}:${server.address().port}`;
const context = federation.createContext(new URL(origin), undefined);
const me = context.getActorUri(name);

const find = async (where) => {
  const loader = await context.getDocumentLoader({ identifier: name });
  const found = await context.lookupObject(where, { documentLoader: loader });
  if (found === null) throw new Error(`Fedify finds nothing at ${where}`);
  return found;
};

const write = (area, id, text, { updated, answers } = {}) =>
  new Note({
    id: context.getObjectUri(Note, { identifier: name, id }),
    attribution: me,
    to: PUBLIC_COLLECTION,
    ccs: [context.getFollowersUri(name), area.id],
    content: `<p><a href="${area.id.href}" class="u-url mention">@${area.preferredUsername}</a> ${text}</p>`,
    tags: [new Mention({ href: area.id, name: `@${area.preferredUsername}@${area.id.host}` })],
    published: Temporal.Instant.from("2026-11-01T00:00:00Z"),
    replyTarget: answers && new URL(answers),
    updated,
  });

// A new activity about one of the notes; returns what the test wants to know of it.
async function send(to, Kind, id, values) {
  const note = context.getObjectUri(Note, { identifier: name, id });
  const activity = new Kind({ id: new URL(`#${crypto.randomUUID()}`, note), actor: me, to: PUBLIC_COLLECTION, ...values });
  await context.sendActivity({ identifier: name }, to, activity);
  return { id: note.href, activity: activity.id.href };
}

const REACTIONS = { Like, Announce };

const makeFollow = (target, id) => new Follow({ id: new URL(id, me), actor: me, object: target.id });

const commands = {
  async follow({ target }, number) {
    const found = await find(target);
    const sent = makeFollow(found, `#follows/${number}`);
    await context.sendActivity({ identifier: name }, found, sent);
    return { id: found.id.href, type: found.constructor.name, follow: sent.id.href };
  },
  async unfollow({ target, follow }, number) {
    const found = await find(target);
    const object = makeFollow(found, follow);
    await context.sendActivity(
      { identifier: name },
      found,
      new Undo({ id: new URL(`#undos/${number}`, me), actor: me, object }),
    );
    return { id: found.id.href };
  },
  async accept({ author, follow }, number) {
    const found = await find(author);
    const object = new Follow({ id: new URL(follow), actor: found.id, object: me });
    const sent = new Accept({ id: new URL(`#accepts/${number}`, me), actor: me, object });
    await context.sendActivity({ identifier: name }, found, sent);
    return { activity: sent.id.href };
  },
  // Like or boost somebody's post, or take that back.
  async react({ kind, object, author, undo }) {
    const found = await find(author);
    const made = new REACTIONS[kind]({
      id: new URL(`#${kind}/${encodeURIComponent(object)}`, me),
      actor: me,
      object: new URL(object),
      to: PUBLIC_COLLECTION,
      cc: found.id,
    });
    const sent = undo
      ? new Undo({ id: new URL(`#${crypto.randomUUID()}`, me), actor: me, object: made, to: PUBLIC_COLLECTION })
      : made;
    await context.sendActivity({ identifier: name }, found, sent);
    return { activity: sent.id.href };
  },
  async vote({ question, author, option }) {
    const found = await find(author);
    const id = crypto.randomUUID();
    const note = new Note({
      id: context.getObjectUri(Note, { identifier: name, id }),
      attribution: me,
      to: found.id,
      name: option,
      replyTarget: new URL(question),
    });
    const create = new Create({ id: new URL(`#${id}`, me), actor: me, to: found.id, object: note });
    await context.sendActivity({ identifier: name }, found, create);
    return { activity: create.id.href };
  },
  async post({ author, area = author, id, text, answers }) {
    const found = await find(area);
    const note = write(found, id, text, { answers });
    notes.set(id, note);
    return await send(found, Create, id, { cc: found.id, object: note });
  },
  async edit({ author, area = author, id, text }) {
    const found = await find(area);
    const note = write(found, id, text, { updated: Temporal.Now.instant() });
    notes.set(id, note);
    return await send(found, Update, id, { cc: found.id, object: note });
  },
  async delete({ author, area = author, id }) {
    const found = await find(area);
    const tombstone = new Tombstone({ id: notes.get(id).id });
    notes.delete(id);
    return await send(found, Delete, id, { object: tombstone });
  },
};

say("ready", { actor: me.href, origin });

// Ends with the standard input.
for await (const line of createInterface({ input: process.stdin })) {
  const { number, command, ...values } = JSON.parse(line);
  try {
    say("done", { number, ...(await commands[command](values, number)) });
  } catch (error) {
    say("failed", { number, reason: String(error?.stack ?? error) });
  }
}
server.closeAllConnections();
server.close();
