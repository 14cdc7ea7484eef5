import { Button, Modal, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { Link, useLocation } from "wouter";
import { send } from "../api/client";
import { moment } from "../api/format";
import type { Api } from "../api/types";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, PageHead, Tag } from "../shell/parts";
import { useSession } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { FilePicker } from "./FilePicker";
import { Words } from "./filters";
import { StateTag } from "./Publish";
import { NewApi } from "./NewApi";

const COLUMNS: Column<Api>[] = [
  {
    head: "API",
    text: (api) => `${api.name} ${api.version}`,
    cell: (api) => (
      <>
        <Link href={`/apis/${api.id}`} tabIndex={-1}>
          {api.name}
        </Link>{" "}
        <span className="soft">{api.version}</span> {api.published && <StateTag published />}
        <div className="soft small">{api.title}</div>
      </>
    ),
  },
  { head: "Base path", text: (api) => api.basePath, style: "mono" },
  {
    head: "Answers",
    text: (api) => (api.implementation ? `${api.implementation.name} ${api.implementation.version}` : "mock"),
    cell: (api) =>
      api.implementation ? (
        <Tag tone="ok">
          {api.implementation.name} {api.implementation.version}
        </Tag>
      ) : (
        <Tag tone="calm">mock</Tag>
      ),
  },
  {
    head: "Security",
    text: (api) => [api.security.loginRequired ? "login required" : "anonymous allowed", ...api.security.roles].join(", "),
  },
  { head: "Changed", text: (api) => api.modifiedAt, cell: (api) => <span className="soft">{moment(api.modifiedAt)}</span> },
];

export default function ApisPage() {
  const [filter, setFilter] = useFilters();
  const [, go] = useLocation();
  const { may } = useSession();
  const [files, setFiles] = useState<File[]>([]);
  const [designing, setDesigning] = useState(false);
  const text = filter("text");
  const list = usePaged<Api>("/apis", { text });
  return (
    <>
      <PageHead title="APIs" under="What a backend answers, by its RAML document">
        {may("developer") && <Button onClick={() => setDesigning(true)}>Design a new API</Button>}
      </PageHead>
      {may("developer") && (
        <FilePicker
          label="New API from RAML"
          hint="or drop the file here; several files when it includes others"
          accept=".raml,.yaml,.yml,.json,.txt"
          multiple
          testId="upload-raml"
          take={setFiles}
        />
      )}
      <ListPanel
        label="APIs"
        list={list}
        columns={COLUMNS}
        identity={(api) => api.id}
        open={(api) => go(`/apis/${api.id}`)}
        title={<Words label="Search" value={text} change={(value) => setFilter({ text: value, page: null })} search width={220} />}
        empty={
          <Empty title={text ? "No API of that name" : "No APIs yet"}>
            {!text && "Choose a RAML document above, or design one here. A mock answers its examples at once."}
          </Empty>
        }
      />
      {files.length > 0 && <NewApi files={files} close={() => setFiles([])} />}
      <Modal opened={designing} onClose={() => setDesigning(false)} title="Design a new API" lockScroll={false}>
        <DesignForm done={(api) => go(`/apis/${api.id}?tab=designer`)} />
      </Modal>
    </>
  );
}

function DesignForm({ done }: { done: (api: Api) => void }) {
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get("name"));
    const title = String(form.get("title") || name);
    const version = String(form.get("version"));
    const apiDefn = [
      `#%RAML 1.0\ntitle: ${JSON.stringify(title)}\nversion: ${JSON.stringify(version)}\nmediaType: application/json\n`,
    ];
    send<Api>("POST", "/apis", { name, version, title, apiDefn }).then(done, setError);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput name="name" label="Name" description="It becomes /mobile/custom/{name}." required autoComplete="off" />
      <TextInput name="version" label="Version" required defaultValue="1.0" />
      <TextInput name="title" label="Title" />
      <ErrorNotice error={error} />
      <Button type="submit">Create and design</Button>
    </form>
  );
}
