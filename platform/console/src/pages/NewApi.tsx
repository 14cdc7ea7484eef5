import { Button, Loader, Modal, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { send } from "../api/client";
import type { Api, RamlCheck } from "../api/types";
import { ErrorNotice, Findings, Method, Tag } from "../shell/parts";
import { readBundle, type Bundle } from "./raml";

/** Checks chosen RAML files, shows what was found and makes an API of them. */
export function NewApi({ files, close }: { files: File[]; close: () => void }) {
  const [, go] = useLocation();
  const [bundle, setBundle] = useState<Bundle>();
  const [check, setCheck] = useState<RamlCheck>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const [name, setName] = useState("");
  const [version, setVersion] = useState("1.0");
  const [title, setTitle] = useState("");

  useEffect(() => {
    let current = true;
    const look = async () => {
      const read = await readBundle(files);
      const answer = await send<RamlCheck>("POST", "/apis/raml", read);
      if (!current) return;
      setBundle(read);
      setCheck(answer);
      setName(read.root.replace(/\.[^.]*$/, "").replaceAll(/[^A-Za-z0-9_]/g, "_"));
      setTitle(answer.title ?? "");
      const number = /\d+\.\d+/.exec(answer.version ?? "");
      if (number) setVersion(number[0]);
    };
    look().catch((problem: Error) => current && setError(problem));
    return () => {
      current = false;
    };
  }, [files]);

  const create = () => {
    setBusy(true);
    setError(undefined);
    send<Api>("POST", "/apis", { name, version, title, ...bundle }).then(
      (api) => go(`/apis/${api.id}`),
      (problem: Error) => {
        setError(problem);
        setBusy(false);
      },
    );
  };

  return (
    <Modal opened onClose={close} title={`New API from ${bundle?.root ?? files[0]?.name ?? ""}`} size="lg" lockScroll={false}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create();
        }}
      >
        {!check && !error && <Loader aria-label="Checking" />}
        {check && (
          <>
            <div className="row">
              <Tag tone={check.valid ? "ok" : "bad"}>{check.valid ? "valid RAML" : "cannot be used"}</Tag>
              <span className="soft">
                {check.resources.length} resources, {check.errors.length} errors, {check.warnings.length} warnings
              </span>
            </div>
            <Findings findings={[...check.errors, ...check.warnings]} />
            {check.valid && (
              <>
                <div className="columns">
                  <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
                  <TextInput label="Version" required value={version} onChange={(event) => setVersion(event.currentTarget.value)} />
                </div>
                <TextInput label="Title" value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
                <ResourceLines check={check} />
              </>
            )}
          </>
        )}
        <ErrorNotice error={error} />
        <div className="row">
          <Button type="submit" disabled={!check?.valid || busy} data-testid="create-api">
            Create API
          </Button>
          <Button variant="subtle" color="gray" onClick={close}>
            Cancel
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function ResourceLines({ check }: { check: RamlCheck }) {
  return (
    <div>
      {check.resources.map((resource) => (
        <div key={resource.path} className="row">
          {resource.methods.map((method) => (
            <Method key={method} name={method} />
          ))}
          <code>{resource.path}</code>
        </div>
      ))}
    </div>
  );
}
