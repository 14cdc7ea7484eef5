import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const platform = process.env.OPENMCS_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: {
    outDir: "../openmcs/console/static",
    emptyOutDir: true,
    target: "es2022",
    // A data: script or font would be refused by the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/mobile": { target: platform, changeOrigin: false } } },
});
