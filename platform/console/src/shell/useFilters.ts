import { useCallback } from "react";
import { useSearchParams } from "wouter";

/** The filters of a page, kept in the address so that it can be shared and gone back to. */
export function useFilters(): [(name: string) => string, (changes: Record<string, string | null>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const read = useCallback((name: string) => parameters.get(name) ?? "", [parameters]);
  const write = useCallback(
    (changes: Record<string, string | null>) =>
      setParameters(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: true },
      ),
    [setParameters],
  );
  return [read, write];
}
