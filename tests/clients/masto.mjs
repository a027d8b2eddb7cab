// What a web client does with masto.js (Elk, Phanpy): pages to the end, a picture, groups, push, a WebSocket.
//
// Started as `node masto.mjs OPTIONS` with OPTIONS = {"url", "streaming", "token", "picture", "subscription"} in JSON.
// What it finds goes out on standard output, one JSON object a line.

import { readFileSync } from "node:fs";
import { createRestAPIClient, createStreamingAPIClient } from "masto";

const options = JSON.parse(process.argv[2]);
const say = (event, values = {}) => process.stdout.write(`${JSON.stringify({ event, ...values })}\n`);

const masto = createRestAPIClient({ url: options.url, accessToken: options.token });
const me = await masto.v1.accounts.verifyCredentials();
const instance = await masto.v2.instance.fetch();
say("signed-in", { acct: me.acct, streaming: instance.configuration.urls.streaming });

const LISTS = {
  home: masto.v1.timelines.home.list({ limit: 3 }),
  public: masto.v1.timelines.public.list({ limit: 3 }),
  notifications: masto.v1.notifications.list({ limit: 3 }),
  followers: masto.v1.accounts.$select(me.id).followers.list({ limit: 3 }),
};
for (const [name, pages] of Object.entries(LISTS)) {
  const ids = [];
  for await (const page of pages) ids.push(...page.map((each) => each.id));
  say("paged", { name, ids });
}

const file = new Blob([readFileSync(options.picture)], { type: "image/jpeg" });
const media = await masto.v2.media.create({ file, description: "花の庭" });
const posted = await masto.v1.statuses.create({ status: "写真です", mediaIds: [media.id], visibility: "public" });
say("posted", { id: posted.id, media: posted.mediaAttachments.map((each) => [each.type, each.description]) });

const grouped = await masto.v2.notifications.list();
say("grouped", {
  groups: grouped.notificationGroups.map((each) => [each.type, each.notificationsCount, each.sampleAccountIds]),
  accounts: grouped.accounts.map((each) => each.id),
});

const { subscription } = options;
const made = await masto.v1.push.subscription.create({ subscription, data: { alerts: { mention: true } } });
say("subscribed", { endpoint: made.endpoint, serverKey: made.serverKey });

const streaming = createStreamingAPIClient({
  streamingApiUrl: options.streaming,
  accessToken: options.token,
  implementation: globalThis.WebSocket,
});
say("listening");
for await (const heard of streaming.user.subscribe()) {
  say("heard", { name: heard.event, id: heard.payload.id ?? heard.payload });
  if (heard.event === "delete") break;
}
streaming.close();
