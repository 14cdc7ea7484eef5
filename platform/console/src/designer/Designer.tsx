import { Button } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { send } from "../api/client";
import { place } from "../api/format";
import type { Api, Finding } from "../api/types";
import { ErrorNotice, Tag } from "../shell/parts";
import { FilePicker } from "../pages/FilePicker";
import { readBundle, replaced } from "../pages/raml";
import type { Declared } from "../api/raml";
import { Declarations } from "./Declarations";
import css from "./Designer.module.css";
import { RamlEditor } from "./RamlEditor";
import { ResourceForms } from "./ResourceForms";
import { useDefinition } from "./useDefinition";

const NOTHING: Declared = { entries: [], applied: [], documentation: [] };

/** The definition as forms and as text, side by side; either one changes the other. */
export default function Designer({ api, saved }: { api: Api; saved: (api: Api) => void }) {
  const definition = useDefinition(api);
  const { files, root, checked, changed, busy } = definition;
  const [file, setFile] = useState(root);
  const [goTo, setGoTo] = useState<{ line: number } | null>(null);
  const [error, setError] = useState<Error>();
  const [saving, setSaving] = useState(false);
  const findings = useMemo(() => [...(checked?.errors ?? []), ...(checked?.warnings ?? [])], [checked]);
  const here = useMemo(() => findings.filter((one) => !one.file || one.file === file), [findings, file]);

  useEffect(() => {
    if (!changed) return;
    const leave = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", leave);
    return () => window.removeEventListener("beforeunload", leave);
  }, [changed]);

  const show = (where: string, line: number) => {
    if (where && where in files) setFile(where);
    setGoTo({ line });
  };
  const save = () => {
    setSaving(true);
    setError(undefined);
    const { name, version, title, desc, security } = api;
    send<Api>("PUT", `/apis/${api.id}`, { name, version, title, desc, security, files, root }, api.etag)
      .then(saved, setError)
      .finally(() => setSaving(false));
  };
  const take = async (chosen: File[]) => {
    const bundle = replaced(api, await readBundle(chosen));
    definition.replace(bundle.files);
  };
  const errors = checked?.errors.length ?? 0;
  return (
    <>
      <div className="row">
        <Button onClick={save} disabled={!changed || saving || errors > 0} data-testid="save-raml">
          {saving ? "Saving …" : "Save and serve"}
        </Button>
        <span role="status" className="row">
          {busy ? (
            <span className="soft">Checking …</span>
          ) : errors > 0 ? (
            <Tag tone="bad">{errors === 1 ? "1 error" : `${errors} errors`}</Tag>
          ) : (
            <Tag tone="ok">valid</Tag>
          )}
          {(checked?.warnings.length ?? 0) > 0 && <Tag tone="warn">{checked?.warnings.length} warnings</Tag>}
          {changed && <span className="soft small">not saved</span>}
        </span>
        <span className="grow" />
        <FilePicker
          label="Upload RAML"
          hint="in place of the text"
          accept=".raml,.yaml,.yml,.json,.txt"
          multiple
          testId="upload-raml"
          take={(chosen) => void take(chosen)}
        />
      </div>
      <ErrorNotice error={error ?? definition.error} title={error ? "Not taken; the present version goes on serving" : ""} />
      <div className={css.sides}>
        <section className={css.forms} aria-label="Forms">
          {definition.model ? (
            <ResourceForms
              model={definition.model}
              declared={checked?.declared ?? NOTHING}
              edit={definition.edit}
              show={show}
              declarations={
                <Declarations
                  declared={checked?.declared ?? NOTHING}
                  ramlVersion={definition.model.ramlVersion}
                  files={files}
                  root={root}
                  findings={findings}
                  edit={definition.edit}
                  write={(name, text) => definition.replace({ [name]: text })}
                  show={show}
                />
              }
            />
          ) : (
            <span className="soft">Reading …</span>
          )}
        </section>
        <section className={css.source} aria-label="Source">
          {Object.keys(files).length > 1 && (
            <div className="row">
              {Object.keys(files).map((name) => (
                <Button key={name} size="compact-xs" variant={name === file ? "light" : "subtle"} onClick={() => setFile(name)}>
                  {name}
                </Button>
              ))}
            </div>
          )}
          <div className={css.editor}>
            <RamlEditor
              key={file}
              text={files[file] ?? ""}
              revision={definition.revision}
              findings={here}
              goTo={goTo}
              change={(text) => definition.write(file, text)}
            />
          </div>
          <FindingLines findings={findings} show={show} />
        </section>
      </div>
    </>
  );
}

function FindingLines({ findings, show }: { findings: Finding[]; show: (file: string, line: number) => void }) {
  if (findings.length === 0) return null;
  return (
    <ul className={css.findings} data-testid="raml-findings">
      {findings.slice(0, 50).map((one, index) => (
        <li key={index}>
          <button type="button" onClick={() => show(one.file ?? "", one.line ?? 1)}>
            <Tag tone={one.severity === "warning" ? "warn" : "bad"}>{one.severity ?? "error"}</Tag>{" "}
            <span className="mono soft">{place(one)}</span> {one.message}
          </button>
        </li>
      ))}
    </ul>
  );
}
