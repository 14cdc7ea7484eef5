import { useEffect, useRef, useState } from "react";
import { modelOf, type Checked, type Edit, type Edited, type Model } from "../api/raml";
import { send } from "../api/client";
import type { Api } from "../api/types";

const TYPING_MS = 350;

export interface Definition {
  files: Record<string, string>;
  root: string;
  checked: Checked | undefined;
  model: Model | undefined;
  busy: boolean;
  error: Error | undefined;
  changed: boolean;
  /** Counts changes of the text that were not typed: the editor takes those over, and its own it knows already. */
  revision: number;
  /** What was typed. */
  write: (file: string, text: string) => void;
  /** Other texts in the place of those of the same names. */
  replace: (files: Record<string, string>) => void;
  edit: (edits: Edit[], file?: string) => void;
}

/** A definition while it is designed: the text is the truth, forms change it by edits, and it is checked as it changes. */
export function useDefinition(api: Api): Definition {
  const root = api.root ?? `${api.name}.raml`;
  const [files, setFiles] = useState<Record<string, string>>(api.files ?? {});
  const [checked, setChecked] = useState<Checked>();
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState<Error>();
  const [revision, setRevision] = useState(0);
  const latest = useRef(files);
  latest.current = files;
  const checkedText = useRef<Record<string, string>>(null);

  useEffect(() => {
    if (checkedText.current === files) return;
    setBusy(true);
    const timer = setTimeout(
      () => {
        send<Checked>("POST", "/apis/raml", { files, root })
          .then(
            (answer) => {
              if (latest.current !== files) return;
              setChecked(answer);
              setError(undefined);
            },
            (problem: Error) => latest.current === files && setError(problem),
          )
          .finally(() => latest.current === files && setBusy(false));
      },
      checkedText.current === null ? 0 : TYPING_MS,
    );
    checkedText.current = files;
    return () => clearTimeout(timer);
  }, [files, root]);

  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const edit = (edits: Edit[], file?: string) => {
    setBusy(true);
    // One after the other: each edit is of the text that the one before has made.
    queue.current = queue.current.then(async () => {
      const before = latest.current;
      try {
        const answer = await send<Edited>("POST", "/apis/raml/edits", { files: before, root, edits, ...(file ? { file } : {}) });
        // Who typed meanwhile is right; the form shows what was typed.
        if (latest.current !== before) return;
        const after = { ...before, [answer.file]: answer.text };
        checkedText.current = after;
        latest.current = after;
        setFiles(after);
        setRevision((old) => old + 1);
        setChecked(answer);
        setError(undefined);
      } catch (problem) {
        setError(problem as Error);
      } finally {
        setBusy(false);
      }
    });
  };

  return {
    files,
    root,
    checked,
    model: checked ? modelOf(checked) : undefined,
    busy,
    error,
    changed: JSON.stringify(files) !== JSON.stringify(api.files ?? {}),
    revision,
    replace: (fresh) => {
      setFiles((old) => ({ ...old, ...fresh }));
      setRevision((old) => old + 1);
    },
    write: (file, text) => setFiles((old) => (old[file] === text ? old : { ...old, [file]: text })),
    edit,
  };
}
