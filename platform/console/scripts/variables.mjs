// Writes src/shell/variables.css from src/shell/theme.json.
// Mantine would put these variables into a style element at run time, which the content security policy refuses.
import { readFileSync, writeFileSync } from "node:fs";
import { DEFAULT_THEME, convertCssVariables, defaultCssVariablesResolver, mergeMantineTheme } from "@mantine/core";

const shell = new URL("../src/shell/", import.meta.url);
const theme = mergeMantineTheme(DEFAULT_THEME, JSON.parse(readFileSync(new URL("theme.json", shell), "utf8")));
const css = convertCssVariables(defaultCssVariablesResolver(theme), ":root");
const lines = css.replaceAll(/[{;}]/g, (mark) => (mark === "{" ? " {\n" : `${mark}\n`));
writeFileSync(new URL("variables.css", shell), `/* Written by scripts/variables.mjs. */\n${lines}`);
