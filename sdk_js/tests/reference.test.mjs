// The reference in docs/ is what the source says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { reference } from "../scripts/reference.mjs";

test("docs/sdk-reference.md is up to date; npm run reference writes it", () => {
  assert.equal(readFileSync(new URL("../../docs/sdk-reference.md", import.meta.url), "utf8"), reference());
});

test("everything that is described has a description, but for second spellings of one method", () => {
  const text = reference();
  for (const name of ["init", "MobileBackend", "Authorization", "CustomCode", "Analytics", "McsError", "Store"]) {
    assert.match(text, new RegExp(`^## ${name}\\n\\n[A-Z\\w]`, "m"));
  }
});
