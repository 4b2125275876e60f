// Requests to the server: the token, problems in words, and whether it is there.

/** A refusal, in the server's own words. */
export class Problem extends Error {
  constructor(status, { title, detail, type } = {}, retryAfter) {
    super(detail ?? title ?? `The server answered ${status}`);
    this.status = status;
    this.title = title ?? `The server answered ${status}`;
    this.kind = type?.split("/").pop();
    this.retryAfter = retryAfter;
  }
}

/** No answer came: the server is away, or the network is. */
class Away extends Error {
  constructor() {
    super("The server does not answer. Painting goes on, and everything is kept here.");
    this.name = "Away";
    this.title = "Server away";
  }
}

const root = new URL(".", document.baseURI);
let askForToken = async () => null;
let whenAnswered = () => {};

/** `ask` returns a token, or null; `answered` hears of each answer, or that there was none. */
export function prepare(ask, answered) {
  askForToken = ask;
  whenAnswered = answered;
}

/** Sends a request to a path below the page, and returns the response of a success.
    Throws `Problem`, `Away`, or an `AbortError`. */
export async function send(path, { method = "GET", body, headers = {}, signal } = {}) {
  for (let asked = 0; ; asked++) {
    const token = sessionStorage.getItem("eyepiece-token");
    const all = { ...headers, ...(token && { Authorization: `Bearer ${token}` }) };
    let response;
    try {
      response = await fetch(new URL(path, root), { method, body, headers: all, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      whenAnswered(false);
      throw new Away();
    }
    whenAnswered(true);
    if (response.ok) return response;
    if (response.status === 401 && asked < 3) {
      const given = await askForToken(asked > 0);
      if (given) {
        sessionStorage.setItem("eyepiece-token", given);
        continue;
      }
    }
    const words = await response.json().catch(() => ({}));
    const wait = Number(response.headers.get("Retry-After")) || undefined;
    throw new Problem(response.status, words, wait);
  }
}

/** As `send`; the body's bytes, with the response. */
export async function bytes(path, options) {
  const response = await send(path, options);
  return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
}

export async function json(path, options) {
  return (await send(path, options)).json();
}

/** Sends an object as JSON; the answer's object. */
export const post = (path, object, signal) => json(path, {
  method: "POST", body: JSON.stringify(object), headers: { "Content-Type": "application/json" }, signal });

/** A query string of the options that have a value. */
export function query(options) {
  const given = Object.entries(options).filter(([, value]) => value != null && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
