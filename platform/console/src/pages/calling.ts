import type { Api, Backend } from "../api/types";

export interface Received {
  status: number;
  headers: [string, string][];
  ecid: string | null;
  durationMs: number;
  size: number;
  /** The body as text, or as a data: address for an image; neither for other bytes. */
  text: string | null;
  image: string | null;
  sent: string;
}

interface Wanted {
  backend: Backend;
  api: Api;
  method: string;
  resource: string;
  path: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  caller: { user: string; password: string } | null;
  body: { mediaType: string; text: string } | null;
}

/** Calls a custom API like an app. The session's cookie is for the tools API only and does not go along. */
export async function calling(wanted: Wanted): Promise<Received> {
  const filled = wanted.resource.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(wanted.path[name] ?? ""));
  const query = new URLSearchParams(Object.entries(wanted.query).filter(([, value]) => value !== "")).toString();
  const address = wanted.api.basePath + filled + (query ? `?${query}` : "");
  const headers = new Headers(Object.entries(wanted.headers).filter(([, value]) => value !== ""));
  headers.set("Oracle-Mobile-Backend-ID", wanted.backend.backendId ?? "");
  headers.set("Oracle-Mobile-API-Version", wanted.api.version);
  headers.set("Authorization", `Basic ${wanted.caller ? encoded(wanted.caller) : (wanted.backend.anonymousKey ?? "")}`);
  if (wanted.body) headers.set("Content-Type", wanted.body.mediaType);
  const started = performance.now();
  const answer = await fetch(address, {
    method: wanted.method,
    headers,
    body: wanted.body?.text ?? null,
    credentials: "omit",
    cache: "no-store",
    redirect: "manual",
  });
  const bytes = await answer.arrayBuffer();
  const durationMs = performance.now() - started;
  const type = answer.headers.get("content-type") ?? "";
  return {
    status: answer.status,
    headers: [...answer.headers.entries()],
    ecid: answer.headers.get("x-oracle-dms-ecid"),
    durationMs,
    size: bytes.byteLength,
    image: /^image\/(png|jpeg|gif|webp)/.test(type) ? await dataAddress(new Blob([bytes], { type })) : null,
    text: textOf(bytes),
    sent: `${wanted.method} ${address}`,
  };
}

function encoded({ user, password }: { user: string; password: string }): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)));
}

function textOf(bytes: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function dataAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("The image could not be read."));
    reader.readAsDataURL(blob);
  });
}
