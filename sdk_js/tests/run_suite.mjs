// Runs the suite in Node: `node tests/run_suite.mjs <module or file> '<platform as JSON>'`; prints the results as JSON.
import { createRequire } from "node:module";
import { run } from "./suite.mjs";

const [, , sdk, platform] = process.argv;
const loaded = sdk.endsWith(".mjs") ? (await import(sdk)).default : createRequire(import.meta.url)(sdk);
console.log(JSON.stringify(await run(loaded, JSON.parse(platform))));
