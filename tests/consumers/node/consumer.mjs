// Takes Stepwell's events. Needs: npm install standardwebhooks
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const seen = new Set(); // in your database, with a unique key

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString(); // the bytes as they came: parsed and written again they do not verify
  try {
    const event = webhook.verify(body, request.headers);
    if (!seen.has(event.id)) {
      seen.add(event.id);
      console.log(JSON.stringify(event)); // put it into a queue of your own, and answer at once
    }
    response.writeHead(204).end();
  } catch (error) {
    response.writeHead(400).end();
  }
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(server.address().port));
