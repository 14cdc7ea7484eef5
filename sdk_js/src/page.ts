/** Calls back each time the page is hidden or left; never where there are no pages. @internal */
export function onHide(callback: () => void): void {
  if (typeof document === "undefined" || typeof addEventListener !== "function") return;
  addEventListener("pagehide", callback);
  // Phones end hidden pages without a further word.
  document.addEventListener?.("visibilitychange", () => {
    if (document.visibilityState === "hidden") callback();
  });
}
