import { Loader, Modal } from "@mantine/core";
import { useState } from "react";
import { bytes } from "../api/format";
import type { Implementation } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Block, CopyButton, ErrorNotice } from "../shell/parts";
import css from "./CodeViewer.module.css";

interface File {
  path: string;
  size: number;
}

/** The files of an uploaded archive, as they were uploaded. */
export function CodeViewer({ implementation, close }: { implementation: Implementation; close: () => void }) {
  const base = `/artifacts/${implementation.artifactId}/files`;
  const files = useLoaded<{ items: File[] }>(base);
  const [chosen, setChosen] = useState(implementation.main);
  const path = chosen.split("/").map(encodeURIComponent).join("/");
  const file = useLoaded<File & { text: string | null }>(`${base}/${path}`);
  return (
    <Modal
      opened
      onClose={close}
      title={`Code of ${implementation.name} ${implementation.version}`}
      size="min(1200px, 95vw)"
      lockScroll={false}
    >
      <div className={css.viewer}>
        <nav aria-label="Files" className={css.files}>
          {(files.data?.items ?? []).map((one) => (
            <button
              key={one.path}
              type="button"
              className={`${css.file} ${one.path === chosen ? css.chosen : ""}`}
              aria-pressed={one.path === chosen}
              onClick={() => setChosen(one.path)}
            >
              <span>{one.path}</span>
              <span className="soft small">{bytes(one.size)}</span>
            </button>
          ))}
        </nav>
        <div className="grow stack">
          <ErrorNotice error={files.error ?? file.error} />
          {file.loading && !file.data && <Loader aria-label="Loading" />}
          {file.data &&
            (file.data.text === null ? (
              <span className="soft">{bytes(file.data.size)} that are no text.</span>
            ) : (
              <>
                <div className="row">
                  <code className="grow">{file.data.path}</code>
                  <CopyButton text={file.data.text} />
                </div>
                <Block label={file.data.path} text={numbered(file.data.text)} />
              </>
            ))}
        </div>
      </div>
    </Modal>
  );
}

function numbered(text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const width = String(lines.length).length;
  return lines.map((line, index) => `${String(index + 1).padStart(width)}  ${line}`).join("\n");
}
