// Runs before the first paint: a file of its own, because the content security policy refuses inline scripts.
(function () {
  var chosen = "auto";
  try {
    chosen = localStorage.getItem("openmcs-scheme") || "auto";
  } catch (refused) {
    /* storage is blocked: follow the system */
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
