import { send } from "../api/client";
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

/** Who calls: with the anonymous key, as the mobile user of the member's own name, or with a user's password. */
export type Credentials = { as: "anonymous" } | { as: "me" } | { as: "user"; user: string; password: string };

interface Wanted {
  backend: Backend;
  method: string;
  /** Path and query. */
  address: string;
  /** The API's version; the backend decides when there is none. */
  version: string | null;
  headers: Record<string, string>;
  caller: Credentials;
  body: { mediaType: string; text: string } | null;
}

/** Where a resource of an API is called, with its parameters filled in. */
export function addressOf(api: Api, resource: string, path: Record<string, string>, query: Record<string, string>): string {
  const filled = resource.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""));
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return api.basePath + filled + (text ? `?${text}` : "");
}

/** Calls a custom API like an app. The session's cookie is for the tools API only and does not go along. */
export async function calling(wanted: Wanted): Promise<Received> {
  const headers = new Headers(Object.entries(wanted.headers).filter(([, value]) => value !== ""));
  headers.set("Oracle-Mobile-Backend-ID", wanted.backend.backendId ?? "");
  if (wanted.version) headers.set("Oracle-Mobile-API-Version", wanted.version);
  headers.set("Authorization", await authorization(wanted.backend, wanted.caller));
  if (wanted.body) headers.set("Content-Type", wanted.body.mediaType);
  const started = performance.now();
  const answer = await fetch(wanted.address, {
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
    sent: `${wanted.method} ${wanted.address}`,
  };
}

async function authorization(backend: Backend, caller: Credentials): Promise<string> {
  if (caller.as === "me") {
    return (await send<{ authorization: string }>("POST", `/mobilebackends/${backend.id}/trial`)).authorization;
  }
  return `Basic ${caller.as === "user" ? encoded(caller) : (backend.anonymousKey ?? "")}`;
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
