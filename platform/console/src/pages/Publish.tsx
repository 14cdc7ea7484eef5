import { useState } from "react";
import { send } from "../api/client";
import { useLoaded } from "../api/useLoaded";
import { Confirm } from "../shell/Confirm";
import { ErrorNotice, Tag } from "../shell/parts";
import { useSession } from "../shell/session";

interface Lifecycle {
  published: boolean;
  drafts: { kind: string; id: string; name: string }[];
  missing: string[];
}

/** Whether an asset may still be changed. */
export function StateTag({ published }: { published: boolean }) {
  return published ? <Tag tone="ok">published</Tag> : <Tag>draft</Tag>;
}

/** Publishes an asset with the drafts that it depends on, after saying which they are. */
export function Publish(props: { path: string; name: string; published: boolean; done: () => void }) {
  const { may } = useSession();
  if (props.published || !may("developer")) return null;
  return (
    <Confirm
      label="Publish"
      title={`Publish ${props.name}`}
      act={() => send("PUT", `${props.path}/published?dependencies=true`)}
      done={props.done}
    >
      <Drafts path={props.path} />
      <p>What is published never changes again: a change needs a new version. Policies and configuration still can be set.</p>
    </Confirm>
  );
}

function Drafts({ path }: { path: string }) {
  const [first] = useState(path);
  const found = useLoaded<Lifecycle>(`${first}/published`);
  if (!found.data) return found.error ? <ErrorNotice error={found.error} /> : <span className="soft">Looking for what it depends on …</span>;
  return (
    <>
      {found.data.missing.length > 0 && (
        <ErrorNotice error={new Error(`It calls what does not exist: ${found.data.missing.join(", ")}. Make that first.`)} />
      )}
      <strong>These are published:</strong>
      <ul>
        {found.data.drafts.map((one) => (
          <li key={`${one.kind} ${one.id}`}>
            {one.kind} {one.name}
          </li>
        ))}
      </ul>
    </>
  );
}
