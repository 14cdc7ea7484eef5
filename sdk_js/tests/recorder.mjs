// A real HTTP server that remembers every request and answers as a test says.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";

/**
 * Starts a server on a free port. `answers` maps "METHOD /path" (without query) to
 * `{status?, body?, headers?, after?, hang?}`; other requests get 404 in the platform's error shape.
 */
export async function record(answers = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    requests.push({ method: request.method, url: request.url, headers: request.headers, raw: request.rawHeaders, body });
    const answer = answers[`${request.method} ${request.url.split("?")[0]}`] ?? {
      status: 404,
      body: { title: "Not Found", detail: "nothing here", status: 404 },
    };
    if (answer.hang) return;
    if (answer.after) await setTimeout(answer.after);
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
    response.writeHead(answer.status ?? 200, { "Content-Type": "application/json", ...answer.headers });
    response.end(answer.status === 204 ? undefined : text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    requests,
    baseUrl: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const LOGIN = { "GET /mobile/platform/users/login": { body: { username: "ada" } } };

/** A configuration with named backends that talks to `baseUrl` and keeps the console quiet. */
export function namedConfig(baseUrl, more = {}) {
  return {
    logLevel: 0,
    mobileBackends: {
      synapse: {
        default: true,
        baseUrl,
        applicationKey: "app-key",
        authorization: { basicAuth: { backendId: "backend-1", anonymousToken: "YW5vbjpzZWNyZXQ=" } },
      },
    },
    ...more,
  };
}

/** A configuration with one backend for `mcs.init`. */
export function singleConfig(baseUrl, more = {}) {
  return {
    mobileBackend: {
      name: "synapse",
      baseUrl,
      authentication: { type: "basic", basic: { mobileBackendId: "backend-1", anonymousKey: "YW5vbjpzZWNyZXQ=" } },
    },
    ...more,
  };
}
