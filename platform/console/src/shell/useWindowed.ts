import { useEffect, useRef, useState, type RefObject } from "react";

const MARGIN = 20;

export interface Windowed {
  body: RefObject<HTMLTableSectionElement | null>;
  first: number;
  last: number;
  above: number;
  below: number;
}

/** Which rows of a long table are worth drawing: those near the part of the page that can be seen. */
export function useWindowed(length: number, rowHeight: number, nearEnd: () => void): Windowed {
  const body = useRef<HTMLTableSectionElement>(null);
  const [range, setRange] = useState({ first: 0, last: 60 });
  const end = useRef(nearEnd);
  end.current = nearEnd;
  useEffect(() => {
    const look = () => {
      const top = body.current?.getBoundingClientRect().top;
      if (top === undefined) return;
      const first = Math.max(0, Math.floor(-top / rowHeight) - MARGIN);
      const last = Math.ceil((window.innerHeight - top) / rowHeight) + MARGIN;
      setRange((old) => (old.first === first && old.last === last ? old : { first, last }));
      if (last >= length && length > 0) end.current();
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [length, rowHeight]);
  const last = Math.min(length, range.last);
  const first = Math.min(range.first, last);
  return { body, first, last, above: first * rowHeight, below: (length - last) * rowHeight };
}
