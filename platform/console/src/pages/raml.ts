import type { Api } from "../api/types";

/** RAML files as the API takes them: their texts by name, and the one to start from. */
export interface Bundle {
  files: Record<string, string>;
  root: string;
}

export async function readBundle(files: File[]): Promise<Bundle> {
  const texts = await Promise.all(files.map(async (file) => [file.name, await file.text()] as const));
  const names = files.map((file) => file.name);
  const root = texts.find(([, text]) => /^\uFEFF?#%RAML \d\.\d\s*$/m.test(text.slice(0, 40)))?.[0];
  return { files: Object.fromEntries(texts), root: root ?? names.find((name) => name.endsWith(".raml")) ?? names[0] ?? "" };
}

/** New files in place of an API's own: one for one, or by name where there are several. */
export function replaced(api: Api, fresh: Bundle): Bundle {
  const before = api.files ?? {};
  const root = api.root ?? fresh.root;
  if (Object.keys(before).length <= 1 && Object.keys(fresh.files).length === 1) {
    return { files: { [root]: Object.values(fresh.files)[0] ?? "" }, root };
  }
  const files = { ...before, ...fresh.files };
  return { files, root: root in files ? root : fresh.root };
}
