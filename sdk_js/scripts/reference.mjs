// Writes docs/sdk-reference.md from the declarations that the build has made: `node scripts/reference.mjs [--check]`.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ts = createRequire(import.meta.url)("typescript");
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, "../docs/sdk-reference.md");
const ORDER = [
  "init", "mobileBackend", "mobileBackendManager", "MobileBackendManager", "MobileBackend", "Authorization", "CustomCode",
  "AppConfig", "Analytics", "AnalyticsEvent", "Diagnostics", "User", "McsError",
];

/** The reference as text. */
export function reference() {
  const source = ts.createSourceFile("index.d.ts", readFileSync(join(root, "dist/index.d.mts"), "utf8"), ts.ScriptTarget.ES2022, true);
  const exported = new Set();
  const declared = new Map();
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement)) {
      for (const { name } of statement.exportClause.elements) exported.add(name.text);
    }
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map((each) => each.name.text)
      : statement.name ? [statement.name.text] : [];
    for (const name of names) {
      declared.set(name, [...(declared.get(name) ?? []), statement]);
      if (statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) exported.add(name);
    }
  }
  const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const names = [...exported].filter((name) => declared.has(name));
  names.sort((one, other) => place(one) - place(other) || (one < other ? -1 : 1));
  return [
    "# The JavaScript SDK: reference",
    "",
    "Made from the source by `npm run reference` in `sdk_js/`; [the guide](sdk.md) tells how it is used.",
    "Everything here is a named export of `@openmcs/sdk`; the default export, the global `mcs` and what `require` returns have the values among them.",
    ...names.flatMap((name) => section(name, declared.get(name))),
    "",
  ].join("\n");
}

function section(name, statements) {
  const [first] = statements;
  const lines = ["", `## ${name}`, "", ...described(first)];
  if (ts.isClassDeclaration(first) || ts.isInterfaceDeclaration(first)) {
    const rows = first.members.filter(isPublic).map((member) => ({ code: signature(member), text: described(member).join(" ") }));
    return [...lines, ...(rows.length ? ["", ...rows.flatMap(({ code, text }) => [`- \`${code}\`${text ? `  \n  ${text}` : ""}`])] : [])];
  }
  return [...lines, "", "```ts", ...statements.map((each) => plain(each)), "```"];
}

function isPublic(member) {
  const hidden = new Set([ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword]);
  return !member.modifiers?.some(({ kind }) => hidden.has(kind)) && !/\.\.\.tail: any\[\]/.test(member.getText());
}

/** A declaration without its comment, on one line. */
function signature(member) {
  return member.getText().replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ").replace(/;$/, "").replace(/^readonly /, "");
}

function plain(statement) {
  return statement.getText().replace(/^export /, "").replace(/^declare /, "").replace(/\/\*\*[\s\S]*?\*\/\s*/g, "");
}

function described(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = comments.map((each) => ts.getTextOfJSDocComment(each.comment) ?? "").join(" ");
  return text
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter(Boolean);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = reference();
  if (process.argv.includes("--check")) process.exit(readFileSync(target, "utf8") === text ? 0 : 1);
  writeFileSync(target, text);
}
