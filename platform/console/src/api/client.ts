import type { Finding } from "./types";

export const TOOLS = "/mobile/tools/1.0";
/** No foreign page can send this header without a preflight, which is never granted. */
const HEADERS = { "X-OpenMCS-Console": "1", Accept: "application/json" };

/** A call the platform refused: its sentence, the findings of a refused upload and the build's own log. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly findings: Finding[] = [],
    readonly buildLog: string | null = null,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

/** `/requests?from=-1h`: values that are empty are left out. */
export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return TOOLS + path + (text ? `${path.includes("?") ? "&" : "?"}${text}` : "");
}

let signedOut: () => void = () => {};
/** What to do when the session is over; the shell goes to the sign-in page. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return read<T>(await attempt(address(path, query), { headers: HEADERS, signal: signal ?? null }), signal);
}

export async function send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, etag?: number): Promise<T> {
  const headers: Record<string, string> = { ...HEADERS };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag !== undefined) headers["If-Match"] = String(etag);
  return read<T>(await attempt(address(path), { method, headers, body: body === undefined ? null : JSON.stringify(body) }));
}

export async function text(path: string): Promise<string> {
  const answer = await attempt(address(path), { headers: { ...HEADERS, Accept: "*/*" } });
  if (!answer.ok) throw refusal(answer.status, await answer.text());
  return answer.text();
}

/** Fetches a file and hands it to the browser's own download, as a plain link could not send our header. */
export async function download(path: string, name: string): Promise<void> {
  const answer = await attempt(address(path), { headers: { ...HEADERS, Accept: "*/*" } });
  if (!answer.ok) throw refusal(answer.status, await answer.text());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** An upload with progress (0 to 1), which `fetch` cannot tell. */
export function upload<T>(path: string, file: File, progress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", TOOLS + path);
    for (const [name, value] of Object.entries(HEADERS)) call.setRequestHeader(name, value);
    call.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    call.onerror = () => reject(unreachable());
    call.onload = () => {
      if (call.status === 401) signedOut();
      if (call.status >= 300) reject(refusal(call.status, call.responseText));
      else resolve(JSON.parse(call.responseText) as T);
    };
    const form = new FormData();
    form.append("file", file);
    call.send(form);
  });
}

async function attempt(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
}

async function read<T>(answer: Response, signal?: AbortSignal): Promise<T> {
  const body = await answer.text();
  if (!answer.ok) {
    if (answer.status === 401 && !signal?.aborted) signedOut();
    throw refusal(answer.status, body);
  }
  return (body ? JSON.parse(body) : {}) as T;
}

function unreachable(): Refusal {
  return new Refusal(0, "The platform does not answer. Check that it is running; this page tries again by itself.");
}

interface ErrorDocument {
  title?: string;
  detail?: string;
  "o:errorDetails"?: (Partial<Finding> & { title?: string; detail?: string })[];
  buildLog?: string;
}

function refusal(status: number, body: string): Refusal {
  let document: ErrorDocument = {};
  try {
    document = JSON.parse(body) as ErrorDocument;
  } catch {
    /* no error document: a proxy in between, say */
  }
  const findings = (document["o:errorDetails"] ?? []).map((entry) => ({
    code: entry.code ?? entry.title ?? "",
    severity: entry.severity ?? "error",
    message: entry.message ?? entry.detail ?? "",
    file: entry.file ?? null,
    line: entry.line ?? null,
    column: entry.column ?? null,
  }));
  const sentence = document.detail || document.title || `The platform answered ${status}.`;
  return new Refusal(status, sentence, findings, document.buildLog ?? null);
}
