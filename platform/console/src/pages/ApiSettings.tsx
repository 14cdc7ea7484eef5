import { Button, Modal, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import type { Api } from "../api/types";
import { ErrorNotice } from "../shell/parts";

/** Title and description; the RAML stays as it is. */
export function ApiSettings({ api, saved }: { api: Api; saved: (api: Api) => void }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
        Change
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="API settings" lockScroll={false}>
        <Form
          api={api}
          saved={(fresh) => {
            setOpened(false);
            saved(fresh);
          }}
        />
      </Modal>
    </>
  );
}

function Form({ api, saved }: { api: Api; saved: (api: Api) => void }) {
  const [title, setTitle] = useState(api.title);
  const [desc, setDesc] = useState(api.desc);
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { name, version, files, root, security } = api;
    send<Api>("PUT", `/apis/${api.id}`, { name, version, title, desc, security, files, root }, api.etag).then(saved, setError);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput label="Title" value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
      <TextInput label="Description" value={desc} onChange={(event) => setDesc(event.currentTarget.value)} />
      <ErrorNotice error={error} />
      <Button type="submit">Save</Button>
    </form>
  );
}
