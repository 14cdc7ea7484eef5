import { createTheme, localStorageColorSchemeManager, type MantineThemeOverride } from "@mantine/core";
import settings from "./theme.json";

/** After a change of `theme.json`, run `node scripts/variables.mjs`: the page may not inject style elements. */
export const theme = createTheme(settings as unknown as MantineThemeOverride);

/** The key is the one `public/scheme.js` reads before the first paint. */
export const schemeManager = localStorageColorSchemeManager({ key: "openmcs-scheme" });
