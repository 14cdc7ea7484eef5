import { useEffect, useRef } from "react";

/** Key names to actions; two keys in a row are written `g h`. */
export type Keys = Record<string, () => void>;

const PAUSE_MS = 1200;

/** The element itself, also within the editor's shadow root, whose events seem to come from its host. */
function writing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.role === "combobox")
  );
}

/**
 * Listens for keys while no field has the focus and no modifier is held.
 * A sheet above the page listens `first` and so takes a key away from the page below.
 */
export function useKeys(keys: Keys, first = false): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let before = "";
    let at = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || writing(event.composedPath()[0] ?? event.target)) return;
      const pair = event.timeStamp - at < PAUSE_MS ? `${before} ${event.key}` : "";
      const action = latest.current[pair] ?? (before === "g" && pair ? undefined : latest.current[event.key]);
      before = event.key;
      at = event.timeStamp;
      if (!action) return;
      event.preventDefault();
      before = "";
      action();
    };
    document.addEventListener("keydown", press, first);
    return () => document.removeEventListener("keydown", press, first);
  }, [first]);
}

/** Moves the focus from one focusable row to its neighbour. */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main tr.active[tabindex]")];
  const here = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
