import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { App } from "./App";
import { SessionProvider } from "./shell/session";
import { schemeManager, theme } from "./shell/theme";
import "@mantine/core/styles/baseline.css";
import "./shell/variables.css";
import "./shell/mantine";
import "./shell/base.css";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no element with the id root");

// Whatever Mantine would write into style elements is in variables.css: the security policy refuses them.
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
      deduplicateCssVariables={false}
    >
      <Router base="/console">
        <SessionProvider>
          <App />
        </SessionProvider>
      </Router>
    </MantineProvider>
  </StrictMode>,
);
