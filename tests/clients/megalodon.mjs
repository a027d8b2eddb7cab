// The same with megalodon (Whalebird, Fedistar): pages by `max_id` and by `Link`, a picture, push, a WebSocket.
//
// Started as `node megalodon.mjs OPTIONS`, with the options of masto.mjs, and says the same.

import { createReadStream } from "node:fs";
import generator from "megalodon";

const options = JSON.parse(process.argv[2]);
const say = (event, values = {}) => process.stdout.write(`${JSON.stringify({ event, ...values })}\n`);

const client = generator("mastodon", options.url, options.token);
const me = (await client.verifyAccountCredentials()).data;
const instance = (await client.getInstance()).data;
say("signed-in", { acct: me.acct, streaming: instance.urls.streaming_api });

const readAll = async (read) => {
  const ids = [];
  for (let max_id; ; max_id = ids.at(-1)) {
    const { data } = await read({ limit: 3, ...(max_id && { max_id }) });
    if (data.length === 0) return ids;
    ids.push(...data.map((each) => each.id));
  }
};
say("paged", { name: "home", ids: await readAll((which) => client.getHomeTimeline(which)) });
say("paged", { name: "public", ids: await readAll((which) => client.getPublicTimeline(which)) });
say("paged", { name: "notifications", ids: await readAll((which) => client.getNotifications(which)) });
const followers = (await client.getAccountFollowers(me.id, { limit: 3, get_all: true })).data;
say("paged", { name: "followers", ids: followers.map((each) => each.id) });

const media = (await client.uploadMedia(createReadStream(options.picture), { description: "花の庭" })).data;
const posted = (await client.postStatus("写真です", { media_ids: [media.id], visibility: "public" })).data;
say("posted", { id: posted.id, media: posted.media_attachments.map((each) => [each.type, each.description]) });

const made = (await client.subscribePushNotification(options.subscription, { alerts: { mention: true } })).data;
say("subscribed", { endpoint: made.endpoint, serverKey: made.server_key });

const stream = await client.userStreaming();
const hear = (name) => (found) => say("heard", { name, id: found.id ?? found });
stream.on("connect", () => say("listening"));
stream.on("update", hear("update"));
stream.on("notification", hear("notification"));
stream.on("error", (error) => say("failed", { reason: String(error) }));
stream.on("parser-error", (error) => say("failed", { reason: String(error) }));
await new Promise((resolve) => stream.on("delete", (id) => resolve(hear("delete")(id))));
stream.stop();
process.exit(0); // its timers would keep it for a minute
